#include "datacenter/stations.h"

#include "base/file.h"
#include "base/limits.h"
#include "postal/event.h"
#include "postal/key_bundle.h"

namespace backstamp::datacenter {

namespace fs = std::filesystem;

namespace {

constexpr std::string_view kNoStations = "stations: []\n";

/// The key itself, or that of the file it names.
Result<std::string> key_of(const std::string& public_key) {
  // Z85 has dots, dashes and slashes: a path of 40 characters may look like a key.
  std::error_code ignored;
  if (public_key.ends_with(".public") || fs::exists(public_key, ignored) ||
      !uplink::valid_z85_key(public_key)) {
    return uplink::load_curve_public_key(public_key);
  }
  return public_key;
}

/// An entry as it stands in the file. Z85 has neither quotes nor backslashes, so that a quoted text
/// holds any key.
std::string entry_of(const std::string& name, const std::string& key) {
  return "  - name: \"" + name + "\"\n    public_key: \"" + key + "\"\n";
}

/// The list, held against other commands.
struct List {
  fs::path path;
  UniqueFd lock;
  uplink::AllowList allowed;
  std::string text;

  static Result<List> open(const Config& config) {
    List list;
    list.path = config.uplink.stations;
    auto lock = lock_file(list.path.string() + ".lock");
    if (!lock) return std::unexpected(lock.error());
    list.lock = std::move(*lock);
    auto allowed = load_stations(list.path);
    if (!allowed) return std::unexpected(allowed.error());
    list.allowed = std::move(*allowed);
    const auto before = read_file(list.path, limits::kConfigFileBytes);
    if (!before) return std::unexpected(before.error());
    list.text = as_text(*before);
    return list;
  }

  /// The key under which a station may come in; empty when it may not.
  std::string key_of(const std::string& name) const {
    for (const auto& [key, known] : allowed) {
      if (known == name) return key;
    }
    return {};
  }

  /// Writes the changed text; puts the old one back unless it reads as `wanted`.
  Result<void> change(const std::string& changed, const uplink::AllowList& wanted) const {
    if (auto written = write_file_durably(path, as_bytes(changed)); !written) return written;
    const auto after = load_stations(path);
    if (after && *after == wanted) return {};
    if (auto undone = write_file_durably(path, as_bytes(text)); !undone) return undone;
    return fail(ErrorKind::invalid, path.string() +
                                        ": is not laid out as add-station writes it; change it "
                                        "by hand");
  }

  Result<void> add(const std::string& name, const std::string& key) const {
    std::string changed = text;
    if (!changed.empty() && changed.back() != '\n') changed += '\n';
    if (const std::size_t none = changed.find(kNoStations); none != std::string::npos) {
      changed.replace(none, kNoStations.size(), "stations:\n");
    }
    auto wanted = allowed;
    wanted[key] = name;
    return change(changed + entry_of(name, key), wanted);
  }

