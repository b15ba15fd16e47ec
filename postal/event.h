// A scan event: what became of one piece at one station. One for every piece, read or not.
#pragma once

#include <chrono>
#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

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
};

/// Is `name` a station's name: 1 to 64 of [A-Za-z0-9._-], starting with a letter or digit?
bool valid_station_name(std::string_view name);

}  // namespace backstamp::postal
