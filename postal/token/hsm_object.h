// A key in a token, by its label: found again whenever the connection is another one.
#pragma once

#include <mutex>
#include <string>

#include "postal/token/hsm_connection.h"

namespace backstamp::postal {

/// Thread-safe.
class HsmObject {
 public:
  HsmObject(std::shared_ptr<HsmConnection> connection, CK_OBJECT_CLASS object_class,
            std::string label)
      : connection_(std::move(connection)), class_(object_class), label_(std::move(label)) {}

  /// `input` signed by `mechanism`; `size` bytes are wanted into `out`.
  /// Fails: unavailable, not_found (the key is there no more), internal.
  Result<void> sign(CK_MECHANISM_TYPE mechanism, ByteView input, std::uint8_t* out,
                    std::size_t size) const {
    bool missing = false;
    auto done = connection_->run("C_Sign", [&](const HsmSession& in) -> CK_RV {
      const CK_OBJECT_HANDLE handle = handle_in(in);
      missing = handle == CK_INVALID_HANDLE;
      if (missing) return CKR_OK;
      CK_MECHANISM how{mechanism, nullptr, 0};
      CK_RV answer = in.calls.C_SignInit(in.session, &how, handle);
      if (answer != CKR_OK) return answer;
      CK_ULONG made = static_cast<CK_ULONG>(size);
      // The header takes what is only read as non-const.
      answer = in.calls.C_Sign(in.session, const_cast<std::uint8_t*>(input.data()),
                               static_cast<CK_ULONG>(input.size()), out, &made);
      return answer == CKR_OK && made != size ? CKR_FUNCTION_FAILED : answer;
    });
    if (done && missing) {
      return fail(ErrorKind::not_found, "HSM: no key \"" + label_ + "\" in the token");
    }
    return done;
  }

 private:
  CK_OBJECT_HANDLE handle_in(const HsmSession& in) const {
    const std::lock_guard guard(mutex_);
    if (link_ != in.link) {
      const auto found = connection_->find(class_, label_);
      handle_ = found.empty() ? CK_INVALID_HANDLE : found.front();
      link_ = in.link;
    }
    return handle_;
  }

  std::shared_ptr<HsmConnection> connection_;
  CK_OBJECT_CLASS class_;
  std::string label_;
  mutable std::mutex mutex_;
  mutable std::uint64_t link_ = 0;
  mutable CK_OBJECT_HANDLE handle_ = CK_INVALID_HANDLE;
};

}  // namespace backstamp::postal