  /// Puts another key (or nothing, when it is empty) in the place of a station's.
  Result<void> replace(const std::string& name, const std::string& key) const {
    const std::string old_key = key_of(name);
    std::string changed = text;
    const std::string old_entry = entry_of(name, old_key);
    const std::size_t at = changed.find(old_entry);
    if (at != std::string::npos) {
      changed.replace(at, old_entry.size(), key.empty() ? "" : entry_of(name, key));
    }
    auto wanted = allowed;
    wanted.erase(old_key);
    if (!key.empty()) wanted[key] = name;
    if (wanted.empty()) {
      const std::size_t head = changed.find("stations:\n");
      if (head != std::string::npos) changed.replace(head, 10, kNoStations);
    }
    return change(changed, wanted);
  }
};

Result<void> check_free(const List& list, const std::string& name, const std::string& key,
                        bool replace) {
  for (const auto& [known_key, known_name] : list.allowed) {
    if ((known_name == name && !replace) || (known_key == key && known_name != name)) {
      return fail(ErrorKind::refused,
                  list.path.string() + ": " + known_name + " stands there with key " + known_key);
    }
  }
  return {};
}

Result<void> check_station(const std::string& name) {
  if (postal::valid_station_name(name)) return {};
  return fail(ErrorKind::invalid, name + ": a station's name is 1 to 64 of A-Z a-z 0-9 . _ -");
}

/// All that is in the letter but the station's own key.
Result<uplink::Enrolment> make_letter(const Config& config, const EnrolStation& wanted) {
  if (!config.keys) {
    return fail(ErrorKind::refused,
                "the data center publishes no keys; give its configuration a section 'keys'");
  }
  uplink::Enrolment letter;
  letter.station = wanted.name;
  letter.endpoint = wanted.endpoint.empty() ? config.uplink.endpoint : wanted.endpoint;
  if (letter.endpoint.ends_with(":0") || letter.endpoint.find("//0.0.0.0:") != std::string::npos ||
      letter.endpoint.find("//*:") != std::string::npos) {
    return fail(ErrorKind::refused,
                letter.endpoint + ": no station could connect to that; give --endpoint");
  }
  const auto server = uplink::load_curve_keys(config.uplink.keys);
  if (!server) return std::unexpected(server.error());
  letter.server_key = server->public_key;
  auto root = postal::load_public_key(config.keys->root);
  if (!root) return std::unexpected(root.error());
  letter.root = *std::move(root);
  auto file = read_file(config.keys->bundle, limits::kKeyBundleBytes);
  if (!file) return std::unexpected(file.error());
  letter.bundle = *std::move(file);
  const auto bundle = postal::open_bundle(letter.bundle, letter.root);
  if (!bundle) return fail(config.keys->bundle.string(), bundle.error());
  const auto clock = postal::SigningKey::load(config.keys->time_key);
  if (!clock) return std::unexpected(clock.error());
  auto time = postal::sign_time({utc_now(), bundle->sequence()}, *clock);
  if (!time) return std::unexpected(time.error());
  letter.time = *std::move(time);
  if (const auto believed = postal::open_time(letter.time, *bundle); !believed) {
    return fail(config.keys->time_key.string(), believed.error());
  }
  return letter;
}

}  // namespace

Result<void> add_station(const Config& config, const std::string& name,
                         const std::string& public_key) {
  const auto key = key_of(public_key);
  if (!key) return std::unexpected(key.error());
  if (auto good = check_station(name); !good) return good;
  const auto list = List::open(config);
  if (!list) return std::unexpected(list.error());
  if (auto free = check_free(*list, name, *key, false); !free) return free;
  return list->add(name, *key);
}

Result<void> remove_station(const Config& config, const std::string& name) {
  const auto list = List::open(config);
  if (!list) return std::unexpected(list.error());
  if (list->key_of(name).empty()) {
    return fail(ErrorKind::not_found, list->path.string() + ": has no station " + name);
  }
  return list->replace(name, "");
}

Result<uplink::Enrolment> enrol_station(const Config& config, const EnrolStation& wanted) {
  const auto key = key_of(wanted.public_key);
  if (!key) return std::unexpected(key.error());
  if (auto good = check_station(wanted.name); !good) return std::unexpected(good.error());
  auto letter = make_letter(config, wanted);
  if (!letter) return letter;
  letter->public_key = *key;
  const auto list = List::open(config);
  if (!list) return std::unexpected(list.error());
  const std::string old_key = list->key_of(wanted.name);
  if (old_key == *key) return letter;
  if (auto free = check_free(*list, wanted.name, *key, wanted.replace); !free) {
    return std::unexpected(free.error());
  }
  const auto changed =
      old_key.empty() ? list->add(wanted.name, *key) : list->replace(wanted.name, *key);
  if (!changed) return std::unexpected(changed.error());
  return letter;
}

}  // namespace backstamp::datacenter
