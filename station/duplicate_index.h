// Which tokens this station has read: exact, for 45 days of mail, across crashes.
// docs/formats/duplicate-index.md describes the files and what they cost.
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "base/clock.h"
#include "base/error.h"
#include "postal/event.h"
#include "postal/token.h"

namespace backstamp::station {

/// What is kept of a token: its last reading, and what holds of all of them.
struct SeenToken {
  UtcTime at{};              ///< of the last reading, to 10 ms
  bool rejected = false;     ///< the last time it went to people (postal::TokenReading)
  bool inducted = false;     ///< it was read at an induction
  std::uint8_t face = 0;     ///< postal::face_marks of all readings
  std::uint32_t claims = 0;  ///< of postal::claims_mark what kClaimsBits hold; 0: not known
};
inline constexpr unsigned kClaimsBits = 21;
/// What is kept of a claims_mark, to compare with SeenToken::claims.
std::uint32_t kept_claims(std::uint32_t mark);

struct DuplicateIndexOptions {
  /// Where full days are kept across restarts; empty: nowhere.
  std::filesystem::path directory;
  /// Days with mail that are kept at least; not days of the calendar, so that a clock that jumps a
  /// year ahead makes nothing forgotten.
  unsigned days = 45;
  std::size_t day_entries = 1'000'000;      ///< a day with more takes several parts
  std::uint64_t most_entries = 96'000'000;  ///< beyond, the oldest part goes first
  /// The journal's highest sequence on stable storage: no file says more than the journal holds.
  std::function<std::uint64_t()> committed;
  std::function<void(const std::string&)> log;
};

/// A token is its (issuer, meter, counter), never its bytes. One thread notes and finds; a thread
/// inside packs and writes full parts, so that neither a new day nor the end of an old one holds up
/// the line.
class DuplicateIndex {
 public:
  /// Loads the files that are whole, and removes those that are not: their events come from the
  /// journal again. Fails (io) when the folder cannot be made or read.
  static Result<DuplicateIndex> open(DuplicateIndexOptions options);
  /// Without files, for runs that keep no journal.
  static DuplicateIndex in_memory();

  /// At start, before anything is noted: an event of the journal, oldest first. What the files do
  /// not hold of it is noted again.
  void restore(const postal::ScanEvent& event);

  std::optional<SeenToken> find(const postal::TokenIdentity& token) const;

  /// An event that was handed to the journal, in the order of its sequences. Only what stands for a
  /// piece (postal::stands_for_a_piece) is kept.
  void note(const postal::ScanEvent& event);

  std::uint64_t entries() const;   ///< a token that was read on two days may count twice
  std::size_t parts() const;       ///< packed ones
  std::uint64_t restored() const;  ///< entries that came from files
  /// Waits until full parts are packed and written; for tests and measurements.
  void settle();

  DuplicateIndex(DuplicateIndex&&) noexcept;
  DuplicateIndex& operator=(DuplicateIndex&&) noexcept;
  ~DuplicateIndex();

 private:
  struct Impl;
  explicit DuplicateIndex(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace backstamp::station
