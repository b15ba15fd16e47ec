#include "meter/device.h"

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>
#include <optional>

#include "base/crc32c.h"
#include "base/file.h"
#include "base/yaml.h"

namespace backstamp::meter {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kMagic = "BSFLOOR1";
constexpr std::size_t kMarkBytes = 8 + 3 * 8 + 4;
constexpr const char* kSoftFolder = "hsm";
constexpr const char* kSoftConf = "softhsm2.conf";

fs::path device_file(const fs::path& folder) {
  return folder / "device.yaml";
}

std::string key_name(const DeviceAddress& address) {
  return address.name + " key";
}
std::string floor_name(const DeviceAddress& address, unsigned place) {
  return address.name + " floor " + std::to_string(place);
}

Bytes encode_mark(const FloorMark& mark) {
  Bytes bytes(kMagic.begin(), kMagic.end());
  const auto append = [&bytes](std::uint64_t value, int size) {
    for (int i = 0; i < size; ++i) bytes.push_back(static_cast<std::uint8_t>(value >> (8 * i)));
  };
  append(mark.sequence, 8);
  append(mark.counter, 8);
  append(static_cast<std::uint64_t>(mark.ascending.mills), 8);
  append(crc32c(bytes), 4);
  return bytes;
}

std::optional<FloorMark> decode_mark(ByteView bytes) {
  if (bytes.size() != kMarkBytes) return {};
  const auto number = [bytes](std::size_t offset, std::size_t size) {
    std::uint64_t value = 0;
    for (std::size_t i = 0; i < size; ++i) {
      value |= static_cast<std::uint64_t>(bytes[offset + i]) << (8 * i);
    }
    return value;
  };
  if (as_text(bytes.first(kMagic.size())) != kMagic) return {};
  if (number(kMarkBytes - 4, 4) != crc32c(bytes.first(kMarkBytes - 4))) return {};
  return FloorMark{number(8, 8), number(16, 8),
                   postal::Money{static_cast<std::int64_t>(number(24, 8))}};
}

/// The mark as data in the token, in two places that are written in turn: whatever becomes of a
/// writing, the mark before it is still there. The greatest one counts.
class TokenFloor : public Floor {
 public:
  TokenFloor(postal::Hsm hsm, const DeviceAddress& address)
      : hsm_(std::move(hsm)), labels_{floor_name(address, 0), floor_name(address, 1)} {}

  Result<FloorMark> read() override {
    std::optional<FloorMark> newest;
    for (std::size_t place = 0; place < labels_.size(); ++place) {
      const auto contents = hsm_.get(labels_[place]);
      if (!contents) return std::unexpected(contents.error());
      for (const Bytes& content : *contents) {
        const auto mark = decode_mark(content);
        if (!mark || (newest && mark->sequence <= newest->sequence)) continue;
        newest = mark;
        newest_ = place;
      }
    }
    if (newest) return *newest;
    return fail(ErrorKind::invalid, "the device knows nothing of this vault (\"" + labels_[0] +
                                        "\" is missing in it): print nothing with this meter and "
                                        "have it replaced");
  }
  Result<void> raise(const FloorMark& mark) override {
    // The older mark goes first, so that nothing is left to be done, and to fail, once the new one
    // is there.
    const std::size_t place = 1 - newest_;
    auto done = hsm_.destroy(labels_[place]);
    if (!done && done.error().kind != ErrorKind::not_found) return done;
    done = hsm_.put(labels_[place], encode_mark(mark));
    if (done) newest_ = place;
    return done;
  }

 private:
  postal::Hsm hsm_;
  std::array<std::string, 2> labels_;
  std::size_t newest_ = 1;  ///< where the newest mark is
};

std::string soft_conf(const fs::path& folder) {
  std::error_code error;
  const auto target = fs::absolute(folder, error).lexically_normal();
  return "directories.tokendir = " + (target / kSoftFolder / "tokens").string() +
         "\nobjectstore.backend = file\nlog.level = ERROR\n";
}

std::string quoted(const std::string& text) {
  return nlohmann::json(text).dump();  // a JSON string is a YAML string
}

}  // namespace

