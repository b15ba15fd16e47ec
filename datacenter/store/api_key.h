// API keys of meters: shown once, kept only as their SHA-256.
#pragma once

#include <string>
#include <string_view>

#include "base/error.h"
#include "base/sha256.h"

namespace backstamp::datacenter {

/// A new key: "bsk_" and 64 hexadecimal digits, 256 bits of the system's random numbers.
Result<std::string> make_api_key();

/// What is kept of a key. A key has 256 random bits, so a plain digest suffices.
inline Sha256 digest_of_key(std::string_view key) {
  return sha256(as_bytes(key));
}

}  // namespace backstamp::datacenter
