// A full part of the index, packed: entries by the beginning of their hash, nothing between them.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>

#include "base/bytes.h"
#include "base/error.h"
#include "station/seen/table.h"

namespace backstamp::station::seen {

/// Immutable. The file is only its memory across restarts: what is looked up lies in the process,
/// so that a disk that fails later cannot make an answer wrong.
class Part {
 public:
  /// Packs a table.
  static std::shared_ptr<const Part> pack(const Table& table, std::uint64_t number);
  /// Fails: io, invalid (damaged in any byte, or another version).
  static Result<std::shared_ptr<const Part>> load(const std::filesystem::path& path);
  /// Writes durably under its number.
  Result<void> save(const std::filesystem::path& directory) const;
  static std::string file_name(std::uint64_t number);

  // Looking up in many parts at once: first where, for all of them, then what is there.
  std::uint32_t bucket_of(const postal::TokenIdentity& token) const {
    return place_of(hash_of(token, seed_), static_cast<std::uint32_t>(starts_.size() - 1));
  }
  void fetch_start(std::uint32_t bucket) const { __builtin_prefetch(&starts_[bucket]); }
  void fetch_entries(std::uint32_t bucket) const {
    const auto* at = reinterpret_cast<const char*>(entries_.span().data() + starts_[bucket]);
    for (int line = 0; line < 3; ++line) __builtin_prefetch(at + 64 * line);
  }
  const Entry* find_in(std::uint32_t bucket, const postal::TokenIdentity& token) const {
    for (std::uint32_t at = starts_[bucket]; at < starts_[bucket + 1]; ++at) {
      if (entries_[at].is(token)) return &entries_[at];
    }
    return nullptr;
  }
  const Entry* find(const postal::TokenIdentity& token) const {
    return find_in(bucket_of(token), token);
  }

  std::size_t size() const { return entries_.size(); }
  std::uint64_t number() const { return number_; }
  UtcTime base() const { return base_; }
  UtcTime newest() const { return newest_; }
  const Coverage& coverage() const { return coverage_; }
  std::chrono::sys_days day() const { return std::chrono::floor<std::chrono::days>(newest_); }

 private:
  Part() = default;
  Bytes header() const;

  Pages<std::uint32_t> starts_;  ///< where each bucket begins, and the end
  Pages<Entry> entries_;
  std::uint64_t number_ = 0;
  std::uint64_t seed_ = 0;
  UtcTime base_{};
  UtcTime newest_{};
  Coverage coverage_;
};

}  // namespace backstamp::station::seen
