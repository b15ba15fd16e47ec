#include "station/evidence/sample.h"

#include <cmath>
#include <cstdio>
#include <nlohmann/json.hpp>

#include "base/bytes.h"
#include "postal/event_json.h"
#include "vision/decode_pool.h"

namespace backstamp::station {
namespace {

using Json = nlohmann::ordered_json;

/// Nothing in a key may be taken for a path or an extension.
void append_plain(std::string& key, std::string_view text, std::size_t limit) {
  if (text.empty()) return;
  key += '-';
  for (const char c : text.substr(0, limit)) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                       c == '-' || c == '_';
    key += plain ? c : '_';
  }
}

/// To a tenth; what is no number is null.
Json tenths(float value) {
  if (!std::isfinite(value)) return nullptr;
  return std::round(double{value} * 10) / 10;
}

Json hundredths(float value) {
  if (!std::isfinite(value)) return nullptr;
  return std::round(double{value} * 100) / 100;
}

Json outline_json(const vision::Quad& quad) {
  Json outline = Json::array();
  for (const vision::Point& point : quad) {
    outline.push_back(Json::array({tenths(point.x), tenths(point.y)}));
  }
  return outline;
}

double microseconds(std::chrono::nanoseconds time) {
  return static_cast<double>(time.count() / 100) / 10;
}

Json reading_json(const vision::FaceReading& reading) {
  Json read = Json::array();
  for (const vision::Reading& one : reading.readings) {
    read.push_back({{"format", to_string(one.symbology)},
                    {"outline", outline_json(one.outline)},
                    {"module_px", hundredths(one.module_px)},
                    {"contrast", hundredths(one.contrast)},
                    {"margin", hundredths(one.correction_margin)},
                    {"rung", one.rung},
                    {"us", microseconds(one.spent)}});
  }
  Json located = Json::array();
  for (const vision::Candidate& one : reading.unread) {
    located.push_back({{"looks_like", one.looks_like ? Json(to_string(*one.looks_like)) : Json()},
                       {"outline", outline_json(one.outline)},
                       {"cause", to_string(one.cause)},
                       {"module_px", hundredths(one.module_px)},
                       {"contrast", hundredths(one.contrast)},
                       {"margin", hundredths(one.correction_margin)},
                       {"score", hundredths(one.score)}});
  }
  Json rungs = Json::array();
  for (const vision::RungCost& rung : reading.rungs) {
    rungs.push_back({{"rung", rung.rung},
                     {"tries", rung.tries},
                     {"reads", rung.reads},
                     {"us", microseconds(rung.spent)}});
  }
  return {{"cause", to_string(reading.cause)},
          {"read", std::move(read)},
          {"located", std::move(located)},
          {"rungs", std::move(rungs)},
          {"effort", reading.effort},
          {"ended_by_clock", reading.ended_by_clock},
          {"us", microseconds(reading.elapsed)},
          {"cpu_us", microseconds(reading.cpu)}};
}

Bytes pack_pgm(vision::ImageView picture) {
  const std::string head = "P5\n" + std::to_string(picture.width_px) + " " +
                           std::to_string(picture.height_px) + "\n255\n";
  const auto width = static_cast<std::size_t>(picture.width_px);
  Bytes file;
  file.reserve(head.size() + width * static_cast<std::size_t>(picture.height_px));
  file.insert(file.end(), head.begin(), head.end());
  for (int y = 0; y < picture.height_px; ++y) {
    file.insert(file.end(), picture.row(y), picture.row(y) + width);
  }
  return file;
}

}  // namespace

std::string sample_key(const postal::ScanEvent& event, const std::string& camera,
                       SamplePlace place) {
  char number[24];
  std::snprintf(number, sizeof number, "%010llu", static_cast<unsigned long long>(event.piece));
  std::string key = number;
  if (place.of > 1) key += "-" + std::to_string(place.number);
  append_plain(key, camera, 20);
  append_plain(key, event.sample.substr(0, event.sample.find_last_of('.')), 32);
  return key;
}

Result<datasets::Sample> make_sample(const postal::ScanEvent& event, EvidenceClass kind,
                                     const EvidenceConfig& config, EvidenceFrame& frame,
                                     SamplePlace place) {
  if (frame.frame.empty()) return fail(ErrorKind::invalid, "a picture without pixels");
  const bool whole = kind == EvidenceClass::crash || config.redaction == Redaction::none;
  const Shown shown =
      whole ? Shown::whole : redact(frame.frame, frame.reading, config.px_per_mm, config.margin_mm);
  datasets::Sample sample{sample_key(event, frame.camera, place), {}};
  if (whole) {
    sample.parts["pgm"] = pack_pgm(frame.frame.view());
  } else {
    auto png = vision::pack_png(frame.frame.view());
    if (!png) return std::unexpected(png.error());
    sample.parts["png"] = std::move(*png);
  }
  Json json{{"class", to_string(kind)},
            {"shown", to_string(shown)},
            {"camera", frame.camera},
            {"picture", place.number},
            {"pictures", place.of},
            {"width", frame.frame.width_px()},
            {"height", frame.frame.height_px()},
            {"event", Json::parse(postal::event_to_json(event), nullptr, false)},
            {"reading", reading_json(frame.reading)}};
  const std::string text = json.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n";
  sample.parts["event.json"] = Bytes(text.begin(), text.end());
  return sample;
}

}  // namespace backstamp::station
