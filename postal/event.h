// A scan event: what became of one piece at one station. One for every piece, read or not.
#pragma once

#include <chrono>
#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/clock.h"
#include "postal/symbology.h"
#include "postal/token.h"
#include "postal/verdict.h"

namespace backstamp::postal {

/// Who an event is: unique for ever. `epoch` is one spool's life (drawn when the spool is made),
/// `sequence` counts from 1 without gaps within it.
struct EventId {
  std::string station;  ///< 1 to 64 of [A-Za-z0-9._-]
  std::uint64_t epoch = 0;
  std::uint64_t sequence = 0;
  auto operator<=>(const EventId&) const = default;
};

/// What a station is to the pieces that pass it. Numbers are stored and sent: never renumber.
enum class StationRole : std::uint8_t {
  induction = 0,  ///< mail enters here: the first machine that sees a piece, once in its life
  pass = 1,       ///< a later sorting pass: every piece comes by right, several times
  delivery = 2,   ///< the last one before the carrier
};

std::string_view to_string(StationRole role);  ///< "induction", "pass", "delivery"
Result<StationRole> parse_station_role(std::string_view name);

/// What is odd about a piece on a live line (a set of bits; stored and sent: never renumber).
enum class PieceMark : std::uint32_t {
  touching = 1,           ///< no gap to the next piece or the one before
  overlapping = 2,        ///< two pieces lie on one another (double feed)
  too_long = 4,           ///< longer than mail may be: cut where it had to be
  cut_short = 8,          ///< the stream of lines broke off within the piece
  untriggered = 16,       ///< a picture came, and no trigger with it
  too_close = 32,         ///< triggered sooner after the one before than pieces can follow
  faces_disagree = 64,    ///< its pictures bear codes of different pieces
  picture_missing = 128,  ///< a camera gave no picture of it, or a damaged one
};
inline constexpr std::uint32_t kPieceMarks = 255;  ///< all of them

/// What was left out on a piece for want of time, in the order in which it goes. Numbers are stored
/// and sent: never renumber.
enum class Shed : std::uint8_t {
  nothing = 0,
  faces = 1,    ///< further pictures of a piece on which a genuine token was read
  effort = 2,   ///< a face had less effort than configured
  reading = 3,  ///< a face was not read
};
std::string_view to_string(Shed shed);  ///< "nothing", "faces", "effort", "reading"

inline constexpr std::size_t kRuleBytes = 48;             ///< ScanEvent::rule
inline constexpr std::size_t kEvidenceBytes = 48u << 10;  ///< ScanEvent::evidence
inline constexpr std::uint32_t kMostPasses = 99;          ///< ScanEvent::pass, from 1
inline constexpr std::uint32_t kMostPictures = 255;       ///< ScanEvent::pictures

struct ScanEvent {
  EventId id;
  std::uint64_t piece = 0;             ///< the station's own running number of the piece, from 1
  std::string sample;                  ///< replay: the name of the sample; live: empty
  UtcTime induced_at{};                ///< when the piece was triggered (replay: when it was fed)
  std::vector<SeenCode> codes;         ///< every code on the face
  std::optional<TokenIdentity> token;  ///< of the indicium that was judged, when it parsed
  std::optional<MailpieceCode> code;   ///< which piece it is: from the token, else from the face
  Verdict verdict = Verdict::unsigned_;
  Decision decision = Decision::divert;
  Reason reason = Reason::no_read;
  NoReadCause cause = NoReadCause::nothing_found;
  std::chrono::microseconds read_time{};  ///< locate + decode
  std::chrono::microseconds latency{};    ///< from induction to decision
  StationRole role = StationRole::induction;
  std::uint32_t pass = 1;     ///< which pass of the piece the station is set up for
  std::string place;          ///< the building the station stands in; empty where none is told
  std::string rule;           ///< which rule decided, where a rule did: "two-inductions", …
  Bytes evidence;             ///< the indicium as PNG or JPEG, where the piece is not what it says
  bool late = false;          ///< decided after the piece's deadline
  std::uint32_t effort = 0;   ///< units of work that reading was charged (docs/reading.md)
  std::uint64_t keys = 0;     ///< sequence of the key bundle that it was judged with
  bool clock_trusted = true;  ///< could the station tell today's date?
  bool for_box = false;       ///< bears a mark that only the secure meter box can verify
  // Of a live line; empty and 0 in a replay:
  std::string lane;                 ///< which of the station's lanes: a name as a station's
  std::uint64_t machine_piece = 0;  ///< the sorting machine's own number of the piece; 0: none
  std::uint32_t pictures = 0;       ///< how many pictures of it were looked at
  std::uint32_t marks = 0;          ///< PieceMark bits
  Shed shed = Shed::nothing;        ///< what was left out for want of time
  std::uint16_t outlet = 0;         ///< where the sort plan sends it; 0: there is none
};

/// Is `name` a station's name: 1 to 64 of [A-Za-z0-9._-], starting with a letter or digit?
bool valid_station_name(std::string_view name);
/// Is `rule` a rule's name: empty, or at most kRuleBytes of [a-z0-9-]?
bool valid_rule(std::string_view rule);
/// Does a picture begin as PNG or JPEG do? (Nothing more is looked at: it is for people.)
bool looks_like_picture(ByteView bytes);

}  // namespace backstamp::postal
