// The folder of a box: meterbox.yaml says where its HSM is; the rest are its sealed files.
#pragma once

#include <filesystem>

#include "datacenter/meterbox/keyring.h"

namespace backstamp::datacenter::meterbox {

/// meterbox.yaml, and back. Fails: not_found, invalid.
Result<void> write_box_config(const std::filesystem::path& folder, const postal::HsmConfig& hsm);
Result<postal::HsmConfig> read_box_config(const std::filesystem::path& folder);

/// The keyring of the HSM that the folder names.
Result<std::unique_ptr<Keyring>> open_keyring(const std::filesystem::path& folder);

/// Is it missing, or an empty folder? Fails (refused) otherwise.
Result<void> must_be_new(const std::filesystem::path& folder);

}  // namespace backstamp::datacenter::meterbox
