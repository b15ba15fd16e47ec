#include "station/seen/table.h"

#include <algorithm>

namespace backstamp::station::seen {

// Three slots for two tokens: about two looks to find one, three to miss it.
Table::Table(std::size_t entries, std::uint64_t seed, UtcTime base)
    : slots_(entries + entries / 2 + 1), limit_(entries), seed_(seed), base_(base), newest_(base) {}

std::size_t Table::slot_of(const postal::TokenIdentity& token) const {
  const auto count = static_cast<std::uint32_t>(slots_.size());
  std::size_t slot = place_of(hash_of(token, seed_), count);
  while (slots_[slot].state != 0 && !slots_[slot].is(token)) {
    slot = slot + 1 < slots_.size() ? slot + 1 : 0;
  }
  return slot;
}

std::optional<SeenToken> Table::find(const postal::TokenIdentity& token) const {
  const Entry& entry = slots_[slot_of(token)];
  if (entry.state == 0) return std::nullopt;
  return unpack(entry, base_);
}

bool Table::put(const postal::TokenIdentity& token, const SeenToken& seen) {
  if (!fits(seen.at, base_)) return false;
  Entry& entry = slots_[slot_of(token)];
  if (entry.state == 0) {
    if (size_ == limit_) return false;
    ++size_;
  }
  entry = pack(token, seen, base_);
  newest_ = std::max(newest_, seen.at);
  return true;
}

}  // namespace backstamp::station::seen
