#include "datacenter/config.h"

#include <set>

#include "base/yaml.h"
#include "postal/event.h"

namespace backstamp::datacenter {

namespace {

constexpr std::chrono::microseconds kShortestWaiting = std::chrono::seconds(1);
constexpr std::chrono::microseconds kLongestWaiting = std::chrono::days(400);
constexpr std::size_t kNameBytes = 100;
constexpr std::size_t kStationsLimit = 4096;
constexpr std::size_t kTravelLimit = 10'000;

bool is_endpoint(const std::string& text) {
  constexpr std::string_view kScheme = "tcp://";
  const std::size_t colon = text.rfind(':');
  if (!text.starts_with(kScheme) || colon <= kScheme.size()) return false;
  const std::string_view port = std::string_view(text).substr(colon + 1);
  return !port.empty() && port.size() <= 5 &&
         port.find_first_not_of("0123456789") == std::string_view::npos;
}

std::string read_place(yaml::Section& section, std::string_view key) {
  const std::string name = section.text(key, 64);
  if (!postal::valid_station_name(name)) section.refuse(key, "wanted the name of a place");
  return name;
}

postal::DuplicateRules read_duplicates(yaml::Section section) {
  using std::chrono::milliseconds;
  using std::chrono::seconds;
  constexpr auto kNone = std::chrono::microseconds(0);
  constexpr auto kMost = std::chrono::days(30);
  postal::DuplicateRules rules;
  const auto read = [&](yaml::Section& from, std::string_view key, milliseconds fallback) {
    return std::chrono::floor<milliseconds>(from.duration_or(key, fallback, kNone, kMost));
  };
  rules.same_machine = read(section, "same_machine", rules.same_machine);
  rules.between_machines = read(section, "between_machines", rules.between_machines);
  rules.between_places =
      std::chrono::floor<seconds>(read(section, "between_places", rules.between_places));
  rules.refeed_window =
      std::chrono::floor<seconds>(read(section, "refeed_window", rules.refeed_window));
  for (yaml::Section& travel : section.sections("travel", kTravelLimit)) {
    const auto time = travel.duration("time", kNone, kMost);
    rules.travel.push_back(
        {read_place(travel, "from"), read_place(travel, "to"), std::chrono::floor<seconds>(time)});
  }
  return rules;
}

Result<Config> read_config(yaml::Document document) {
  Config config;
  yaml::Section root = document.root();
  config.name = root.text_or("name", "data center", kNameBytes);
  config.database = root.path("database");
  config.waiting_period = root.duration("waiting_period", kShortestWaiting, kLongestWaiting);
  if (auto section = root.section_if("duplicates")) config.duplicates = read_duplicates(*section);
  yaml::Section https = root.section("https");
  config.https.address = https.text_or("address", "127.0.0.1", 64);
  config.https.port = static_cast<std::uint16_t>(https.integer("port", 0, 65535));
  config.https.certificate = https.path("certificate");
  config.https.private_key = https.path("private_key");
  yaml::Section uplink = root.section("uplink");
  config.uplink.endpoint = uplink.text("endpoint", 256);
  if (!config.uplink.endpoint.empty() && !is_endpoint(config.uplink.endpoint)) {
    uplink.refuse("endpoint", "wanted tcp://ADDRESS:PORT");
  }
  config.uplink.keys = uplink.path("keys");
  config.uplink.stations = uplink.path("stations");
  if (root.has("meterbox")) {
    yaml::Section section = root.section("meterbox");
    Config::MeterBox box;
    box.socket = section.path("socket");
    if (section.has("timeout")) {
      box.timeout = std::chrono::duration_cast<std::chrono::milliseconds>(
          section.duration("timeout", std::chrono::milliseconds(100), std::chrono::minutes(1)));
    }
    config.meterbox = std::move(box);
  }
  if (auto keys = root.section_if("keys")) {
    config.keys = Config::Keys{keys->path("bundle"), keys->path("root"), keys->path("time_key")};
  }
  if (auto log = root.section_if("log")) config.log = read_log(*log);
  if (auto monitoring = root.section_if("monitoring")) {
    config.monitoring = read_monitoring(*monitoring);
  }
  if (const Result<void> checked = document.finish(); !checked) {
    return std::unexpected(checked.error());
  }
  return config;
}

}  // namespace

Result<Config> load_config(const std::filesystem::path& path) {
  Result<yaml::Document> document = yaml::Document::load(path);
  if (!document) return std::unexpected(document.error());
  return read_config(std::move(*document));
}

Result<Config> parse_config(std::string_view text, std::string name, std::filesystem::path folder) {
  Result<yaml::Document> document = yaml::Document::parse(text, std::move(name), std::move(folder));
  if (!document) return std::unexpected(document.error());
  return read_config(std::move(*document));
}

Result<uplink::AllowList> load_stations(const std::filesystem::path& path) {
  Result<yaml::Document> document = yaml::Document::load(path);
  if (!document) return std::unexpected(document.error());
  uplink::AllowList allowed;
  std::set<std::string> names;
  for (yaml::Section& station : document->root().sections("stations", kStationsLimit)) {
    const std::string name = station.text("name", 64);
    const std::string key = station.text("public_key", 40);
    if (!postal::valid_station_name(name)) {
      station.refuse("name", "wanted 1 to 64 of A-Z a-z 0-9 . _ -");
    } else if (!names.insert(name).second) {
      station.refuse("name", "wanted a name that is not in the list yet");
    }
    if (!uplink::valid_z85_key(key)) {
      station.refuse("public_key", "wanted a CURVE key, 40 characters of Z85");
    } else if (!allowed.emplace(key, name).second) {
      station.refuse("public_key", "wanted a key that is not in the list yet");
    }
  }
  if (const Result<void> checked = document->finish(); !checked) {
    return std::unexpected(checked.error());
  }
  return allowed;
}

}  // namespace backstamp::datacenter
