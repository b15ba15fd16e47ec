#include "base/sha256.h"

#include <openssl/evp.h>

#include "base/assert.h"

namespace backstamp {

Sha256 sha256(ByteView bytes) {
  // Fetched once: looking the algorithm up costs more than hashing a short record.
  static const EVP_MD* const algorithm = EVP_MD_fetch(nullptr, "SHA256", nullptr);
  BACKSTAMP_ASSERT(algorithm != nullptr);
  Sha256 digest{};
  unsigned length = 0;
  const int done =
      EVP_Digest(bytes.data(), bytes.size(), digest.data(), &length, algorithm, nullptr);
  BACKSTAMP_ASSERT(done == 1 && length == digest.size());
  return digest;
}

}  // namespace backstamp
