// The section `sorter` of a station's configuration, and the links that it asks for.
#include <algorithm>
#include <array>

#include "station/sorter.h"

namespace backstamp::station {
namespace {

using namespace std::chrono_literals;
using std::chrono::milliseconds;

constexpr std::size_t kDiscrete = 64;
constexpr std::int64_t kMostLine = 31;

milliseconds read_time(yaml::Section& section, std::string_view key, milliseconds fallback,
                       milliseconds least, milliseconds most) {
  return std::chrono::floor<milliseconds>(section.duration_or(key, fallback, least, most));
}

/// Four numbers from 0 to 255 with points between them.
bool valid_address(std::string_view address) {
  unsigned parts = 0;
  for (;;) {
    const std::size_t point = address.find('.');
    const std::string_view part = address.substr(0, point);
    if (part.empty() || part.size() > 3 || ++parts > 4) return false;
    unsigned value = 0;
    for (const char c : part) {
      if (c < '0' || c > '9') return false;
      value = 10 * value + static_cast<unsigned>(c - '0');
    }
    if (value > 255) return false;
    if (point == std::string_view::npos) return parts == 4;
    address.remove_prefix(point + 1);
  }
}

std::string read_address(yaml::Section& section, std::string fallback) {
  std::string address = section.text_or("address", std::move(fallback), 64);
  if (!address.empty() && !valid_address(address)) {
    section.refuse("address", "an IPv4 address of this machine, as \"192.168.10.2\"");
  }
  return address;
}

std::uint16_t read_port(yaml::Section& section, std::uint16_t fallback) {
  return static_cast<std::uint16_t>(section.integer_or("port", fallback, 0, 65'535));
}

TelegramConfig read_telegram(yaml::Section section) {
  TelegramConfig config;
  config.address = read_address(section, config.address);
  config.port = read_port(section, config.port);
  config.heartbeat = read_time(section, "heartbeat", config.heartbeat, 10ms, 10s);
  config.silence = read_time(section, "silence", config.silence, 50ms, 60s);
  if (config.silence < 2 * config.heartbeat) {
    section.refuse("silence", "at least twice the heartbeat");
  }
  config.keep = static_cast<std::size_t>(
      section.integer_or("keep", static_cast<std::int64_t>(config.keep), 64, 65'536));
  return config;
}

ModbusConfig read_modbus(yaml::Section section) {
  ModbusConfig config;
  config.address = read_address(section, config.address);
  config.port = read_port(section, config.port);
  config.silence = read_time(section, "silence", config.silence, 50ms, 60s);
  return config;
}

DiscreteConfig read_discrete(yaml::Section section) {
  DiscreteConfig config;
  config.lane = static_cast<std::uint32_t>(section.integer_or("lane", 1, 1, 64) - 1);
  config.chip = section.text("chip", 256);
  config.active_low = section.flag_or("active_low", config.active_low);
  const auto line = [&](std::string_view key, unsigned fallback) {
    return static_cast<unsigned>(section.integer_or(key, fallback, 0, kMostLine));
  };
  config.divert_line = line("divert_line", config.divert_line);
  config.ready_line = line("ready_line", config.ready_line);
  config.trigger_input = line("trigger_input", config.trigger_input);
  config.running_input = line("running_input", config.running_input);
  config.jam_input = line("jam_input", config.jam_input);
  std::array<unsigned, 5> lines{config.divert_line, config.ready_line, config.trigger_input,
                                config.running_input, config.jam_input};
  std::sort(lines.begin(), lines.end());
  if (std::adjacent_find(lines.begin(), lines.end()) != lines.end()) {
    section.refuse("divert_line", "five different lines");
  }
  config.pulse = read_time(section, "pulse", config.pulse, 2ms, 1s);
  return config;
}

}  // namespace

SorterConfig read_sorter(yaml::Section section) {
  SorterConfig config;
  config.fallback = section.text_or("fallback", config.fallback, 256);
  if (auto telegram = section.section_if("telegram")) config.telegram = read_telegram(*telegram);
  if (auto modbus = section.section_if("modbus")) config.modbus = read_modbus(*modbus);
  for (yaml::Section& discrete : section.sections("lines", kDiscrete)) {
    config.discrete.push_back(read_discrete(discrete));
    const auto same = [&](const DiscreteConfig& other) {
      return other.lane == config.discrete.back().lane;
    };
    if (std::count_if(config.discrete.begin(), config.discrete.end(), same) > 1) {
      discrete.refuse("lane", "a lane that has no lines yet");
    }
  }
  if (config.telegram) config.telegram->fallback = config.fallback;
  if (config.modbus) config.modbus->fallback = config.fallback;
  for (DiscreteConfig& discrete : config.discrete) discrete.fallback = config.fallback;
  if (config.telegram && config.modbus && config.telegram->port != 0 &&
      config.telegram->port == config.modbus->port &&
      config.telegram->address == config.modbus->address) {
    section.refuse("modbus", "another port than the telegram's");
  }
  return config;
}

Result<SorterLinks> serve_sorter(const SorterConfig& config, std::uint32_t lanes,
                                 const SorterInput& input, const AlarmSink& alarms) {
  SorterLinks served;
  std::vector<Sorter*> all;
  const auto take = [&](std::string name, Result<std::unique_ptr<SorterLink>> link) {
    if (!link) return Result<void>(std::unexpected(link.error()));
    all.push_back(link->get());
    served.links.push_back({std::move(name), *std::move(link)});
    return Result<void>();
  };
  Result<void> taken;
  if (config.telegram) {
    taken = take("telegram", serve_telegram(*config.telegram, lanes, input, alarms));
  }
  if (taken && config.modbus) {
    taken = take("modbus", serve_modbus(*config.modbus, lanes, input, alarms));
  }
  for (const DiscreteConfig& discrete : config.discrete) {
    if (!taken) break;
    if (discrete.lane >= lanes) {
      return fail(ErrorKind::invalid,
                  "sorter.lines: there is no lane " + std::to_string(discrete.lane + 1));
    }
    auto lines = open_gpio(discrete);
    if (!lines) return std::unexpected(lines.error());
    taken = take("lines/" + std::to_string(discrete.lane + 1),
                 drive_lines(discrete, *std::move(lines), input, alarms));
  }
  if (!taken) return std::unexpected(taken.error());
  served.all = all_of(std::move(all));
  return served;
}

}  // namespace backstamp::station
