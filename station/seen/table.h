// The part of the index that still grows: open addressing, linear probing, never resized.
#pragma once

#include <cstdint>
#include <optional>

#include "station/seen/entry.h"
#include "station/seen/pages.h"

namespace backstamp::station::seen {

/// What a part covers of the journal, without holes.
struct Coverage {
  std::uint64_t epoch = 0;
  std::uint64_t first = 0;
  std::uint64_t last = 0;
  bool holds(std::uint64_t of_epoch, std::uint64_t sequence) const {
    return of_epoch == epoch && sequence >= first && sequence <= last;
  }
};

class Table {
 public:
  /// For at most `entries` tokens; `base` is about when they are read.
  Table(std::size_t entries, std::uint64_t seed, UtcTime base);

  std::optional<SeenToken> find(const postal::TokenIdentity& token) const;
  /// Sets what is kept of a token. False when the table is full or the time does not fit.
  bool put(const postal::TokenIdentity& token, const SeenToken& seen);

  std::size_t size() const { return size_; }
  UtcTime base() const { return base_; }
  std::uint64_t seed() const { return seed_; }
  UtcTime newest() const { return newest_; }
  std::span<const Entry> slots() const { return slots_.span(); }
  Coverage coverage;

 private:
  std::size_t slot_of(const postal::TokenIdentity& token) const;

  Pages<Entry> slots_;
  std::size_t limit_;
  std::size_t size_ = 0;
  std::uint64_t seed_;
  UtcTime base_;
  UtcTime newest_;
};

}  // namespace backstamp::station::seen