Result<Device> Device::make(const DeviceAddress& address, postal::SignatureAlgorithm algorithm) {
  auto hsm = postal::Hsm::open(address.token);
  if (!hsm) return std::unexpected(hsm.error());
  for (const unsigned place : {0u, 1u}) {
    const auto there = hsm->get(floor_name(address, place));
    if (!there) return std::unexpected(there.error());
    if (there->empty()) continue;
    return fail(ErrorKind::refused,
                "the device has \"" + floor_name(address, place) + "\" already");
  }
  // A key without a mark is what a making that was cut short left: no vault could use it.
  if (auto gone = hsm->destroy(key_name(address));
      !gone && gone.error().kind != ErrorKind::not_found) {
    return std::unexpected(gone.error());
  }
  auto key = hsm->generate(algorithm, key_name(address));
  if (!key) return std::unexpected(key.error());
  auto floor = std::make_shared<TokenFloor>(*hsm, address);
  if (auto raised = floor->raise({}); !raised) {
    (void)hsm->destroy(key_name(address));
    return std::unexpected(raised.error());
  }
  return Device{std::move(*key), std::move(floor)};
}

Result<Device> Device::open(const DeviceAddress& address) {
  auto hsm = postal::Hsm::open(address.token);
  if (!hsm) return std::unexpected(hsm.error());
  auto key = hsm->key(key_name(address));
  if (!key) return std::unexpected(key.error());
  return Device{std::move(*key), std::make_shared<TokenFloor>(std::move(*hsm), address)};
}

void Device::forget(const DeviceAddress& address) {
  const auto hsm = postal::Hsm::open(address.token);
  if (!hsm) return;
  (void)hsm->destroy(key_name(address));
  for (const unsigned place : {0u, 1u}) (void)hsm->destroy(floor_name(address, place));
}

bool has_device(const fs::path& folder) {
  std::error_code error;
  return fs::exists(device_file(folder), error);
}

Result<DeviceAddress> load_device(const fs::path& folder) {
  auto document = yaml::Document::load(device_file(folder));
  if (!document) return std::unexpected(document.error());
  yaml::Section root = document->root();
  DeviceAddress address;
  address.token.module = root.path("module");
  address.token.token = root.text("token", 64);
  address.token.pin_file = root.path("pin_file");
  if (const auto conf = root.path_if("softhsm_conf")) address.token.softhsm_conf = *conf;
  address.name = root.text("name", 128);
  if (auto finished = document->finish(); !finished) return std::unexpected(finished.error());
  return address;
}

Result<void> save_device(const fs::path& folder, const DeviceAddress& address) {
  const postal::HsmConfig& config = address.token;
  // What lies in the folder is named from there, so that the folder can be moved.
  const auto named = [&folder](const fs::path& path) {
    std::error_code error;
    const auto whole = fs::absolute(path, error).lexically_normal();
    const auto within = whole.lexically_relative(fs::absolute(folder, error).lexically_normal());
    const bool inside = !within.empty() && *within.begin() != "..";
    return quoted((inside ? within : whole).string());
  };
  std::string text = "module: " + named(config.module) + "\ntoken: " + quoted(config.token) +
                     "\npin_file: " + named(config.pin_file) + "\nname: " + quoted(address.name) +
                     "\n";
  if (!config.softhsm_conf.empty()) text += "softhsm_conf: " + named(config.softhsm_conf) + "\n";
  return write_file_durably(device_file(folder), as_bytes(text));
}

Result<postal::HsmConfig> make_soft_device(const fs::path& folder) {
  return postal::make_soft_token(folder / kSoftFolder, "backstamp meter");
}

Result<void> settle_soft_device(const fs::path& folder, const fs::path& target) {
  constexpr std::uint64_t kConfBytes = 64u << 10;
  const auto path = folder / kSoftFolder / kSoftConf;
  std::error_code error;
  if (!fs::exists(path, error)) return {};
  const std::string wanted = soft_conf(target);
  const auto found = read_file(path, kConfBytes);
  if (found && as_text(*found) == wanted) return {};
  return write_file_durably(path, as_bytes(wanted), 0600);
}

}  // namespace backstamp::meter
