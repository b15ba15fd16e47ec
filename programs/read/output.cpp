#include "programs/read/output.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <nlohmann/json.hpp>

#include "base/bytes.h"
#include "postal/codes.h"
#include "postal/payload.h"
#include "postal/symbology.h"

namespace backstamp::programs {
namespace {

using Json = nlohmann::ordered_json;
using vision::Candidate;
using vision::Quad;
using vision::Reading;
using vision::RungCost;

double tenths(double value) {
  return std::round(value * 10) / 10;
}
double hundredths(double value) {
  return std::round(value * 100) / 100;
}

double milliseconds(std::chrono::nanoseconds time) {
  return std::round(static_cast<double>(time.count()) / 1e3) / 1e3;
}

double microseconds(std::chrono::nanoseconds time) {
  return tenths(static_cast<double>(time.count()) / 1e3);
}

Json outline_json(const Quad& quad) {
  Json out = Json::array();
  for (const vision::Point& p : quad) out.push_back({tenths(p.x), tenths(p.y)});
  return out;
}

/// What the payload grammar makes of the content. It names the kind, how far it can be believed
/// and why, then the fields, whose names are none of these.
Json fields_json(const postal::ParsedPayload& parsed) {
  const bool checked = parsed.status == postal::PayloadStatus::checked;
  Json out = {{"kind", parsed.kind},
              {"status", postal::to_string(parsed.status)},
              {checked ? "by" : "why", parsed.reason}};
  for (const postal::PayloadField& field : postal::fields_of(parsed.payload))
    out[field.name] = field.value;
  return out;
}

Json reading_json(const Reading& reading, bool explain) {
  Json out = {{"format", postal::to_string(reading.symbology)},
              {"text", reading.text},
              {"hex", to_hex(reading.content)},
              {"outline", outline_json(reading.outline)},
              {"rung", reading.rung}};
  if (reading.module_px > 0) out["module_px"] = hundredths(reading.module_px);
  if (reading.contrast > 0) out["contrast"] = hundredths(reading.contrast);
  if (reading.repaired_bars > 0) out["repaired_bars"] = reading.repaired_bars;
  if (explain && reading.spent.count() > 0) out["us"] = microseconds(reading.spent);
  if (reading.correction_margin >= 0) out["margin"] = hundredths(reading.correction_margin);
  if (const auto code = postal::identify(reading.symbology, reading.content)) {
    out["code"] = postal::canonical(*code);
  }
  if (const auto parsed = postal::parse_payload(reading.symbology, reading.content, reading.gs1))
    out["fields"] = fields_json(*parsed);
  return out;
}

Json candidate_json(const Candidate& candidate, bool explain) {
  Json out;
  if (candidate.looks_like) out["looks_like"] = postal::to_string(*candidate.looks_like);
  out["outline"] = outline_json(candidate.outline);
  out["cause"] = postal::to_string(candidate.cause);
  if (candidate.module_px > 0) out["module_px"] = hundredths(candidate.module_px);
  if (candidate.contrast > 0) out["contrast"] = hundredths(candidate.contrast);
  if (candidate.correction_margin >= 0) out["margin"] = hundredths(candidate.correction_margin);
  if (explain) out["score"] = hundredths(candidate.score);
  return out;
}

Json facing_mark_json(const vision::FacingMark& mark) {
  return {{"kind", std::string(1, mark.kind)},
          {"upside_down", mark.upside_down},
          {"outline", outline_json(mark.outline)}};
}

Json rung_json(const RungCost& cost) {
  return {{"rung", cost.rung},
          {"tries", cost.tries},
          {"reads", cost.reads},
          {"us", microseconds(cost.spent)}};
}

/// A text without control characters, so that a symbol cannot move the reader's cursor.
std::string printable(const std::string& text) {
  std::string out;
  for (const char c : text) {
    if (static_cast<unsigned char>(c) >= 0x20 && c != 0x7F) {
      out += c;
    } else {
      char escaped[8];
      std::snprintf(escaped, sizeof escaped, "\\x%02x", static_cast<unsigned>(c) & 0xFF);
      out += escaped;
    }
  }
  return out;
}

/// What its payload says, in one line, for people: "KIX, unverified: postcode 2500GG, …".
std::string fields_in_words(const postal::ParsedPayload& parsed) {
  std::string out(parsed.kind);
  out += ", " + std::string(postal::to_string(parsed.status));
  if (parsed.status == postal::PayloadStatus::malformed) return out + ": " + parsed.reason;
  const char* between = ": ";
  for (const postal::PayloadField& field : postal::fields_of(parsed.payload)) {
    std::string name = field.name;
    std::replace(name.begin(), name.end(), '_', ' ');
    out += between + name + " " + field.value;
    between = ", ";
  }
  return out;
}

/// What a symbol says, for people: its text and then its fields; content that is no text by its
/// fields alone or, where it has none, in hexadecimal.
std::string meaning_of(const Reading& reading) {
  const bool plain = std::all_of(reading.content.begin(), reading.content.end(),
                                 [](std::uint8_t byte) { return byte < 0x80; });
  const auto parsed = postal::parse_payload(reading.symbology, reading.content, reading.gs1);
  const std::string fields = parsed ? fields_in_words(*parsed) : "";
  if (!plain && parsed && parsed->status != postal::PayloadStatus::malformed) return fields;
  const std::string content = plain ? printable(reading.text) : "0x" + to_hex(reading.content);
  return fields.empty() ? content : content + "\n    " + fields;
}

template <typename... Values>
std::string formatted(const char* format, Values... values) {
  char line[256];
  std::snprintf(line, sizeof line, format, values...);
  return line;
}

/// "module 4.31 px, contrast 0.82, margin 0.40, at (12,30) (80,31) (80,99) (12,98)", as far as it
/// was measured.
template <typename Found>
std::string measures(const Found& found) {
  std::string out;
  if (found.module_px > 0) out += formatted("module %.2f px, ", double{found.module_px});
  if (found.contrast > 0) out += formatted("contrast %.2f, ", double{found.contrast});
  if (found.correction_margin >= 0)
    out += formatted("margin %.2f, ", double{found.correction_margin});
  out += "at";
  for (const vision::Point& p : found.outline)
    out += formatted(" (%.0f,%.0f)", double{p.x}, double{p.y});
  return out;
}

std::string explained(const Reading& reading) {
  std::string out = "      rung " + printable(reading.rung) + ", ";
  if (reading.spent.count() > 0) out += formatted("%.0f µs, ", microseconds(reading.spent));
  return out + measures(reading) + "\n";
}

std::string explained(const Candidate& candidate) {
  const std::string likeness = candidate.looks_like
                                   ? "like " + std::string(postal::to_string(*candidate.looks_like))
                                   : "like no symbology known";
  return "  unread, " + likeness + ": " + std::string(postal::to_string(candidate.cause)) + "\n" +
         formatted("      score %.2f, ", double{candidate.score}) + measures(candidate) + "\n";
}

std::string explained(const vision::FacingMark& mark) {
  return std::string("  FIM ") + mark.kind +
         (mark.upside_down ? ", of a face upside down\n" : ", of a face the right way up\n");
}

std::string explained(const std::vector<RungCost>& rungs) {
  if (rungs.empty()) return "";
  std::string out = formatted("  %-24s %7s %7s %10s\n", "rung", "tries", "reads", "us");
  for (const RungCost& cost : rungs) {
    out += formatted("  %-24s %7u %7u %10.1f\n", printable(cost.rung).c_str(), cost.tries,
                     cost.reads, microseconds(cost.spent));
  }
  return out;
}

std::string symbol_line(const Reading& reading) {
  std::string out =
      "  " + std::string(postal::to_string(reading.symbology)) + "  " + meaning_of(reading);
  if (const auto code = postal::identify(reading.symbology, reading.content))
    out += "  [" + postal::canonical(*code) + "]";
  return out + "\n";
}

}  // namespace

std::string as_json(const ReadResult& result, bool explain) {
  Json out = {{"image", result.name}, {"ms", milliseconds(result.reading.elapsed)}};
  out["reads"] = Json::array();
  for (const Reading& reading : result.reading.readings)
    out["reads"].push_back(reading_json(reading, explain));
  if (result.error) {
    out["error"] = result.error->message;
    out["error_kind"] = to_string(result.error->kind);
  }
  if (result.reading.readings.empty() &&
      !(result.error && result.reading.cause == postal::NoReadCause::nothing_found))
    out["cause"] = postal::to_string(result.reading.cause);
  if (result.reading.facing_mark) out["fim"] = facing_mark_json(*result.reading.facing_mark);
  if (!result.reading.unread.empty()) {
    out["unread"] = Json::array();
    for (const Candidate& candidate : result.reading.unread)
      out["unread"].push_back(candidate_json(candidate, explain));
  }
  if (explain) {
    out["effort"] = result.reading.effort;
    if (result.reading.ended_by_clock) out["ended_by_clock"] = true;
    out["rungs"] = Json::array();
    for (const RungCost& cost : result.reading.rungs) out["rungs"].push_back(rung_json(cost));
  }
  return out.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n";
}

std::string as_words(const ReadResult& result, bool explain) {
  std::string out = printable(result.name) + ": ";
  if (result.error) return out + "error: " + printable(result.error->message) + "\n";
  const vision::FaceReading& face = result.reading;
  const std::string time = formatted(" (%.1f ms)\n", milliseconds(face.elapsed));
  if (face.readings.empty()) {
    out += "nothing read: " + std::string(postal::to_string(face.cause)) + time;
  } else {
    out += std::to_string(face.readings.size()) +
           (face.readings.size() == 1 ? " symbol" : " symbols") + time;
  }
  for (const Reading& reading : face.readings) {
    out += symbol_line(reading);
    if (explain) out += explained(reading);
  }
  if (!explain) return out;
  for (const Candidate& candidate : face.unread) out += explained(candidate);
  if (face.facing_mark) out += explained(*face.facing_mark);
  out += "  effort " + std::to_string(face.effort) +
         (face.ended_by_clock ? " units, then the clock ended it\n" : " units\n");
  return out + explained(face.rungs);
}

}  // namespace backstamp::programs
