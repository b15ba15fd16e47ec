// What a signing key is, wherever its private half lies.
#pragma once

#include "postal/keys.h"

namespace backstamp::postal {

struct SigningKey::Impl {
  SignatureAlgorithm algorithm = SignatureAlgorithm::eddsa;
  Bytes public_key;
  KeyId id{};

  /// Fails (invalid) unless `spki` is a key that we use.
  Result<void> set_public_key(Bytes spki) {
    const auto of = public_key_algorithm(spki);
    if (!of) return std::unexpected(of.error());
    algorithm = *of;
    id = public_key_id(spki);
    public_key = std::move(spki);
    return {};
  }
  virtual Result<std::array<std::uint8_t, 64>> sign(ByteView message) const = 0;
  virtual Result<void> save(const std::filesystem::path& path) const = 0;
  virtual ~Impl() = default;
};

}  // namespace backstamp::postal
