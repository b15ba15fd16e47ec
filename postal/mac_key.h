// A key for HMAC-SHA256 (FIPS 198-1), in memory or in an HSM that it never leaves.
#pragma once

#include <memory>
#include <span>

#include "base/bytes.h"
#include "base/sha256.h"

namespace backstamp::postal {

/// Movable; thread-safe.
class MacKey {
 public:
  /// A key in memory.
  static MacKey from_bytes(std::span<const std::uint8_t, 32> secret);

  /// HMAC-SHA256 of `message`. Fails: unavailable (the HSM is gone), internal.
  Result<Sha256> mac(ByteView message) const;

  MacKey(MacKey&&) noexcept;
  MacKey& operator=(MacKey&&) noexcept;
  ~MacKey();

  struct Impl;

 private:
  friend class Hsm;
  explicit MacKey(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

/// Are they equal? In a time that does not tell where they differ.
bool equal_macs(ByteView one, ByteView other);

}  // namespace backstamp::postal
