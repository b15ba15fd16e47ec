// New tokens.
#include <openssl/crypto.h>
#include <openssl/rand.h>

#include <algorithm>
#include <array>
#include <mutex>

#include "base/file.h"
#include "postal/hsm.h"
#include "postal/token/hsm_connection.h"

namespace backstamp::postal {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kTokenLabel = 32;
// Where Debian, Fedora and the source put it.
constexpr const char* kSoftHsmModules[] = {
    "/usr/lib/softhsm/libsofthsm2.so",
    "/usr/lib/x86_64-linux-gnu/softhsm/libsofthsm2.so",
    "/usr/lib/aarch64-linux-gnu/softhsm/libsofthsm2.so",
    "/usr/lib64/pkcs11/libsofthsm2.so",
    "/usr/local/lib/softhsm/libsofthsm2.so",
};

unsigned char* octets(std::string_view text) {
  // The header takes what is only read as non-const.
  return reinterpret_cast<unsigned char*>(const_cast<char*>(text.data()));
}

Result<CK_SLOT_ID> free_slot(const CK_FUNCTION_LIST& calls) {
  std::vector<CK_SLOT_ID> slots(256);
  auto count = static_cast<CK_ULONG>(slots.size());
  if (const CK_RV answer = calls.C_GetSlotList(CK_TRUE, slots.data(), &count); answer != CKR_OK) {
    return module_failed("C_GetSlotList", answer);
  }
  for (CK_ULONG i = 0; i < count; ++i) {
    CK_TOKEN_INFO info{};
    if (calls.C_GetTokenInfo(slots[i], &info) == CKR_OK &&
        (info.flags & CKF_TOKEN_INITIALIZED) == 0) {
      return slots[i];
    }
  }
  return fail(ErrorKind::not_found, "HSM: no slot with a token to be initialised");
}

Result<void> set_user_pin(const CK_FUNCTION_LIST& calls, CK_SLOT_ID slot,
                          std::string_view officer_pin, std::string_view pin) {
  CK_SESSION_HANDLE session = 0;
  const CK_FLAGS flags = CKF_SERIAL_SESSION | CKF_RW_SESSION;
  CK_RV answer = calls.C_OpenSession(slot, flags, nullptr, nullptr, &session);
  if (answer != CKR_OK) return module_failed("C_OpenSession", answer);
  answer = calls.C_Login(session, CKU_SO, octets(officer_pin), officer_pin.size());
  if (answer == CKR_OK) {
    answer = calls.C_InitPIN(session, octets(pin), pin.size());
    calls.C_Logout(session);
  }
  calls.C_CloseSession(session);
  if (answer != CKR_OK) return module_failed("setting the PIN", answer);
  return {};
}

Result<void> make_folder(const fs::path& folder) {
  std::error_code error;
  fs::create_directories(folder, error);
  if (!error) fs::permissions(folder, fs::perms::owner_all, error);
  if (error) return fail(ErrorKind::io, folder.string() + ": " + error.message());
  return {};
}

Result<std::string> random_pin() {
  std::array<std::uint8_t, 16> random{};
  if (RAND_bytes(random.data(), static_cast<int>(random.size())) != 1) {
    return fail(ErrorKind::internal, "OpenSSL: no random bytes");
  }
  return to_hex(random);
}

constexpr const char* kTokenFile = "token.object";
constexpr const char* kSavedTokenFile = "saved-token.object";
constexpr std::uint64_t kTokenFileBytes = 1u << 20;

/// The files of the tokens in a folder that make_soft_token() made.
std::vector<fs::path> token_files(const fs::path& folder) {
  std::vector<fs::path> files;
  std::error_code error;
  for (fs::directory_iterator it(folder / "tokens", error), end; !error && it != end;
       it.increment(error)) {
    if (fs::exists(it->path() / kTokenFile, error)) files.push_back(it->path() / kTokenFile);
  }
  return files;
}

Result<void> save_token_file(const fs::path& folder) {
  const auto files = token_files(folder);
  if (files.size() != 1) return fail(ErrorKind::internal, "SoftHSM made no token");
  const auto content = read_file(files.front(), kTokenFileBytes);
  if (!content) return std::unexpected(content.error());
  return write_file_durably(folder / kSavedTokenFile, *content, 0600);
}

}  // namespace

