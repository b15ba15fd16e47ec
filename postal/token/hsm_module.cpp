#include "postal/token/hsm_module.h"

#include <dlfcn.h>
#include <stdlib.h>

#include <cstdio>
#include <map>
#include <mutex>

namespace backstamp::postal {
namespace {

constexpr std::chrono::milliseconds kBetweenRestarts{500};

struct Name {
  CK_RV answer;
  const char* name;
};
constexpr Name kNames[] = {
    {CKR_GENERAL_ERROR, "CKR_GENERAL_ERROR"},
    {CKR_FUNCTION_FAILED, "CKR_FUNCTION_FAILED"},
    {CKR_ATTRIBUTE_VALUE_INVALID, "CKR_ATTRIBUTE_VALUE_INVALID"},
    {CKR_DEVICE_ERROR, "CKR_DEVICE_ERROR"},
    {CKR_DEVICE_MEMORY, "CKR_DEVICE_MEMORY"},
    {CKR_DEVICE_REMOVED, "CKR_DEVICE_REMOVED"},
    {CKR_KEY_HANDLE_INVALID, "CKR_KEY_HANDLE_INVALID"},
    {CKR_MECHANISM_INVALID, "CKR_MECHANISM_INVALID"},
    {CKR_OBJECT_HANDLE_INVALID, "CKR_OBJECT_HANDLE_INVALID"},
    {CKR_PIN_INCORRECT, "CKR_PIN_INCORRECT"},
    {CKR_PIN_LOCKED, "CKR_PIN_LOCKED"},
    {CKR_SESSION_CLOSED, "CKR_SESSION_CLOSED"},
    {CKR_SESSION_COUNT, "CKR_SESSION_COUNT"},
    {CKR_SESSION_HANDLE_INVALID, "CKR_SESSION_HANDLE_INVALID"},
    {CKR_SLOT_ID_INVALID, "CKR_SLOT_ID_INVALID"},
    {CKR_TOKEN_NOT_PRESENT, "CKR_TOKEN_NOT_PRESENT"},
    {CKR_USER_NOT_LOGGED_IN, "CKR_USER_NOT_LOGGED_IN"},
    {CKR_CRYPTOKI_NOT_INITIALIZED, "CKR_CRYPTOKI_NOT_INITIALIZED"},
};

}  // namespace

std::string describe(CK_RV answer) {
  char number[32];
  std::snprintf(number, sizeof number, "0x%lX", static_cast<unsigned long>(answer));
  for (const Name& name : kNames) {
    if (name.answer == answer) return std::string(name.name) + " (" + number + ")";
  }
  return std::string("PKCS#11 answer ") + number;
}

bool says_gone(CK_RV answer) {
  switch (answer) {
    case CKR_DEVICE_REMOVED:
    case CKR_DEVICE_ERROR:
    case CKR_DEVICE_MEMORY:
    case CKR_TOKEN_NOT_PRESENT:
    case CKR_TOKEN_NOT_RECOGNIZED:
    case CKR_SLOT_ID_INVALID:
    case CKR_SESSION_HANDLE_INVALID:
    case CKR_SESSION_CLOSED:
    case CKR_SESSION_COUNT:
    case CKR_CRYPTOKI_NOT_INITIALIZED:
    case CKR_USER_NOT_LOGGED_IN:
    case CKR_GENERAL_ERROR:
    case CKR_FUNCTION_FAILED:
    case CKR_KEY_HANDLE_INVALID:  // handles of a connection that was
    case CKR_OBJECT_HANDLE_INVALID:
      return true;
    default:
      return false;
  }
}

std::unexpected<Error> module_failed(const char* what, CK_RV answer) {
  return fail(says_gone(answer) ? ErrorKind::unavailable : ErrorKind::internal,
              std::string("HSM: ") + what + ": " + describe(answer));
}

Result<std::shared_ptr<HsmModule>> HsmModule::load(const std::filesystem::path& path,
                                                   const std::filesystem::path& softhsm_conf) {
  static std::mutex mutex;
  static std::map<std::string, std::weak_ptr<HsmModule>> loaded;
  const std::lock_guard guard(mutex);
  auto& place = loaded[path.string()];
  if (auto module = place.lock()) return module;
  std::error_code ignored;
  if (!std::filesystem::exists(path, ignored)) {
    return fail(ErrorKind::not_found, "HSM: no module " + path.string());
  }
  if (!softhsm_conf.empty()) ::setenv("SOFTHSM2_CONF", softhsm_conf.c_str(), 1);
  // Never unloaded: libraries that were do not always survive a second life.
  void* library = ::dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL);
  void* entry = library == nullptr ? nullptr : ::dlsym(library, "C_GetFunctionList");
  if (entry == nullptr) {
    const char* why = ::dlerror();
    return fail(ErrorKind::invalid, "HSM: " + path.string() + " is no PKCS#11 module: " +
                                        (why == nullptr ? "it has no entry" : why));
  }
  std::shared_ptr<HsmModule> module(new HsmModule);
  const auto get_calls = reinterpret_cast<CK_C_GetFunctionList>(entry);
  if (const CK_RV answer = get_calls(&module->calls_); answer != CKR_OK) {
    return module_failed("C_GetFunctionList", answer);
  }
  if (auto ready = module->initialize(); !ready) return std::unexpected(ready.error());
  place = module;
  return module;
}

Result<void> HsmModule::initialize() {
  CK_C_INITIALIZE_ARGS arguments{};
  arguments.flags = CKF_OS_LOCKING_OK;
  const CK_RV answer = calls_->C_Initialize(&arguments);
  if (answer != CKR_OK && answer != CKR_CRYPTOKI_ALREADY_INITIALIZED) {
    return module_failed("C_Initialize", answer);
  }
  initialized_ = true;
  return {};
}

Result<void> HsmModule::restart() {
  const auto now = std::chrono::steady_clock::now();
  if (now - restarted_ < kBetweenRestarts) {
    return fail(ErrorKind::unavailable, "HSM: the device is gone");
  }
  restarted_ = now;
  ++epoch_;
  if (initialized_) calls_->C_Finalize(nullptr);
  initialized_ = false;
  return initialize();
}

HsmModule::~HsmModule() {
  if (initialized_) calls_->C_Finalize(nullptr);
}

}  // namespace backstamp::postal
