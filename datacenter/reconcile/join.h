// The join of registrations and scans: pure rules, the same result in any order of arrival.
//
// What is known of a piece is a few facts, each of which only ever grows (a registration, the
// earliest scan that reads it, the earliest scan that makes it suspect, the waiting period over).
// Scans are absorbed one by one, in any order and any number of times; the state follows from
// the facts alone.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "base/clock.h"
#include "postal/event.h"

namespace backstamp::datacenter {

/// What became of a piece. Numbers are stored: never renumber.
enum class PieceState : std::uint8_t {
  registered = 0,    ///< the meter says that it was printed; no scan yet
  read = 1,          ///< a station read and accepted it
  suspect = 2,       ///< diverted with its own token: revoked, stale date, short paid, …
  not_read = 3,      ///< the waiting period is over without a scan
  unregistered = 4,  ///< scanned, but no meter has registered its code (yet)
};
inline constexpr int kPieceStates = 5;

/// What a notice to a meter says. Numbers are stored: never renumber.
enum class NoticeKind : std::uint8_t {
  received = 0,
  read = 1,
  suspect = 2,
  not_read = 3,
  corrected = 4
};

std::string_view to_string(PieceState state);
std::string_view to_string(NoticeKind kind);

/// What an event is to the data center.
enum class ScanClass : std::uint8_t {
  read = 0,     ///< accepted, and it says which piece
  suspect = 1,  ///< diverted with something on it: forged, revoked, duplicate, no postage, …
  no_read = 2,  ///< nothing says which piece it was
};
ScanClass classify(const postal::ScanEvent& event);

/// One scan that counts for a piece. Ordered by when it happened, then by its identity, so that
/// "the earliest" is the same one whichever arrives first.
struct Sighting {
  std::int64_t row = 0;  ///< the event's row in the store; not part of the order
  UtcTime at{};
  postal::EventId event;
  postal::Reason reason = postal::Reason::none;

  bool earlier_than(const Sighting& other) const;
};

/// All that the state of a piece depends on.
struct PieceFacts {
  std::optional<postal::TokenIdentity> registered;  ///< the registered token identity
  std::optional<Sighting> first_read;
  std::optional<Sighting> first_suspect;
  bool waiting_over = false;
};

/// What one scan means for one piece.
enum class Bearing : std::uint8_t {
  none,          ///< recorded elsewhere (a suspect record at most); the state does not change
  read,          ///< it reads the piece
  suspect,       ///< the piece's own token, and something is wrong with it
  mismatch,      ///< accepted, but its code or token is not the registered one: a suspect record
  own_mismatch,  ///< the same with the piece's own genuine token: it also makes it suspect
};

/// `code_matches`: the event's code is the piece's code. A registered piece becomes suspect only
/// by its own token (the registered identity with a signature that verified), so that a forger
/// who prints somebody's code changes nothing; and it is read only when nothing that the scan
/// says contradicts the registration.
Bearing bearing(const PieceFacts& facts, const postal::ScanEvent& scan, bool code_matches);

/// Adds one scan (commutative and idempotent). Returns its bearing.
Bearing absorb(PieceFacts& facts, const postal::ScanEvent& scan, std::int64_t row,
               bool code_matches);

struct StateOfPiece {
  PieceState state = PieceState::unregistered;
  postal::Reason reason = postal::Reason::none;
  bool operator==(const StateOfPiece&) const = default;
};
StateOfPiece state_of(const PieceFacts& facts);

/// How a change of a registered piece is announced: anything that takes back what an earlier
/// notice said is a correction.
NoticeKind notice_of(PieceState before, PieceState after);

}  // namespace backstamp::datacenter
