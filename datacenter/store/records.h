// The records that go into and come out of the store.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "datacenter/reconcile/join.h"
#include "postal/event.h"
#include "postal/money.h"
#include "postal/token.h"

namespace backstamp::datacenter {

/// What a meter says of one piece that it printed.
struct Registration {
  std::string code;  ///< canonical
  postal::TokenIdentity token;
  postal::Money postage;
  Date mailed{};
  std::uint16_t service = 0;
  bool operator==(const Registration&) const = default;
};

struct Registered {
  std::size_t registered = 0;
  std::size_t known = 0;
};

/// A piece and where it stands. The registration is absent for an unregistered code.
struct PieceRecord {
  std::int64_t number = 0;  ///< running number of the registration
  std::string code;
  PieceState state = PieceState::unregistered;
  postal::Reason reason = postal::Reason::none;
  std::optional<Registration> registration;
  UtcTime registered_at{};
  std::optional<Sighting> sighting;  ///< the scan that decided the state
};

/// One line of a piece's history, which is also a notice to its meter.
struct NoticeRecord {
  std::int64_t number = 0;
  NoticeKind kind = NoticeKind::received;
  std::string code;
  PieceState state = PieceState::registered;
  postal::Reason reason = postal::Reason::none;
  UtcTime at{};
  std::string station;  ///< empty when no scan was the cause
};

/// What people made of a suspect scan. Numbers are stored: never renumber.
enum class Review : std::uint8_t { open = 0, confirmed = 1, dismissed = 2 };
std::string_view to_string(Review review);  ///< "open", "confirmed", "dismissed"

/// A scan that speaks against a piece.
struct SuspectRecord {
  postal::Reason reason = postal::Reason::none;
  bool registered = false;  ///< its code is registered
  std::string rule;         ///< which rule found it; empty where the reason says it all
  Review review = Review::open;
  std::string reviewed_by;  ///< empty while it is open
  UtcTime reviewed_at{};
  postal::ScanEvent event;
};

/// The suspect scans of one meter's tokens, genuine or only said to be its.
struct MeterSuspects {
  std::uint32_t issuer = 0;
  std::uint32_t meter = 0;
  postal::Reason reason = postal::Reason::none;
  std::string rule;
  std::int64_t open = 0;
  std::int64_t confirmed = 0;
  std::int64_t dismissed = 0;
};

/// What the registrations of a meter come to.
struct KnownRegisters {
  std::uint64_t pieces = 0;
  std::uint64_t counter = 0;  ///< the greatest
  postal::Money ascending;    ///< their postage
};

struct NamedCount {
  std::string name;
  std::int64_t count = 0;
};

struct StationPosition {
  std::string station;
  std::uint64_t epoch = 0;
  std::uint64_t contiguous = 0;
  std::uint64_t events = 0;
  UtcTime updated_at{};
};

struct StationCause {
  std::string station;
  postal::NoReadCause cause = postal::NoReadCause::none;
  std::int64_t count = 0;
};

struct MeterTotals {
  std::uint32_t meter = 0;
  std::string name;
  std::string account;
  std::vector<NamedCount> states;
};

/// The numbers of a report, all of one moment.
struct Totals {
  std::vector<NamedCount> states;  ///< pieces by state
  std::vector<MeterTotals> meters;
  std::vector<NamedCount> suspects;  ///< suspect scans by reason
  std::vector<NamedCount> reasons;   ///< suspect pieces by reason
  std::vector<StationCause> no_reads;
  std::vector<StationPosition> positions;
  std::vector<NamedCount> counters;
  std::int64_t events = 0;
  std::int64_t conflicts = 0;
};

/// What is looked at again and again while the data center runs: nothing here counts a large table.
struct StoreFigures {
  std::vector<NamedCount> states;          ///< registered pieces by state
  std::vector<StationPosition> positions;  ///< of each station its newest epoch; no events
  std::vector<StationCause> no_reads;
  std::int64_t suspects_open = 0;
  std::int64_t meters = 0;
  std::int64_t notices = 0;
  std::int64_t orders_open = 0;
  std::int64_t conflicts = 0;
};

}  // namespace backstamp::datacenter
