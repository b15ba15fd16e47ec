// Keys come in parts, because a bundle is larger than a message may be.
#pragma once

#include <optional>

#include "uplink/envelope.h"

namespace backstamp::uplink::link {

/// Puts parts together. What does not follow what came before is forgotten, so that no more is kept
/// than one bundle, and no more room is taken than bytes have come.
class KeysInParts {
 public:
  /// The whole, when this part was its last.
  std::optional<Bytes> add(KeysMessage message) {
    if (message.offset == 0) {
      sequence_ = message.sequence;
      total_ = message.total;
      bytes_.clear();
    }
    const bool follows =
        message.sequence == sequence_ && message.total == total_ && message.offset == bytes_.size();
    if (!follows) {
      forget();
      return std::nullopt;
    }
    bytes_.insert(bytes_.end(), message.part.begin(), message.part.end());
    if (bytes_.size() < total_) return std::nullopt;
    Bytes whole = std::move(bytes_);
    forget();
    return whole;
  }
  void forget() {
    sequence_ = total_ = 0;
    bytes_ = {};
  }

 private:
  std::uint64_t sequence_ = 0;
  std::uint64_t total_ = 0;
  Bytes bytes_;
};

}  // namespace backstamp::uplink::link
