#include "datacenter/meterbox/folder.h"

#include "base/file.h"
#include "base/yaml.h"

namespace backstamp::datacenter::meterbox {
namespace {

namespace fs = std::filesystem;

std::string quoted(const std::string& text) {
  std::string out = "'";
  for (const char c : text) {
    if (c == '\'') out += '\'';
    out += c;
  }
  return out + "'";
}

}  // namespace

Result<void> write_box_config(const fs::path& folder, const postal::HsmConfig& hsm) {
  std::string text =
      "# Where the keys of this meter box are. Relative paths are taken from this folder.\n"
      "hsm:\n  module: " +
      quoted(hsm.module.string()) + "\n  token: " + quoted(hsm.token) +
      "\n  pin_file: " + quoted(fs::absolute(hsm.pin_file).string()) + "\n";
  if (!hsm.softhsm_conf.empty()) {
    text += "  softhsm_conf: " + quoted(fs::absolute(hsm.softhsm_conf).string()) + "\n";
  }
  return write_file_durably(folder / "meterbox.yaml", as_bytes(text), 0600);
}

Result<postal::HsmConfig> read_box_config(const fs::path& folder) {
  auto document = yaml::Document::load(folder / "meterbox.yaml");
  if (!document) return std::unexpected(document.error());
  auto root = document->root();
  auto section = root.section("hsm");
  postal::HsmConfig hsm;
  hsm.module = section.path("module");
  hsm.token = section.text("token", 32);
  hsm.pin_file = section.path("pin_file");
  hsm.softhsm_conf = section.path_if("softhsm_conf").value_or("");
  if (auto done = document->finish(); !done) return std::unexpected(done.error());
  return hsm;
}

Result<std::unique_ptr<Keyring>> open_keyring(const fs::path& folder) {
  const auto config = read_box_config(folder);
  if (!config) return std::unexpected(config.error());
  auto hsm = postal::Hsm::open(*config);
  if (!hsm) return std::unexpected(hsm.error());
  auto keyring = HsmKeyring::open(*std::move(hsm));
  if (!keyring) return std::unexpected(keyring.error());
  return std::unique_ptr<Keyring>(*std::move(keyring));
}

Result<void> must_be_new(const fs::path& folder) {
  std::error_code error;
  if (fs::exists(folder, error) && !fs::is_empty(folder, error)) {
    return fail(ErrorKind::refused, folder.string() + ": is there already and not empty");
  }
  return {};
}

}  // namespace backstamp::datacenter::meterbox
