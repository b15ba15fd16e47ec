#include "programs/read/output.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <nlohmann/json.hpp>

#include "base/bytes.h"
#include "postal/codes.h"
#include "postal/symbology.h"
#include "postal/token.h"

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

Json imb_fields(const postal::Imb& imb) {
  return {{"barcode_identifier", imb.barcode_identifier},
          {"service_type", imb.service_type},
          {"mailer_id", imb.mailer_id},
          {"serial_number", imb.serial_number},
          {"routing", imb.routing}};
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
    if (const auto* imb = std::get_if<postal::Imb>(&*code)) out["fields"] = imb_fields(*imb);
  }
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

/// What a symbol says, for people: a token by its claims, which are not verified here; other
/// content that is no text in hexadecimal.
std::string meaning_of(const Reading& reading) {
  if (postal::looks_like_token(reading.content)) {
    if (const auto read = postal::parse_token(reading.content)) {
      const postal::Token& token = read->token;
      return "token of issuer " + std::to_string(token.identity.issuer) + ", meter " +
             std::to_string(token.identity.meter) + ", piece " +
             std::to_string(token.identity.counter) + ", postage " + token.postage.to_string() +
             ", mailed " + format_date(token.mailed);
    }
  }
  const bool plain = std::all_of(reading.content.begin(), reading.content.end(),
                                 [](std::uint8_t byte) { return byte < 0x80; });
  return plain ? printable(reading.text) : "0x" + to_hex(reading.content);
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
