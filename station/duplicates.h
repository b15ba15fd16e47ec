// Which tokens this station has seen: an exact set, rebuilt from the journal at start.
#pragma once

#include <cstddef>
#include <unordered_set>

#include "postal/token.h"

namespace backstamp::station {

/// Thread-bound. A token is its (issuer, meter, counter), never its bytes.
class DuplicateIndex {
 public:
  /// Notes a token; true when it was not there before.
  bool insert(const postal::TokenIdentity& token) { return seen_.insert(token).second; }
  bool contains(const postal::TokenIdentity& token) const { return seen_.contains(token); }
  std::size_t size() const { return seen_.size(); }

 private:
  struct Hash {
    std::size_t operator()(const postal::TokenIdentity& token) const {
      const std::uint64_t meter = static_cast<std::uint64_t>(token.issuer) << 32 | token.meter;
      std::uint64_t mixed = meter * 0x9E3779B97F4A7C15ull ^ token.counter;
      mixed = (mixed ^ mixed >> 30) * 0xBF58476D1CE4E5B9ull;
      return static_cast<std::size_t>(mixed ^ mixed >> 31);
    }
  };
  std::unordered_set<postal::TokenIdentity, Hash> seen_;
};

}  // namespace backstamp::station
