// Duplicates: two readings of one token that one piece cannot have made (docs/duplicates.md).
//
// A piece is read many times by right: at induction, on five to eight machine passes, before the
// carrier. So that a token was seen before says nothing; these rules do. They are pure functions:
// the same at a station, which knows its own readings, and at the data center, which knows all.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "postal/event.h"
#include "postal/token.h"

namespace backstamp::postal {

/// The shortest time in which mail goes from one place to the other, either way.
struct TravelTime {
  std::string from;
  std::string to;
  std::chrono::seconds time{};
};

/// What one piece can do, in times. All are configuration; a post knows its machines and roads.
struct DuplicateRules {
  /// From one reading to the next on one machine: through to a stacker, by hand to the feeder.
  std::chrono::milliseconds same_machine{10'000};
  /// From one machine to another in one building (or where no place is told).
  std::chrono::milliseconds between_machines{60'000};
  /// From one place to any other, unless `travel` knows the two.
  std::chrono::seconds between_places{1800};
  std::vector<TravelTime> travel;
  /// How long after its rejection, or after the line stopped, a piece may be fed once more.
  std::chrono::seconds refeed_window{900};
  /// A line that takes no piece for so long may have been cleared of a jam by hand…
  std::chrono::milliseconds standstill{10'000};
  /// …and what was read so shortly before may still have been in its track.
  std::chrono::milliseconds track{30'000};

  /// The shortest time between two places, which differ.
  std::chrono::seconds between(std::string_view from, std::string_view to) const;
};

/// Which rule two readings break. In the order in which they are looked at.
enum class DuplicateRule : std::uint8_t {
  another_statement,  ///< one counter, and other claims: code, postage, date, service or address
  another_face,       ///< both faces bear identification codes, none of them on both
  same_machine,       ///< sooner than a piece comes back to the same feeder
  two_machines,       ///< sooner than a piece comes from one machine to the other
  two_places,         ///< sooner than mail travels
  two_inductions,     ///< mail enters once
  too_many_readings,  ///< no piece is read so often (kMostReadings)
};
std::string_view to_string(DuplicateRule rule);  ///< "another-statement", …: ScanEvent::rule
inline constexpr std::string_view kRefedRule = "refed";  ///< of a piece that was fed once more

/// More readings than this are no piece's, whatever their times: it bounds the work on one token.
inline constexpr std::size_t kMostReadings = 64;

/// What counts of one reading of a genuine token.
struct TokenReading {
  std::string_view station;  ///< borrowed, as `place`
  std::string_view place;    ///< empty: not told
  StationRole role = StationRole::induction;
  UtcTime at{};
  bool clock_trusted = true;
  bool rejected = false;     ///< diverted for another fault, or decided too late: it went to people
  bool refed = false;        ///< its station found that it had been fed once more
  std::uint32_t claims = 0;  ///< claims_mark(); 0: not known
  std::uint8_t face = 0;     ///< face_marks(); 0: no code on the face
};

/// A number that differs, but for one chance in 2^32, when two tokens of one identity say different
/// things. Not the signature: ES256 signs the same differently. Never 0.
std::uint32_t claims_mark(const Token& token);
/// One bit of eight for each identification code: faces without a common bit have no common code.
std::uint8_t face_marks(std::span<const SeenCode> codes);
/// What counts of an event whose token is genuine. Borrows its names.
TokenReading reading_of(const ScanEvent& event);
/// Does a later reading have to be possible beside this one? Only what a genuine token on its own
/// face was: neither a copy nor an indicium on a face with another code.
bool stands_for_a_piece(const ScanEvent& event);

/// The rule that two readings of one token break, if any; `earlier` stands for a piece.
std::optional<DuplicateRule> conflict(const TokenReading& earlier, const TokenReading& later,
                                      const DuplicateRules& rules);

/// A time in which a line took no piece.
struct Standstill {
  UtcTime from{};  ///< its last piece before
  UtcTime to{};    ///< its first piece after
};
/// Can the piece of `earlier` have been fed once more as `later`, at the same station: because it
/// was rejected, or because the line stood while the piece was in the track?
bool may_be_refed(const TokenReading& earlier, UtcTime later,
                  std::span<const Standstill> standstills, const DuplicateRules& rules);

/// One reading among all of a token's.
struct RankedReading {
  TokenReading reading;
  bool stands = true;  ///< stands_for_a_piece()
};
/// Judges all readings of one token, in the order of time and then of their identities: a reading
/// is a duplicate when it breaks a rule with an earlier one that is none. So the answer is the same
/// in whatever order they arrived.
std::vector<std::optional<DuplicateRule>> settle(std::span<const RankedReading> readings,
                                                 const DuplicateRules& rules);

}  // namespace backstamp::postal
