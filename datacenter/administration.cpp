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

/// As single-quoted YAML wants it.
std::string quoted(std::string text) {
  for (std::size_t at = 0; (at = text.find('\'', at)) != std::string::npos; at += 2) {
    text.insert(at, 1, '\'');
  }
  return "'" + text + "'";
}

/// The section that says which keys are published; as a comment where there are none.
std::string keys_text(const fs::path& keys) {
  const std::string mark = keys.empty() ? "# " : "";
  const fs::path folder = keys.empty() ? fs::path("keys") : fs::absolute(keys);
  return "\n"
         "# Whom stations believe: the bundle is published whenever it is replaced by a newer "
         "one,\n"
         "# with the time, signed by a key that an issuer's list names (`backstamp keys`).\n" +
         mark + "keys:\n" + mark + "  bundle: " + quoted(folder / "keys.bundle") + "\n" + mark +
         "  root: " + quoted(folder / "root.pub") + "\n" + mark +
         "  time_key: " + quoted(folder / "time.key") + "\n";
}

std::string config_text(const NewFolder& folder) {
  const std::string& listen = folder.listen;
  const std::string host = listen.find(':') == std::string::npos ? listen : "[" + listen + "]";
  return "# The data center's configuration. Relative paths are taken from this folder.\n"
         "name: " +
         quoted(folder.name) +
         "\n"
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
         "  stations: stations.yaml\n" +
         keys_text(folder.keys);
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

}  // namespace backstamp::datacenter
