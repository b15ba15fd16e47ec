#include "programs/bench/plot.h"

#include <algorithm>
#include <cmath>
#include <cstdio>

#include "programs/bench/read_figures.h"

namespace backstamp::bench {
namespace {

constexpr double kWidth = 900;
constexpr double kPanelHeight = 300;
constexpr double kLeft = 60;
constexpr double kRight = 870;
constexpr const char* kOurs = "#0b6e4f";
constexpr const char* kPeer = "#c8553d";
constexpr const char* kInk = "#333";

template <typename... Values>
std::string formatted(const char* format, Values... values) {
  char text[400];
  std::snprintf(text, sizeof text, format, values...);
  return text;
}

/// Text of ours or from outside; markup in it is not.
std::string escaped(const std::string& text) {
  std::string out;
  for (const char c : text) {
    if (c == '&')
      out += "&amp;";
    else if (c == '<')
      out += "&lt;";
    else if (c == '>')
      out += "&gt;";
    else if (static_cast<unsigned char>(c) >= 0x20 && static_cast<unsigned char>(c) < 0x7F)
      out += c;
    else
      out += '?';
  }
  return out;
}

std::string text(double x, double y, const char* anchor, const std::string& content,
                 const char* colour = kInk) {
  return formatted("<text x=\"%.1f\" y=\"%.1f\" text-anchor=\"%s\" fill=\"%s\">", x, y, anchor,
                   colour) +
         escaped(content) + "</text>\n";
}

std::string line(double x1, double y1, double x2, double y2, const char* colour, double width) {
  return formatted(
      "<line x1=\"%.1f\" y1=\"%.1f\" x2=\"%.1f\" y2=\"%.1f\" stroke=\"%s\" "
      "stroke-width=\"%.1f\"/>\n",
      x1, y1, x2, y2, colour, width);
}

/// The panel of times: from 0.1 ms to the next power of ten over the longest.
struct TimeAxis {
  double decades = 1;
  explicit TimeAxis(double longest_ms)
      : decades(std::clamp(std::ceil(std::log10(std::max(longest_ms, 0.2) / 0.1)), 1.0, 7.0)) {}
  double x(double ms) const {
    const double share = std::log10(std::max(ms, 0.1) / 0.1) / decades;
    return kLeft + std::clamp(share, 0.0, 1.0) * (kRight - kLeft);
  }
};

double share_y(double share, double top) {
  return top + kPanelHeight - 40 - share * (kPanelHeight - 80);
}

std::string share_axis(double top) {
  std::string out;
  for (const double share : {0.0, 0.5, 0.9, 1.0}) {
    out += line(kLeft, share_y(share, top), kRight, share_y(share, top), "#ddd", 1);
    out += text(kLeft - 8, share_y(share, top) + 4, "end", formatted("%.0f %%", 100 * share));
  }
  return out;
}

/// The share of faces read within each time, as a step line of at most 500 corners.
std::string time_curve(const Times& times, const TimeAxis& axis, double top, const char* colour) {
  if (times.sorted_ms.empty()) return "";
  std::string points;
  const std::size_t count = times.sorted_ms.size();
  const std::size_t step = std::max<std::size_t>(1, count / 500);
  for (std::size_t i = 0; i < count; i = i + 1 < count ? std::min(i + step, count - 1) : count) {
    const double share = static_cast<double>(i + 1) / static_cast<double>(count);
    points += formatted("%.1f,%.1f ", axis.x(times.sorted_ms[i]), share_y(share, top));
  }
  return formatted("<polyline fill=\"none\" stroke=\"%s\" stroke-width=\"2\" points=\"", colour) +
         points + "\"/>\n";
}

std::string times_panel(const ReaderFigures& ours, const ReaderFigures* peer, double top) {
  const TimeAxis axis(std::max(ours.all.max_ms(), peer ? peer->all.max_ms() : 0.0));
  std::string out = text(kLeft, top + 20, "start", "Share of faces read within a time (ms)");
  out += share_axis(top);
  for (int decade = 0; decade <= static_cast<int>(axis.decades); ++decade) {
    const double ms = 0.1 * std::pow(10.0, decade);
    out += line(axis.x(ms), share_y(1, top), axis.x(ms), share_y(0, top), "#ddd", 1);
    out += text(axis.x(ms), share_y(0, top) + 18, "middle", formatted("%g", ms));
  }
  out += time_curve(ours.all, axis, top, kOurs);
  const auto label = [](const ReaderFigures& of) {
    return of.name + formatted(": mean %.2f ms, p99 %.2f ms", of.all.mean_ms, of.all.at(0.99));
  };
  out += text(kRight, top + 20, "end", label(ours), kOurs);
  if (peer) {
    out += time_curve(peer->all, axis, top, kPeer);
    out += text(kRight, top + 36, "end", label(*peer), kPeer);
  }
  return out;
}

std::string rate_bar(const RateRow& row, double x, double width, double top, const char* colour) {
  const double rate = static_cast<double>(row.count.read) / static_cast<double>(row.count.total);
  const Interval interval = wilson_interval(row.count.read, row.count.total);
  const double y = share_y(rate, top);
  const double middle = x + width / 2;
  return formatted(
             "<rect x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" height=\"%.1f\" fill=\"%s\" "
             "fill-opacity=\"0.6\"/>\n",
             x, y, width, share_y(0, top) - y, colour) +
         line(middle, share_y(interval.low, top), middle, share_y(interval.high, top), kInk, 1.5);
}

std::vector<RateRow> family_rows(const ReaderFigures& figures) {
  std::vector<RateRow> rows;
  for (const RateRow& row : rate_rows(figures.sheet)) {
    const auto families = datasets::type_families();
    const bool family = std::any_of(families.begin(), families.end(),
                                    [&](const auto& one) { return one.name == row.what; });
    if (family && row.face_class != "all") rows.push_back(row);
  }
  return rows;
}

std::string rates_panel(const ReaderFigures& ours, const ReaderFigures* peer, double top) {
  const std::vector<RateRow> rows = family_rows(ours);
  const std::vector<RateRow> peer_rows = peer ? family_rows(*peer) : std::vector<RateRow>();
  std::string out = text(kLeft, top + 20, "start", "Symbols read, with the 95 % interval");
  out += share_axis(top);
  if (rows.empty()) return out;
  const double slot = (kRight - kLeft) / static_cast<double>(rows.size());
  const double width = slot * (peer ? 0.38 : 0.7);
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const double x = kLeft + slot * (static_cast<double>(i) + 0.1);
    out += rate_bar(rows[i], x, width, top, kOurs);
    if (peer) out += rate_bar(peer_rows[i], x + width + 1, width, top, kPeer);
    const double middle = kLeft + slot * (static_cast<double>(i) + 0.5);
    out += text(middle, share_y(0, top) + 16, "middle", rows[i].what);
    out += text(middle, share_y(0, top) + 30, "middle", rows[i].face_class);
  }
  return out;
}

}  // namespace

std::string plot_run(const ReadPlan& plan, const ReadRun& run) {
  const ReaderFigures ours = figures_of_ours(run);
  std::optional<ReaderFigures> peer;
  if (plan.peer) peer = figures_of_peer(run);
  const ReaderFigures* other = peer ? &*peer : nullptr;
  return formatted(
             "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %.0f %.0f\" "
             "font-family=\"sans-serif\" font-size=\"12\">\n"
             "<rect width=\"100%%\" height=\"100%%\" fill=\"white\"/>\n",
             kWidth, 2 * kPanelHeight + 10) +
         times_panel(ours, other, 0) + rates_panel(ours, other, kPanelHeight) + "</svg>\n";
}

}  // namespace backstamp::bench
