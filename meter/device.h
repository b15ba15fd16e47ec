// The secure storage device of a meter: a PKCS#11 token that holds its key, which never leaves it,
// and the mark that its vault must not fall behind.
#pragma once

#include <filesystem>
#include <memory>

#include "meter/piece.h"
#include "meter/storage/floor.h"
#include "postal/hsm.h"

namespace backstamp::meter {

/// Where a device is and by which name it has a meter's things: device.yaml in the vault's folder.
struct DeviceAddress {
  postal::HsmConfig token;
  std::string name;  ///< "backstamp meter 1-7"
};
bool has_device(const std::filesystem::path& folder);
Result<DeviceAddress> load_device(const std::filesystem::path& folder);
Result<void> save_device(const std::filesystem::path& folder, const DeviceAddress& address);

/// The key and the mark of one meter in its device.
struct Device {
  postal::SigningKey key;
  std::shared_ptr<Floor> floor;

  /// Makes both, or none. Fails: refused (they are there already), and as postal::Hsm does.
  static Result<Device> make(const DeviceAddress& address, postal::SignatureAlgorithm algorithm);
  /// Fails: not_found (no such key in it), unavailable (the device is gone), refused (PIN).
  static Result<Device> open(const DeviceAddress& address);
  /// Takes back what make() made, as far as that is possible.
  static void forget(const DeviceAddress& address);
};

/// Makes a token of SoftHSM in the vault's folder, for development: its mark goes back with a copy
/// of the folder. At most one of them can be open in a process.
Result<postal::HsmConfig> make_soft_device(const std::filesystem::path& folder);
/// Tells a soft token in `folder`, when there is one, that it lies (or will lie) in `target`.
Result<void> settle_soft_device(const std::filesystem::path& folder,
                                const std::filesystem::path& target);

}  // namespace backstamp::meter
