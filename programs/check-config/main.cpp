// backstamp-check-config: names every fault of a configuration, or says what it comes to.
#include <chrono>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "datacenter/config.h"
#include "programs/command_line.h"
#include "programs/config_kind.h"
#include "station/config.h"

namespace {

using namespace backstamp;
using Json = nlohmann::ordered_json;

long long milliseconds(std::chrono::microseconds time) {
  return std::chrono::duration_cast<std::chrono::milliseconds>(time).count();
}

Json lane_json(const station::LaneConfig& lane) {
  Json cameras = Json::array();
  for (const station::CameraConfig& camera : lane.cameras) {
    cameras.push_back(camera.name + ": " +
                      (camera.address.empty() ? camera.folder.string() : camera.address));
  }
  return {{"name", lane.name},
          {"trigger", lane.trigger == station::TriggerKind::machine ? "machine" : "camera"},
          {"deadline_ms", milliseconds(lane.deadline)},
          {"cameras", std::move(cameras)}};
}

std::string address_of(const MonitoringConfig& monitoring) {
  return "http://" + monitoring.address + ":" + std::to_string(monitoring.port) + "/metrics";
}

/// What a station's configuration amounts to.
Json summary(const station::StationConfig& config) {
  Json json = {{"station", config.station}, {"place", config.place}, {"pass", config.pass}};
  if (config.live) {
    json["lanes"] = Json::array();
    for (const auto& lane : config.live->lanes) json["lanes"].push_back(lane_json(lane));
    const unsigned frames =
        config.live->frames > 0 ? config.live->frames : station::frames_needed(*config.live);
    json["frame_memory_mb"] = (std::uint64_t{frames} * config.live->frame_bytes) >> 20;
    const station::SorterConfig& sorter = config.live->sorter;
    Json links = Json::array();
    if (sorter.telegram) {
      links.push_back("telegram " + sorter.telegram->address + ":" +
                      std::to_string(sorter.telegram->port));
    }
    if (sorter.modbus) {
      links.push_back("modbus " + sorter.modbus->address + ":" +
                      std::to_string(sorter.modbus->port));
    }
    for (const auto& lines : sorter.discrete) links.push_back("lines " + lines.chip);
    json["sorter"] = std::move(links);
  } else {
    json["source"] = config.source.path.string();
    json["pieces_per_hour"] = config.source.pieces_per_hour;
    json["deadline_ms"] = milliseconds(config.deadline);
  }
  json["workers"] = config.workers == 0 ? Json("one a processor") : Json(config.workers);
  json["journal"] = config.journal.directory.string();
  json["keys"] = config.keys.bundle.string();
  json["uplink"] = config.uplink ? Json(config.uplink->endpoint) : Json("none: events stay here");
  json["evidence"] = config.evidence ? Json(config.evidence->directory.string()) : Json("none");
  json["monitoring"] = config.monitoring ? Json(address_of(*config.monitoring)) : Json("none");
  return json;
}

Json summary(const datacenter::Config& config) {
  return {{"datacenter", config.name},
          {"database", config.database.string()},
          {"waiting_period_s", milliseconds(config.waiting_period) / 1000},
          {"https", config.https.address + ":" + std::to_string(config.https.port)},
          {"uplink", config.uplink.endpoint},
          {"stations", config.uplink.stations.string()},
          {"meterbox", config.meterbox ? Json(config.meterbox->socket.string()) : Json("none")},
          {"keys", config.keys ? Json(config.keys->bundle.string()) : Json("not published")},
          {"monitoring", config.monitoring ? Json(address_of(*config.monitoring)) : Json("none")}};
}

Result<Json> check(const std::string& path) {
  const auto kind = programs::config_kind(path);
  if (!kind) return std::unexpected(kind.error());
  if (*kind == programs::ConfigKind::datacenter) {
    const auto config = datacenter::load_config(path);
    if (!config) return std::unexpected(config.error());
    return summary(*config);
  }
  const auto config = station::load_config(path);
  if (!config) return std::unexpected(config.error());
  return summary(*config);
}

/// One fault a line.
std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  for (std::size_t from = 0; from < text.size();) {
    const std::size_t end = std::min(text.find('\n', from), text.size());
    if (end > from) lines.push_back(text.substr(from, end - from));
    from = end + 1;
  }
  return lines;
}

void print_json(const std::string& path, const Result<Json>& checked) {
  Json json = {{"file", path}, {"ok", checked.has_value()}};
  if (checked) {
    json["config"] = *checked;
  } else {
    json["faults"] = lines_of(checked.error().message);
  }
  std::puts(json.dump(-1, ' ', false, Json::error_handler_t::replace).c_str());
}

void print_text(const std::string& path, const Result<Json>& checked) {
  if (!checked) {
    for (const std::string& fault : lines_of(checked.error().message)) {
      std::fprintf(stderr, "%s\n", fault.c_str());
    }
    return;
  }
  std::printf("%s: no faults\n", path.c_str());
  for (const auto& [key, value] : checked->items()) {
    if (!value.is_array()) {
      const std::string text = value.is_string() ? value.get<std::string>() : value.dump();
      std::printf("  %-16s %s\n", key.c_str(), text.c_str());
      continue;
    }
    for (const Json& one : value) {
      const std::string text = one.is_string() ? one.get<std::string>() : one.dump();
      std::printf("  %-16s %s\n", key.c_str(), text.c_str());
    }
  }
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app{
      "Reads configurations of stations and data centers as these do, and names every fault with\n"
      "its file, line and key; of one without faults it prints what it comes to.",
      "backstamp check-config"};
  app.footer(
      "Examples:\n"
      "  backstamp check-config station.yaml\n"
      "  backstamp check-config --json station.yaml dc/datacenter.yaml\n\n"
      "Exit status 1 when a file has faults. What the files name (keys, cameras, addresses) is\n"
      "`backstamp doctor`'s to look at.");
  std::vector<std::string> paths;
  bool json = false;
  app.add_option("FILE", paths, "A station.yaml or a datacenter.yaml")->required();
  app.add_flag("--json", json, "Print one line of JSON a file");
  BACKSTAMP_PARSE(app, argc, argv);
  bool sound = true;
  for (const std::string& path : paths) {
    const Result<Json> checked = check(path);
    sound = sound && checked.has_value();
    json ? print_json(path, checked) : print_text(path, checked);
  }
  return sound ? programs::kDone : programs::kFailed;
}
