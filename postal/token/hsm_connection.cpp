#include "postal/token/hsm_connection.h"

#include <openssl/crypto.h>
#include <sys/stat.h>

#include <algorithm>
#include <cstring>

#include "base/file.h"

namespace backstamp::postal {
namespace {

constexpr std::size_t kIdleSessions = 32;
constexpr std::size_t kPinBytes = 256;
constexpr CK_ULONG kSlots = 256;

std::string trimmed(const unsigned char* text, std::size_t size) {
  while (size > 0 && text[size - 1] == ' ') --size;
  return {reinterpret_cast<const char*>(text), size};
}

}  // namespace

void cleanse(std::string& secret) {
  OPENSSL_cleanse(secret.data(), secret.size());
}

Result<std::string> read_pin(const std::filesystem::path& path) {
  struct stat status {};
  if (::stat(path.c_str(), &status) == 0 && (status.st_mode & 077) != 0) {
    return fail(ErrorKind::refused, path.string() + ": a PIN that others may read; chmod 600 it");
  }
  auto content = read_file(path, kPinBytes);
  if (!content) return std::unexpected(content.error());
  std::string pin(as_text(*content));
  OPENSSL_cleanse(content->data(), content->size());
  while (!pin.empty() && (pin.back() == '\n' || pin.back() == '\r')) pin.pop_back();
  if (pin.empty()) return fail(ErrorKind::invalid, path.string() + ": has no PIN");
  return pin;
}

Result<CK_SLOT_ID> find_slot(const CK_FUNCTION_LIST& calls, const std::string& label) {
  std::vector<CK_SLOT_ID> slots(kSlots);
  CK_ULONG count = kSlots;
  if (const CK_RV answer = calls.C_GetSlotList(CK_TRUE, slots.data(), &count); answer != CKR_OK) {
    return module_failed("C_GetSlotList", answer);
  }
  for (CK_ULONG i = 0; i < count; ++i) {
    CK_TOKEN_INFO info{};
    const CK_RV answer = calls.C_GetTokenInfo(slots[i], &info);
    if (answer == CKR_OK && (info.flags & CKF_TOKEN_INITIALIZED) != 0 &&
        trimmed(info.label, sizeof info.label) == label) {
      return slots[i];
    }
  }
  return fail(ErrorKind::not_found, "HSM: no token \"" + label + "\" is there");
}

Result<std::shared_ptr<HsmConnection>> HsmConnection::open(const HsmConfig& config) {
  if (!config.softhsm_conf.empty()) mend_soft_token(config.softhsm_conf);
  auto module = HsmModule::load(config.module, config.softhsm_conf);
  if (!module) return std::unexpected(module.error());
  std::shared_ptr<HsmConnection> connection(new HsmConnection(config, *std::move(module)));
  const std::unique_lock exclusive(connection->module_->mutex());
  if (auto done = connection->log_in(); !done) return std::unexpected(done.error());
  return connection;
}

HsmConnection::~HsmConnection() {
  const std::shared_lock shared(module_->mutex());
  if (!usable()) return;
  for (const CK_SESSION_HANDLE session : idle_) module_->calls().C_CloseSession(session);
}

/// With the module's mutex held exclusively: no session of this connection is in use.
Result<void> HsmConnection::log_in() {
  const CK_FUNCTION_LIST& calls = module_->calls();
  const std::lock_guard guard(mutex_);
  idle_.clear();
  objects_.clear();
  link_ = 0;
  const auto slot = find_slot(calls, config_.token);
  if (!slot) return std::unexpected(slot.error());
  // What is left of a connection that broke goes, so that sessions do not pile up.
  if (last_link_ != 0) calls.C_CloseAllSessions(*slot);
  CK_SESSION_HANDLE session = 0;
  const CK_FLAGS flags = CKF_SERIAL_SESSION | CKF_RW_SESSION;
  CK_RV answer = calls.C_OpenSession(*slot, flags, nullptr, nullptr, &session);
  if (answer != CKR_OK) return module_failed("C_OpenSession", answer);
  auto pin = read_pin(config_.pin_file);
  if (!pin) return std::unexpected(pin.error());
  answer = calls.C_Login(session, CKU_USER, reinterpret_cast<unsigned char*>(pin->data()),
                         static_cast<CK_ULONG>(pin->size()));
  cleanse(*pin);
  if (answer == CKR_PIN_INCORRECT || answer == CKR_PIN_LOCKED || answer == CKR_PIN_EXPIRED ||
      answer == CKR_PIN_LEN_RANGE || answer == CKR_PIN_INVALID) {
    pin_refused_ = true;
    return fail(ErrorKind::refused, "HSM: the PIN of token \"" + config_.token + "\" in " +
                                        config_.pin_file.string() + ": " + describe(answer));
  }
  if (answer != CKR_OK && answer != CKR_USER_ALREADY_LOGGED_IN) {
    calls.C_CloseSession(session);
    return module_failed("C_Login", answer);
  }
  answer = list_objects(HsmSession{calls, session, 0}, objects_);
  if (answer != CKR_OK) return module_failed("reading what is in the token", answer);
  slot_ = *slot;
  epoch_ = module_->epoch();
  idle_.push_back(session);
  link_ = ++last_link_;
  return {};
}

CK_RV HsmConnection::look_again(const HsmSession& in) {
  Objects objects;
  const CK_RV answer = list_objects(in, objects);
  const std::lock_guard guard(mutex_);
  if (answer == CKR_OK && link_ == in.link) objects_ = std::move(objects);
  return answer;
}

CK_RV HsmConnection::list_objects(const HsmSession& in, Objects& objects) {
  CK_BBOOL yes = CK_TRUE;
  CK_ATTRIBUTE wanted[] = {{CKA_TOKEN, &yes, sizeof yes}};
  CK_RV answer = in.calls.C_FindObjectsInit(in.session, wanted, 1);
  if (answer != CKR_OK) return answer;
  std::vector<CK_OBJECT_HANDLE> handles;
  for (;;) {
    CK_OBJECT_HANDLE some[256];
    CK_ULONG count = 0;
    answer = in.calls.C_FindObjects(in.session, some, std::size(some), &count);
    if (answer != CKR_OK || count == 0) break;
    handles.insert(handles.end(), some, some + std::min<CK_ULONG>(count, std::size(some)));
  }
  in.calls.C_FindObjectsFinal(in.session);
  if (answer != CKR_OK) return answer;
  for (const CK_OBJECT_HANDLE handle : handles) {
    CK_OBJECT_CLASS object_class = 0;
    char label[256];
    CK_ATTRIBUTE asked[] = {{CKA_CLASS, &object_class, sizeof object_class},
                            {CKA_LABEL, label, sizeof label}};
    // One whose label is too long, or that has none, is none of ours.
    answer = in.calls.C_GetAttributeValue(in.session, handle, asked, 2);
    if (says_gone(answer)) return answer;
    if (answer != CKR_OK || asked[1].ulValueLen > sizeof label) continue;
    objects.emplace(std::pair(object_class, std::string(label, asked[1].ulValueLen)), handle);
  }
  return CKR_OK;
}

/// When another thread has connected meanwhile, that will do.
Result<void> HsmConnection::reconnect() {
  const std::unique_lock exclusive(module_->mutex());
  if (usable()) return {};
  if (pin_refused_) {
    return fail(ErrorKind::refused, "HSM: the PIN was refused and is not tried again");
  }
  if (log_in()) return {};
  if (pin_refused_) return fail(ErrorKind::refused, "HSM: the PIN was refused");
  if (auto up = module_->restart(); !up) return up;
  auto done = log_in();
  if (done || done.error().kind == ErrorKind::refused) return done;
  return fail(ErrorKind::unavailable, done.error().message);
}

Result<HsmConnection::Lease> HsmConnection::take() {
  for (int tries = 0; tries < 2; ++tries) {
    std::shared_lock shared(module_->mutex());
    if (usable()) {
      std::unique_lock lock(mutex_);
      const std::uint64_t link = link_;
      if (!idle_.empty()) {
        const CK_SESSION_HANDLE session = idle_.back();
        idle_.pop_back();
        return Lease{std::move(shared), session, link};
      }
      lock.unlock();
      CK_SESSION_HANDLE session = 0;
      const CK_RV answer = module_->calls().C_OpenSession(
          slot_, CKF_SERIAL_SESSION | CKF_RW_SESSION, nullptr, nullptr, &session);
      if (answer == CKR_OK) return Lease{std::move(shared), session, link};
      if (!says_gone(answer)) return module_failed("C_OpenSession", answer);
      link_ = 0;
    }
    shared.unlock();
    if (auto done = reconnect(); !done) return std::unexpected(done.error());
  }
  return fail(ErrorKind::unavailable, "HSM: the device comes and goes");
}

Result<void> HsmConnection::give_back(Lease lease, const char* what, CK_RV answer) {
  const std::lock_guard guard(mutex_);
  if (says_gone(answer)) {
    if (link_ == lease.link) link_ = 0;
    return module_failed(what, answer);
  }
  // After another failure an operation may still be open in the session: it is not used again.
  if (answer == CKR_OK && link_ == lease.link && idle_.size() < kIdleSessions) {
    idle_.push_back(lease.session);
  } else {
    module_->calls().C_CloseSession(lease.session);
  }
  if (answer != CKR_OK) return module_failed(what, answer);
  return {};
}

std::vector<CK_OBJECT_HANDLE> HsmConnection::find(CK_OBJECT_CLASS object_class,
                                                  const std::string& label) {
  const std::lock_guard guard(mutex_);
  const auto [from, to] = objects_.equal_range({object_class, label});
  std::vector<CK_OBJECT_HANDLE> handles;
  for (auto it = from; it != to; ++it) handles.push_back(it->second);
  return handles;
}

void HsmConnection::remember(CK_OBJECT_CLASS object_class, const std::string& label,
                             CK_OBJECT_HANDLE handle) {
  const std::lock_guard guard(mutex_);
  objects_.emplace(std::pair(object_class, label), handle);
}

void HsmConnection::forget(CK_OBJECT_CLASS object_class, const std::string& label,
                           CK_OBJECT_HANDLE handle) {
  const std::lock_guard guard(mutex_);
  const auto [from, to] = objects_.equal_range({object_class, label});
  const auto found = std::find_if(from, to, [&](const auto& one) { return one.second == handle; });
  if (found != to) objects_.erase(found);
}

}  // namespace backstamp::postal
