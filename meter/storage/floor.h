// What a meter's device remembers of its vault, so that an old copy of the vault is noticed.
#pragma once

#include <cstdint>

#include "base/error.h"
#include "postal/money.h"

namespace backstamp::meter {

/// The newest print that may have left the meter.
struct FloorMark {
  std::uint64_t sequence = 0;  ///< of its record
  std::uint64_t counter = 0;   ///< after it
  postal::Money ascending;     ///< after it
  bool operator==(const FloorMark&) const = default;
};

/// Where the mark lies: not in the vault's folder.
class Floor {
 public:
  virtual ~Floor() = default;
  /// Fails: unavailable (the device is gone), invalid (it knows nothing of this vault).
  virtual Result<FloorMark> read() = 0;
  /// On return the mark is kept. After a failure the old one or the new one is. Fails: unavailable.
  virtual Result<void> raise(const FloorMark& mark) = 0;
};

}  // namespace backstamp::meter
