#include "station/config.h"

#include <algorithm>
#include <array>

#include "base/yaml.h"

namespace backstamp::station {
namespace {

using namespace std::chrono_literals;

SourceConfig read_source(yaml::Section section) {
  SourceConfig source;
  source.path = section.path("path");
  source.pieces_per_hour =
      static_cast<std::uint32_t>(section.integer_or("pieces_per_hour", 0, 0, 10'000'000));
  return source;
}

/// What is asked of each service, and whether others are taken.
void read_services(yaml::Section& section, Policy& policy) {
  for (yaml::Section& service : section.sections("services", 1000)) {
    ServicePolicy rule;
    if (const auto numbers = ServicePolicy::parse(service.text("numbers", 16))) {
      rule = *numbers;
    } else {
      service.refuse("numbers", "a number from 0 to 999, or two as \"270-279\"");
    }
    if (const auto money = postal::Money::parse(service.text_or("minimum_postage", "0.000"))) {
      rule.minimum_postage = *money;
    } else {
      service.refuse("minimum_postage", "an amount like \"0.406\"");
    }
    policy.services.push_back(rule);
  }
  policy.other_services = section.flag_or("other_services", policy.other_services);
}

Policy read_policy(yaml::Section section) {
  Policy policy;
  const auto day = 24h;
  const auto days = [](std::chrono::microseconds time) {
    return std::chrono::floor<std::chrono::days>(time);
  };
  policy.mailed_at_most_ago =
      days(section.duration_or("mailed_at_most_ago", policy.mailed_at_most_ago, 0us, 3650 * day));
  policy.mailed_at_most_ahead = days(
      section.duration_or("mailed_at_most_ahead", policy.mailed_at_most_ahead, 0us, 365 * day));
  const std::string postage = section.text_or("minimum_postage", "0.000");
  if (const auto money = postal::Money::parse(postage)) {
    policy.minimum_postage = *money;
  } else {
    section.refuse("minimum_postage", "an amount like \"0.406\"");
  }
  const std::string precedence = section.text_or("precedence", "imb,mailmark,impb,s10,meter", 256);
  if (const auto order = Precedence::parse(precedence)) {
    policy.precedence = *order;
  } else {
    section.refuse("precedence",
                   "each of imb, mailmark, impb, s10, meter once at most, as \"imb,s10\"");
  }
  policy.accept_unverified = section.flag_or("accept_unverified", policy.accept_unverified);
  policy.accept_without_indicium =
      section.flag_or("accept_without_indicium", policy.accept_without_indicium);
  read_services(section, policy);
  return policy;
}

KeysConfig read_keys(yaml::Section section) {
  constexpr std::array<std::string_view, 3> kWhenUnsure{"accept-and-flag", "divert", "stop"};
  const auto when = [&](std::string_view key, WhenUnsure fallback) {
    return static_cast<WhenUnsure>(
        section.choice_or(key, static_cast<std::size_t>(fallback), kWhenUnsure));
  };
  KeysConfig keys;
  keys.bundle = section.path("bundle");
  keys.root = section.path("root");
  const auto longest = 3650 * 24h;
  keys.stale_after = section.duration_or("stale_after", keys.stale_after, 1s, longest);
  keys.when_stale = when("when_stale", keys.when_stale);
  keys.clock.tolerance = section.duration_or("clock_tolerance", keys.clock.tolerance, 1s, 24h);
  keys.clock.unconfirmed =
      section.duration_or("clock_unconfirmed", *keys.clock.unconfirmed, 1min, longest);
  keys.when_clock_untrusted = when("when_clock_untrusted", keys.when_clock_untrusted);
  return keys;
}

postal::DuplicateRules read_duplicates(yaml::Section section) {
  using std::chrono::milliseconds;
  using std::chrono::seconds;
  postal::DuplicateRules rules;
  const auto read = [&](std::string_view key, milliseconds fallback, std::chrono::hours most) {
    return std::chrono::floor<milliseconds>(section.duration_or(key, fallback, 0us, most));
  };
  rules.same_machine = read("same_machine", rules.same_machine, 1h);
  rules.refeed_window =
      std::chrono::floor<seconds>(read("refeed_window", rules.refeed_window, 24h));
  rules.standstill = read("standstill", rules.standstill, 24h);
  rules.track = read("track", rules.track, 1h);
  return rules;
}

JournalConfig read_journal(yaml::Section section) {
  JournalConfig journal;
  journal.directory = section.path("directory");
  journal.segment_bytes =
      static_cast<std::uint64_t>(section.integer_or("segment_megabytes", 64, 1, 1024) << 20);
  journal.commit_interval = section.duration_or("commit_interval", 2ms, 0us, 1s);
  journal.keep_acknowledged = std::chrono::floor<std::chrono::hours>(
      section.duration_or("keep_acknowledged", 45 * 24h, 0h, 3650 * 24h));
  return journal;
}

UplinkConfig read_uplink(yaml::Section section) {
  UplinkConfig uplink;
  uplink.endpoint = section.text("endpoint", 256);
  if (!uplink.endpoint.empty() && !uplink.endpoint.starts_with("tcp://")) {
    section.refuse("endpoint", "tcp://HOST:PORT");
  }
  uplink.station_key = section.path("station_key");
  uplink.server_key = section.path("server_key");
  uplink.drain =
      std::chrono::floor<std::chrono::milliseconds>(section.duration_or("drain", 30s, 0s, 24h));
  return uplink;
}

vision::Formats read_formats(yaml::Section& section) {
  const std::string list = section.text_or("formats", "postal", 256);
  const auto formats = vision::Formats::parse(list);
  if (!formats) section.refuse("formats", "symbologies like \"postal\" or \"DataMatrix,IMb\"");
  return formats.value_or(vision::Formats::all());
}

vision::RepairLimits read_repair(yaml::Section section) {
  vision::RepairLimits limits;
  for (const vision::RepairLimit& limit : vision::repair_limits()) {
    const auto value = static_cast<int>(
        section.integer_or(limit.name, limits.*limit.value, limit.least, limit.most));
    if (value < limit.least_allowed()) section.refuse(limit.name, limit.wanted());
    limits.*limit.value = value;
  }
  return limits;
}

void read_sighting(yaml::Section& root, StationConfig& config) {
  constexpr std::array<std::string_view, 3> kRoles{"induction", "pass", "delivery"};
  config.role = static_cast<postal::StationRole>(root.choice_or("role", 0, kRoles));
  if (root.has("place")) config.place = root.text("place", 64);
  if (!config.place.empty() && !postal::valid_station_name(config.place)) {
    root.refuse("place", "a name of 1 to 64 letters, digits, '.', '_' or '-'");
  }
  config.pass = static_cast<std::uint32_t>(root.integer_or("pass", 1, 1, postal::kMostPasses));
}

/// A live lane has deadlines of its own, and a face costs what the line can afford.
void read_live_effort(yaml::Section& section, LiveConfig& live) {
  if (section.has("deadline")) section.refuse("deadline", "a lane's own `deadline`");
  live.effort =
      static_cast<std::uint32_t>(section.integer_or("effort", live.effort, 1'000, 1'000'000'000));
  live.least_effort = static_cast<std::uint32_t>(section.integer_or(
      "least_effort", std::min(live.least_effort, live.effort), 100, live.effort));
}

}  // namespace

Result<StationConfig> load_config(const std::filesystem::path& path,
                                  const std::optional<std::filesystem::path>& source_override) {
  auto document = yaml::Document::load(path);
  if (!document) return std::unexpected(document.error());
  yaml::Section root = document->root();
  StationConfig config;

  config.station = root.text("station", 64);
  if (!config.station.empty() && !postal::valid_station_name(config.station)) {
    root.refuse("station", "a name of 1 to 64 letters, digits, '.', '_' or '-'");
  }
  read_sighting(root, config);
  if (root.has("lanes")) {
    config.live = read_live(root);
    if (root.has("source")) root.refuse("source", "either `lanes` or `source`");
  } else if (source_override) {
    if (auto section = root.section_if("source")) config.source = read_source(*section);
    config.source.path = *source_override;
  } else {
    config.source = read_source(root.section("source"));
  }
  config.profile = root.path_if("profile");
  if (auto section = root.section_if("read")) {
    config.workers = static_cast<unsigned>(section->integer_or("workers", 0, 0, 256));
    config.formats = read_formats(*section);
    if (auto repair = section->section_if("repair")) config.repair = read_repair(*repair);
    config.deadline = std::chrono::floor<std::chrono::milliseconds>(
        section->duration_or("deadline", 500ms, 1ms, 60s));
    const std::int64_t half_us = std::chrono::microseconds(config.deadline).count() / 2;
    config.effort =
        static_cast<std::uint32_t>(section->integer_or("effort", half_us, 0, 1'000'000'000));
    if (config.live) read_live_effort(*section, *config.live);
  }
  config.keys = read_keys(root.section("keys"));
  if (auto section = root.section_if("policy")) config.policy = read_policy(*section);
  if (auto section = root.section_if("duplicates")) config.duplicates = read_duplicates(*section);
  config.journal = read_journal(root.section("journal"));
  if (auto section = root.section_if("uplink")) config.uplink = read_uplink(*section);
  // Who hears of no data center has nobody to confirm the clock.
  if (!config.uplink) config.keys.clock.unconfirmed.reset();
  if (auto section = root.section_if("evidence")) config.evidence = read_evidence(*section);
  if (auto section = root.section_if("monitoring")) config.monitoring = read_monitoring(*section);
  if (auto section = root.section_if("log")) config.log = read_log(*section);
  if (auto finished = document->finish(); !finished) return std::unexpected(finished.error());
  return config;
}

}  // namespace backstamp::station
