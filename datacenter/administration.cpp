#include "datacenter/administration.h"

#include "base/certificate.h"
#include "base/file.h"
#include "base/limits.h"
#include "datacenter/store/store.h"

namespace backstamp::datacenter {

namespace fs = std::filesystem;

namespace {

constexpr int kCertificateDays = 825;
constexpr std::size_t kNameBytes = 100;
constexpr std::uint32_t kMeterLast = 99'999'999;  // as in postal::MeterSerial

constexpr std::string_view kStationsHead =
    "# The stations that may connect, each with its public key (CurveZMQ, Z85).\n"
    "# Add one with `backstamp datacenter add-station`; the data center reads this file when it\n"
    "# starts and on SIGHUP.\n"
    "stations: []\n";
constexpr std::string_view kNoStations = "stations: []\n";

std::string config_text(const NewFolder& folder) {
  const std::string& listen = folder.listen;
  const std::string host = listen.find(':') == std::string::npos ? listen : "[" + listen + "]";
  std::string name = folder.name;
  for (std::size_t at = 0; (at = name.find('\'', at)) != std::string::npos; at += 2) {
    name.insert(at, 1, '\'');  // as single-quoted YAML wants it
  }
  return "# The data center's configuration. Relative paths are taken from this folder.\n"
         "name: '" +
         name +
         "'\n"
         "\n"
         "# Everything it knows: registrations, scan events, what became of each piece.\n"
         "database: datacenter.db\n"
         "\n"
         "# A registered piece that no station has read after this long was \"not read\"; counted\n"
         "# from its registration or its mailing date, whichever is later. 1s to 400d.\n"
         "waiting_period: " +
         folder.waiting_period +
         "\n"
         "\n"
         "# The API for meters. Clients trust tls/authority.pem. Port 0: any free one.\n"
         "https:\n"
         "  address: \"" +
         listen + "\"\n  port: " + std::to_string(folder.https_port) +
         "\n"
         "  certificate: tls/server.pem\n"
         "  private_key: tls/server.key\n"
         "\n"
         "# Where stations bring their events. They need curve/server.public, and stand in the\n"
         "# allow-list with their own public key. Port 0: any free one.\n"
         "uplink:\n"
         "  endpoint: \"tcp://" +
         host + ":" + std::to_string(folder.uplink_port) +
         "\"\n"
         "  keys: curve/server.secret\n"
         "  stations: stations.yaml\n";
}

/// A name for people: printable, of a sane length, valid UTF-8.
Result<void> check_name(const std::string& what, const std::string& name) {
  bool good = !name.empty() && name.size() <= kNameBytes && to_utf8(as_bytes(name)) == name;
  for (const char c : name) good = good && static_cast<unsigned char>(c) >= 0x20 && c != 0x7F;
  if (good) return {};
  return fail(ErrorKind::invalid,
              what + ": wanted 1 to " + std::to_string(kNameBytes) + " printable characters");
}

Result<void> make_subfolder(const fs::path& folder) {
  std::error_code error;
  fs::create_directories(folder, error);
  if (error) return fail(ErrorKind::io, folder.string() + ": " + error.message());
  return {};
}

Result<void> fill_folder(const NewFolder& wanted) {
  const fs::path& folder = wanted.folder;
  if (auto made = make_subfolder(folder / "tls"); !made) return made;
  if (auto made = make_subfolder(folder / "curve"); !made) return made;
  if (auto made = make_server_certificate(folder / "tls", wanted.hosts, kCertificateDays); !made) {
    return made;
  }
  const auto keys = uplink::generate_curve_keys();
  if (!keys) return std::unexpected(keys.error());
  if (auto saved = uplink::save_curve_keys(*keys, folder / "curve" / "server"); !saved) {
    return saved;
  }
  if (auto written = write_file_durably(folder / "stations.yaml", as_bytes(kStationsHead));
      !written) {
    return written;
  }
  const auto store = Store::open(folder / "datacenter.db", DatabaseMode::create);
  if (!store) return std::unexpected(store.error());
  return {};
}

}  // namespace

Result<fs::path> make_folder(const NewFolder& wanted) {
  const fs::path path = wanted.folder / "datacenter.yaml";
  std::error_code error;
  if (fs::exists(path, error)) {
    return fail(ErrorKind::refused, path.string() + " is there already; choose another folder");
  }
  for (const std::string* option : {&wanted.name, &wanted.listen, &wanted.waiting_period}) {
    if (auto good = check_name("option", *option); !good) return std::unexpected(good.error());
  }
  const std::string text = config_text(wanted);
  if (const auto config = parse_config(text, "options", wanted.folder); !config) {
    return std::unexpected(config.error());
  }
  if (auto filled = fill_folder(wanted); !filled) return std::unexpected(filled.error());
  if (auto written = write_file_durably(path, as_bytes(text)); !written) {
    return std::unexpected(written.error());
  }
  return path;
}

Result<void> add_account(const Config& config, const std::string& account) {
  if (auto good = check_name("account", account); !good) return good;
  const auto store = Store::open(config.database, DatabaseMode::existing);
  if (!store) return std::unexpected(store.error());
  return (*store)->add_account(account);
}

Result<void> review_suspect(const Config& config, const postal::EventId& scan,
                            const std::string& review, const std::string& who) {
  if (auto good = check_name("name", who); !good) return good;
  for (const Review made : {Review::open, Review::confirmed, Review::dismissed}) {
    if (to_string(made) != review) continue;
    const auto store = Store::open(config.database, DatabaseMode::existing);
    if (!store) return std::unexpected(store.error());
    return (*store)->review(scan, made, who, utc_now());
  }
  return fail(ErrorKind::invalid, "review: wanted open, confirmed or dismissed");
}

Result<std::string> add_meter(const Config& config, const std::string& account,
                              std::uint32_t number, const std::string& name) {
  if (auto good = check_name("name", name); !good) return std::unexpected(good.error());
  if (number == 0 || number > kMeterLast) {
    return fail(ErrorKind::invalid, "meter: wanted 1 to " + std::to_string(kMeterLast));
  }
  const auto store = Store::open(config.database, DatabaseMode::existing);
  if (!store) return std::unexpected(store.error());
  return (*store)->add_meter(account, number, name);
}

Result<void> add_station(const Config& config, const std::string& name,
                         const std::string& public_key) {
  std::string key = public_key;
  // Z85 has dots, dashes and slashes: a path of 40 characters may look like a key.
  std::error_code ignored;
  if (public_key.ends_with(".public") || fs::exists(public_key, ignored) ||
      !uplink::valid_z85_key(key)) {
    auto loaded = uplink::load_curve_public_key(public_key);
    if (!loaded) return std::unexpected(loaded.error());
    key = std::move(*loaded);
  }
  if (!postal::valid_station_name(name)) {
    return fail(ErrorKind::invalid, name + ": a station's name is 1 to 64 of A-Z a-z 0-9 . _ -");
  }
  const fs::path& path = config.uplink.stations;
  const auto lock = lock_file(path.string() + ".lock");
  if (!lock) return std::unexpected(lock.error());
  const auto allowed = load_stations(path);
  if (!allowed) return std::unexpected(allowed.error());
  for (const auto& [known_key, known_name] : *allowed) {
    if (known_name == name || known_key == key) {
      return fail(ErrorKind::refused,
                  path.string() + ": " + known_name + " stands there with key " + known_key);
    }
  }
  const auto before = read_file(path, limits::kConfigFileBytes);
  if (!before) return std::unexpected(before.error());
  std::string text(as_text(*before));
  if (!text.empty() && text.back() != '\n') text += '\n';
  if (const std::size_t none = text.find(kNoStations); none != std::string::npos) {
    text.replace(none, kNoStations.size(), "stations:\n");
  }
  // Z85 has neither quotes nor backslashes, so that a quoted text holds any key.
  text += "  - name: \"" + name + "\"\n    public_key: \"" + key + "\"\n";
  if (auto written = write_file_durably(path, as_bytes(text)); !written) return written;
  const auto after = load_stations(path);
  if (after && after->size() == allowed->size() + 1) return {};
  if (auto undone = write_file_durably(path, *before); !undone) return undone;
  return fail(ErrorKind::invalid, path.string() +
                                      ": is not laid out as add-station writes it; "
                                      "add the station by hand");
}

}  // namespace backstamp::datacenter
