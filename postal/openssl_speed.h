// How fast the linked OpenSSL verifies by itself: what our verification is measured against.
#pragma once

#include <cstddef>
#include <memory>

#include "base/error.h"
#include "postal/token.h"

namespace backstamp::postal {

/// One key, one signature over 20 bytes, verified again and again with a context that is made ready
/// once: what `openssl speed ecdsap256` and `openssl speed ed25519` do. One thread.
class OpensslVerifyLoop {
 public:
  static Result<OpensslVerifyLoop> make(SignatureAlgorithm algorithm);
  /// Verifies so many times; false when one of them failed.
  bool run(std::size_t times);

  OpensslVerifyLoop(OpensslVerifyLoop&&) noexcept;
  ~OpensslVerifyLoop();

 private:
  struct Impl;
  explicit OpensslVerifyLoop(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace backstamp::postal
