#include "postal/duplicates.h"

#include <algorithm>
#include <array>

#include "base/sha256.h"

namespace backstamp::postal {
namespace {

constexpr std::array<std::string_view, 7> kNames{
    "another-statement", "another-face",   "same-machine",     "two-machines",
    "two-places",        "two-inductions", "too-many-readings"};

std::uint32_t mark_of(std::string_view text) {
  const Sha256 digest = sha256(as_bytes(text));
  return static_cast<std::uint32_t>(digest[0]) << 24 | static_cast<std::uint32_t>(digest[1]) << 16 |
         static_cast<std::uint32_t>(digest[2]) << 8 | digest[3];
}

/// The time between two readings, whichever clock was ahead.
std::chrono::microseconds apart(UtcTime a, UtcTime b) {
  return a < b ? b - a : a - b;
}

bool one_place(const TokenReading& a, const TokenReading& b) {
  return a.station == b.station || (!a.place.empty() && a.place == b.place);
}

/// The rule of time that two readings break.
std::optional<DuplicateRule> too_soon(const TokenReading& earlier, const TokenReading& later,
                                      const DuplicateRules& rules) {
  if (!earlier.clock_trusted || !later.clock_trusted) return std::nullopt;
  const auto time = apart(earlier.at, later.at);
  if (earlier.station == later.station) {
    if (time < rules.same_machine) return DuplicateRule::same_machine;
    return std::nullopt;
  }
  if (!earlier.place.empty() && !later.place.empty() && earlier.place != later.place) {
    if (time < rules.between(earlier.place, later.place)) return DuplicateRule::two_places;
    return std::nullopt;
  }
  if (time < rules.between_machines) return DuplicateRule::two_machines;
  return std::nullopt;
}

}  // namespace

std::string_view to_string(DuplicateRule rule) {
  const auto number = static_cast<std::size_t>(rule);
  return number < kNames.size() ? kNames[number] : "unknown";
}

std::chrono::seconds DuplicateRules::between(std::string_view from, std::string_view to) const {
  for (const TravelTime& known : travel) {
    if ((known.from == from && known.to == to) || (known.from == to && known.to == from)) {
      return known.time;
    }
  }
  return between_places;
}

std::uint32_t claims_mark(const Token& token) {
  std::string claims = canonical(token.code) + ' ' + token.postage.to_string() + ' ' +
                       format_date(token.mailed) + ' ' + std::to_string(token.service);
  if (token.address) {
    claims += ' ';
    for (const std::uint8_t byte : *token.address) claims += std::to_string(byte) + ',';
  }
  return std::max<std::uint32_t>(1, mark_of(claims));
}

std::uint8_t face_marks(std::span<const SeenCode> codes) {
  unsigned marks = 0;
  for (const SeenCode& seen : codes) {
    if (seen.code) marks |= 1U << (mark_of(canonical(*seen.code)) & 7U);
  }
  return static_cast<std::uint8_t>(marks);
}

TokenReading reading_of(const ScanEvent& event) {
  TokenReading reading;
  reading.station = event.id.station;
  reading.place = event.place;
  reading.role = event.role;
  reading.at = event.induced_at;
  reading.clock_trusted = event.clock_trusted;
  reading.rejected = event.decision == Decision::divert || event.late;
  reading.refed = event.rule == kRefedRule;
  reading.face = face_marks(event.codes);
  for (const SeenCode& seen : event.codes) {
    if (!looks_like_token(seen.content)) continue;
    const auto token = parse_token(seen.content);
    if (!token || token->token.identity != event.token) continue;
    reading.claims = claims_mark(token->token);
    break;
  }
  return reading;
}

bool stands_for_a_piece(const ScanEvent& event) {
  return event.token && event.verdict == Verdict::genuine && event.reason != Reason::duplicate &&
         event.reason != Reason::code_mismatch;
}

std::optional<DuplicateRule> conflict(const TokenReading& earlier, const TokenReading& later,
                                      const DuplicateRules& rules) {
  if (earlier.claims != 0 && later.claims != 0 && earlier.claims != later.claims) {
    return DuplicateRule::another_statement;
  }
  if (earlier.face != 0 && later.face != 0 && (earlier.face & later.face) == 0) {
    return DuplicateRule::another_face;
  }
  if (const auto soon = too_soon(earlier, later, rules)) return soon;
  if (earlier.role != StationRole::induction || later.role != StationRole::induction) {
    return std::nullopt;
  }
  const bool after_reject = earlier.rejected && one_place(earlier, later) &&
                            apart(earlier.at, later.at) <= rules.refeed_window;
  const bool told = later.refed && earlier.station == later.station;
  if (after_reject || told) return std::nullopt;
  return DuplicateRule::two_inductions;
}

bool may_be_refed(const TokenReading& earlier, UtcTime later,
                  std::span<const Standstill> standstills, const DuplicateRules& rules) {
  if (later < earlier.at) return false;
  if (earlier.rejected && later - earlier.at <= rules.refeed_window) return true;
  return std::any_of(standstills.begin(), standstills.end(), [&](const Standstill& stood) {
    return stood.to - stood.from >= rules.standstill && earlier.at <= stood.from &&
           stood.from - earlier.at <= rules.track && later >= stood.to &&
           later - stood.from <= rules.refeed_window;
  });
}

std::vector<std::optional<DuplicateRule>> settle(std::span<const RankedReading> readings,
                                                 const DuplicateRules& rules) {
  std::vector<std::optional<DuplicateRule>> broken(readings.size());
  for (std::size_t later = 0; later < readings.size(); ++later) {
    if (later >= kMostReadings) {
      broken[later] = DuplicateRule::too_many_readings;
      continue;
    }
    for (std::size_t earlier = 0; earlier < later && !broken[later]; ++earlier) {
      if (!readings[earlier].stands || broken[earlier]) continue;
      broken[later] = conflict(readings[earlier].reading, readings[later].reading, rules);
    }
  }
  return broken;
}

}  // namespace backstamp::postal
