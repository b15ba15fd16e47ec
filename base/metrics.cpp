#include "base/metrics.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>

#include "base/assert.h"
#include "base/bytes.h"

namespace backstamp::metrics {
namespace {

constexpr double kExactIntegers = 9007199254740992.0;  // 2^53

bool is_letter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

bool is_name(std::string_view text, bool of_metric) {
  const auto fits = [&](char c) {
    return is_letter(c) || (c >= '0' && c <= '9') || (of_metric && c == ':');
  };
  return !text.empty() && !(text[0] >= '0' && text[0] <= '9') &&
         std::all_of(text.begin(), text.end(), fits);
}

/// Backslash and line feed, and in a label's value the quote; nothing else is special.
std::string escaped(std::string_view raw, bool quoted) {
  const std::string text = to_utf8(as_bytes(raw));
  std::string out;
  for (const char c : text) {
    if (c == '\\') {
      out += "\\\\";
    } else if (c == '\n') {
      out += "\\n";
    } else if (c == '"' && quoted) {
      out += "\\\"";
    } else {
      out += c;
    }
  }
  return out;
}

void write_sample(std::string& out, std::string_view name, const Labels& labels,
                  std::string_view bound, double value) {
  out += name;
  std::string inside;
  for (const auto& [label, text] : labels) {
    BACKSTAMP_ASSERT(is_name(label, false) && label != "le" && !label.starts_with("__"));
    inside += (inside.empty() ? "" : ",") + label + "=\"" + escaped(text, true) + "\"";
  }
  if (!bound.empty()) {
    inside += std::string(inside.empty() ? "" : ",") + "le=\"" + std::string(bound) + "\"";
  }
  if (!inside.empty()) out += "{" + inside + "}";
  out += " " + write_number(value) + "\n";
}

}  // namespace

std::string write_number(double value) {
  if (std::isnan(value)) return "NaN";
  if (std::isinf(value)) return value > 0 ? "+Inf" : "-Inf";
  std::array<char, 64> text{};
  const bool whole = std::trunc(value) == value && std::fabs(value) < kExactIntegers;
  const auto end = whole ? std::to_chars(text.data(), text.data() + text.size(),
                                         static_cast<std::int64_t>(value))
                         : std::to_chars(text.data(), text.data() + text.size(), value);
  return {text.data(), end.ptr};
}

Page::Family& Page::family(std::string_view name, std::string_view help, std::string_view type) {
  const auto known = std::find_if(families_.begin(), families_.end(),
                                  [&](const Family& one) { return one.name == name; });
  if (known != families_.end()) {
    BACKSTAMP_ASSERT(known->type == type);
    return *known;
  }
  BACKSTAMP_ASSERT(is_name(name, true));
  families_.push_back({std::string(name), escaped(help, false), std::string(type), {}});
  return families_.back();
}

void Page::counter(std::string_view name, std::string_view help, const Labels& labels,
                   double value) {
  BACKSTAMP_ASSERT(name.ends_with("_total"));
  write_sample(family(name, help, "counter").samples, name, labels, {}, value);
}

void Page::gauge(std::string_view name, std::string_view help, const Labels& labels, double value) {
  write_sample(family(name, help, "gauge").samples, name, labels, {}, value);
}

void Page::histogram(std::string_view name, std::string_view help, const Labels& labels,
                     const Histogram& values, const std::vector<double>& bounds_seconds) {
  std::string& out = family(name, help, "histogram").samples;
  const std::string bucket = std::string(name) + "_bucket";
  const auto count = static_cast<double>(values.count());
  double before = -1;
  for (const double bound : bounds_seconds) {
    BACKSTAMP_ASSERT(bound > before && std::isfinite(bound));
    before = bound;
    const auto bound_ns = static_cast<std::uint64_t>(std::llround(bound * 1e9));
    write_sample(out, bucket, labels, write_number(bound),
                 static_cast<double>(values.count_to_ns(bound_ns)));
  }
  write_sample(out, bucket, labels, "+Inf", count);
  write_sample(out, std::string(name) + "_sum", labels, {}, values.sum_ns() / 1e9);
  write_sample(out, std::string(name) + "_count", labels, {}, count);
}

std::string Page::text() const {
  std::string out;
  for (const Family& family : families_) {
    out += "# HELP " + family.name + " " + family.help + "\n";
    out += "# TYPE " + family.name + " " + family.type + "\n";
    out += family.samples;
  }
  return out;
}

}  // namespace backstamp::metrics
