// A full part of the index, packed: entries by the beginning of their hash, nothing between them.
#pragma once

#include <array>
#include <cstdint>
#include <filesystem>
#include <memory>

#include "base/bytes.h"
#include "base/error.h"
#include "station/seen/table.h"

namespace backstamp::station::seen {

/// Where the entries of one place lie, and eight bits of each one's hash: most tokens that are not
/// there are told so by this line alone.
struct Bucket {
  static constexpr unsigned kTags = 11;
  std::uint32_t start = 0;
  std::uint8_t count = 0;  ///< 255: as many as there are up to the next bucket's start
  std::array<std::uint8_t, kTags> tags{};
};
static_assert(sizeof(Bucket) == 16);

/// Immutable. The file is only its memory across restarts: what is looked up lies in the process,
/// so that a disk that fails later cannot make an answer wrong.
class Part {
 public:
  /// Packs a table.
  static std::shared_ptr<const Part> pack(const Table& table, std::uint64_t number);
  /// Fails: io, invalid (damaged in any byte, or another version).
  static Result<std::shared_ptr<const Part>> load(const std::filesystem::path& path);
  /// The same of a file's bytes; `name` stands for it in messages.
  static Result<std::shared_ptr<const Part>> parse(ByteView bytes, const std::string& name);
  /// Writes durably under its number.
  Result<void> save(const std::filesystem::path& directory) const;
  static std::string file_name(std::uint64_t number);

  // Looking up in many parts at once: first where, for all of them, then what is there.
  struct Place {
    std::uint32_t bucket = 0;
    std::uint8_t tag = 0;
  };
  Place place(const postal::TokenIdentity& token) const {
    const std::uint64_t hash = hash_of(token, seed_);
    return {place_of(hash, static_cast<std::uint32_t>(buckets_.size() - 1)),
            static_cast<std::uint8_t>(hash)};
  }
  void fetch(Place at) const { __builtin_prefetch(&buckets_[at.bucket]); }
  const Entry* find_at(Place at, const postal::TokenIdentity& token) const;
  const Entry* find(const postal::TokenIdentity& token) const {
    return find_at(place(token), token);
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

  std::uint32_t count_in(std::uint32_t bucket) const;
  void fill(const Table& table);

  Pages<Bucket> buckets_;  ///< and one more, which begins at the end
  Pages<Entry> entries_;
  std::uint64_t number_ = 0;
  std::uint64_t seed_ = 0;
  UtcTime base_{};
  UtcTime newest_{};
  Coverage coverage_;
};

}  // namespace backstamp::station::seen
