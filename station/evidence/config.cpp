// The section `evidence` of a station's configuration.
#include <charconv>

#include "station/evidence.h"

namespace backstamp::station {
namespace {

using namespace std::chrono_literals;

/// "ISSUER/METER" in plain decimal digits.
std::optional<std::pair<std::uint32_t, std::uint32_t>> parse_meter(std::string_view text) {
  const auto take = [&](char end, std::uint32_t& number) {
    const char* const last = text.data() + text.size();
    const auto [stop, error] = std::from_chars(text.data(), last, number);
    const bool ended = end == 0 ? stop == last : stop != last && *stop == end;
    if (error != std::errc() || !ended) return false;
    text.remove_prefix(static_cast<std::size_t>(stop - text.data()) + (end == 0 ? 0 : 1));
    return true;
  };
  std::pair<std::uint32_t, std::uint32_t> meter;
  if (!take('/', meter.first) || !take(0, meter.second)) return std::nullopt;
  return meter;
}

void read_quotas(yaml::Section section, EvidenceConfig& config) {
  for (std::size_t i = 0; i < kEvidenceClasses; ++i) {
    std::string key(to_string(static_cast<EvidenceClass>(i)));
    if (const std::size_t dash = key.find('-'); dash != std::string::npos) key[dash] = '_';
    const auto fallback = static_cast<std::int64_t>(config.quotas[i] >> 20);
    config.quotas[i] = static_cast<std::uint64_t>(section.integer_or(key, fallback, 1, 100'000'000))
                       << 20;
  }
}

}  // namespace

EvidenceConfig read_evidence(yaml::Section section) {
  constexpr std::array<std::string_view, 2> kRedactions{"codes-only", "none"};
  EvidenceConfig config;
  config.directory = section.path("directory");
  config.redaction = static_cast<Redaction>(section.choice_or("redaction", 0, kRedactions));
  config.margin_mm = section.number_or("margin_mm", config.margin_mm, 0, 20);
  config.crashes = section.flag_or("crashes", config.crashes);
  config.no_reads = section.flag_or("no_reads", config.no_reads);
  config.suspects = section.flag_or("suspects", config.suspects);
  config.sample_each =
      static_cast<std::uint32_t>(section.integer_or("sample_each", 0, 0, 1'000'000'000));
  if (section.has("meters")) {
    for (const std::string& text : section.texts("meters", 1000)) {
      if (const auto meter = parse_meter(text)) {
        config.meters.push_back(*meter);
      } else {
        section.refuse("meters", "a list of \"ISSUER/METER\", as [\"12/3456\"]");
        break;
      }
    }
  }
  if (auto quotas = section.section_if("quota_megabytes")) read_quotas(*quotas, config);
  config.keep = std::chrono::floor<std::chrono::hours>(
      section.duration_or("keep", config.keep, 1h, 3650 * 24h));
  config.free_bytes =
      static_cast<std::uint64_t>(section.integer_or("free_megabytes", 1024, 0, 100'000'000)) << 20;
  if (section.has("limit_pictures")) {
    section.refuse("limit_pictures",
                   "quota_megabytes (by class) and keep in its place: pictures are not counted any "
                   "more, the oldest make room");
  }
  return config;
}

}  // namespace backstamp::station
