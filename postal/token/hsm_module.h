// A PKCS#11 library, loaded once in the process whoever asks for it.
#pragma once

#include <p11-kit/pkcs11.h>

#include <chrono>
#include <filesystem>
#include <memory>
#include <shared_mutex>
#include <string>

#include "base/error.h"

namespace backstamp::postal {

/// What a module answered, in words: "CKR_DEVICE_REMOVED (0x32)".
std::string describe(CK_RV answer);
/// Does the answer mean that the connection is worth nothing any more?
bool says_gone(CK_RV answer);
/// The Error of an answer that is not CKR_OK: unavailable when it says_gone.
std::unexpected<Error> module_failed(const char* what, CK_RV answer);

/// Calls hold `mutex()` shared; bringing the library up anew holds it exclusively.
class HsmModule {
 public:
  /// Loads and initialises. `softhsm_conf`, unless empty, becomes SOFTHSM2_CONF first.
  /// Fails: not_found, invalid (no PKCS#11 library), unavailable.
  static Result<std::shared_ptr<HsmModule>> load(const std::filesystem::path& path,
                                                 const std::filesystem::path& softhsm_conf);
  ~HsmModule();
  HsmModule(const HsmModule&) = delete;
  HsmModule& operator=(const HsmModule&) = delete;

  const CK_FUNCTION_LIST& calls() const { return *calls_; }
  std::shared_mutex& mutex() { return mutex_; }
  /// Grows whenever all handles have become void. Read it with `mutex()` held.
  std::uint64_t epoch() const { return epoch_; }
  /// Finalises and initialises, at most every half second; `mutex()` is held exclusively.
  Result<void> restart();

 private:
  HsmModule() = default;
  Result<void> initialize();

  CK_FUNCTION_LIST* calls_ = nullptr;
  std::shared_mutex mutex_;
  std::uint64_t epoch_ = 1;
  bool initialized_ = false;
  std::chrono::steady_clock::time_point restarted_{};
};

}  // namespace backstamp::postal