void mend_soft_token(const fs::path& softhsm_conf) {
  const fs::path folder = softhsm_conf.parent_path();
  const auto saved = read_file(folder / kSavedTokenFile, kTokenFileBytes);
  const auto files = token_files(folder);
  std::error_code error;
  if (!saved || files.size() != 1 || fs::file_size(files.front(), error) >= saved->size()) return;
  (void)write_file_durably(files.front(), *saved, 0600);  // opening the token says what is wrong
}

Result<void> Hsm::init_token(const HsmConfig& config, std::string_view officer_pin) {
  if (config.token.empty() || config.token.size() > kTokenLabel) {
    return fail(ErrorKind::invalid, "HSM: the label of a token has 1 to 32 characters");
  }
  auto module = HsmModule::load(config.module, config.softhsm_conf);
  if (!module) return std::unexpected(module.error());
  const std::unique_lock exclusive((*module)->mutex());
  const CK_FUNCTION_LIST& calls = (*module)->calls();
  if (find_slot(calls, config.token)) {
    return fail(ErrorKind::refused, "HSM: a token \"" + config.token + "\" is there already");
  }
  auto pin = read_pin(config.pin_file);
  if (!pin) return std::unexpected(pin.error());
  const auto slot = free_slot(calls);
  if (!slot) return std::unexpected(slot.error());
  std::array<unsigned char, kTokenLabel> label{};
  label.fill(' ');
  std::copy(config.token.begin(), config.token.end(), label.begin());
  const CK_RV answer =
      calls.C_InitToken(*slot, octets(officer_pin), officer_pin.size(), label.data());
  if (answer != CKR_OK) return module_failed("C_InitToken", answer);
  // Some modules give the token another slot from now on.
  const auto new_slot = find_slot(calls, config.token);
  if (!new_slot) return std::unexpected(new_slot.error());
  auto done = set_user_pin(calls, *new_slot, officer_pin, *pin);
  cleanse(*pin);
  return done;
}

Result<HsmConfig> make_soft_token(const fs::path& folder, const std::string& label) {
  std::error_code error;
  const fs::path target = fs::absolute(folder, error).lexically_normal();
  if (fs::exists(target, error) && !fs::is_empty(target, error)) {
    return fail(ErrorKind::refused, folder.string() + ": is there already and not empty");
  }
  const auto module = std::find_if(std::begin(kSoftHsmModules), std::end(kSoftHsmModules),
                                   [&](const char* path) { return fs::exists(path, error); });
  if (module == std::end(kSoftHsmModules)) {
    return fail(ErrorKind::not_found, "no SoftHSM on this machine: install softhsm2");
  }
  const HsmConfig config{*module, label, target / "pin", target / "softhsm2.conf"};
  for (const fs::path& made : {target, target / "tokens"}) {
    if (auto ok = make_folder(made); !ok) return std::unexpected(ok.error());
  }
  const std::string conf = "directories.tokendir = " + (target / "tokens").string() +
                           "\nobjectstore.backend = file\nlog.level = ERROR\n";
  auto pin = random_pin();
  auto officer_pin = random_pin();
  if (!pin || !officer_pin) return fail(ErrorKind::internal, "OpenSSL: no random bytes");
  auto done = write_file_durably(config.softhsm_conf, as_bytes(conf), 0600);
  if (done) done = write_file_durably(config.pin_file, as_bytes(*pin), 0600);
  if (done) done = write_file_durably(target / "officer-pin", as_bytes(*officer_pin), 0600);
  if (done) done = Hsm::init_token(config, *officer_pin);
  if (done) done = save_token_file(target);
  cleanse(*pin);
  cleanse(*officer_pin);
  if (!done) return std::unexpected(done.error());
  return config;
}

}  // namespace backstamp::postal
