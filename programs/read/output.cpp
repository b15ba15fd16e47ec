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

double tenths(double value) {
  return std::round(value * 10) / 10;
}
double hundredths(double value) {
  return std::round(value * 100) / 100;
}

double milliseconds(std::chrono::nanoseconds time) {
  return std::round(static_cast<double>(time.count()) / 1e3) / 1e3;
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

Json reading_json(const Reading& reading) {
  Json out = {{"format", postal::to_string(reading.symbology)},
              {"text", reading.text},
              {"hex", to_hex(reading.content)},
              {"outline", outline_json(reading.outline)},
              {"rung", reading.rung}};
  if (reading.module_px > 0) out["module_px"] = hundredths(reading.module_px);
  if (reading.contrast > 0) out["contrast"] = hundredths(reading.contrast);
  if (reading.repaired_bars > 0) out["repaired_bars"] = reading.repaired_bars;
  if (const auto code = postal::identify(reading.symbology, reading.content)) {
    out["code"] = postal::canonical(*code);
  }
  if (const auto parsed = postal::parse_payload(reading.symbology, reading.content))
    out["fields"] = fields_json(*parsed);
  return out;
}

Json candidate_json(const Candidate& candidate) {
  Json out;
  if (candidate.looks_like) out["looks_like"] = postal::to_string(*candidate.looks_like);
  out["outline"] = outline_json(candidate.outline);
  out["cause"] = postal::to_string(candidate.cause);
  return out;
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
  const auto parsed = postal::parse_payload(reading.symbology, reading.content);
  const std::string fields = parsed ? fields_in_words(*parsed) : "";
  if (!plain && parsed && parsed->status != postal::PayloadStatus::malformed) return fields;
  const std::string content = plain ? printable(reading.text) : "0x" + to_hex(reading.content);
  return fields.empty() ? content : content + "\n    " + fields;
}

}  // namespace

std::string as_json(const ReadResult& result) {
  Json out = {{"image", result.name}, {"ms", milliseconds(result.reading.elapsed)}};
  out["reads"] = Json::array();
  for (const Reading& reading : result.reading.readings)
    out["reads"].push_back(reading_json(reading));
  if (result.error) {
    out["error"] = result.error->message;
    out["error_kind"] = to_string(result.error->kind);
  } else if (result.reading.readings.empty()) {
    out["cause"] = postal::to_string(result.reading.cause);
  }
  if (!result.reading.unread.empty()) {
    out["unread"] = Json::array();
    for (const Candidate& candidate : result.reading.unread)
      out["unread"].push_back(candidate_json(candidate));
  }
  return out.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n";
}

std::string as_words(const ReadResult& result) {
  std::string out = printable(result.name) + ": ";
  if (result.error) return out + "error: " + printable(result.error->message) + "\n";
  char time[32];
  std::snprintf(time, sizeof time, " (%.1f ms)\n", milliseconds(result.reading.elapsed));
  if (result.reading.readings.empty())
    return out + "nothing read: " + std::string(postal::to_string(result.reading.cause)) + time;
  out += std::to_string(result.reading.readings.size()) +
         (result.reading.readings.size() == 1 ? " symbol" : " symbols") + time;
  for (const Reading& reading : result.reading.readings) {
    out += "  " + std::string(postal::to_string(reading.symbology)) + "  " + meaning_of(reading);
    if (const auto code = postal::identify(reading.symbology, reading.content))
      out += "  [" + postal::canonical(*code) + "]";
    out += "\n";
  }
  return out;
}

}  // namespace backstamp::programs
