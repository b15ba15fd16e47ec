#include "postal/token/low_s.h"

#include <algorithm>

#include "postal/token/public_key.h"

namespace backstamp::postal {

void make_low_s(std::array<std::uint8_t, 64>& signature) {
  if (!std::lexicographical_compare(kP256HalfOrder.begin(), kP256HalfOrder.end(),
                                    signature.begin() + 32, signature.end())) {
    return;
  }
  int borrow = 0;
  for (std::size_t i = 32; i-- > 0;) {
    const int difference = kP256Order[i] - signature[32 + i] - borrow;
    borrow = difference < 0 ? 1 : 0;
    signature[32 + i] = static_cast<std::uint8_t>(difference + 256 * borrow);
  }
}

}  // namespace backstamp::postal
