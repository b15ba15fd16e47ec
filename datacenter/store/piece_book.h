// The pieces' rows within one transaction: found, changed by facts, announced, counted.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>

#include "datacenter/reconcile/join.h"
#include "datacenter/store/sqlite.h"

namespace backstamp::datacenter {

/// A piece as it is stored; `facts` may be changed, then PieceBook::settle derives the rest.
struct PieceRow {
  std::int64_t id = 0;
  std::optional<std::uint32_t> meter;  ///< whose it is, when registered
  PieceFacts facts;
  StateOfPiece stored;
};

/// Made for one transaction on a writing connection; `flush` before the commit. Throws SqlFailure.
class PieceBook {
 public:
  explicit PieceBook(Database& database) : database_(database) {}

  /// The piece of a code, made (unregistered) when it is new.
  PieceRow of_code(const std::string& code);
  std::optional<PieceRow> of_id(std::int64_t id);
  /// The piece that is registered with this token.
  std::optional<PieceRow> of_token(const postal::TokenIdentity& token);

  /// Derives the state from the facts and stores both; a change of a registered piece is added
  /// to its history, which is the notice to its meter. `now` dates what no scan dates.
  void settle(PieceRow& piece, UtcTime now);
  /// The piece was just registered: a `received` notice, then whatever is known already.
  void settle_registered(PieceRow& piece, UtcTime now);

  /// Writes the running counts.
  void flush();
  /// Was any notice written?
  bool announced() const { return announced_; }

 private:
  PieceRow row_of(const Query& query) const;
  std::optional<Sighting> sighting_of(std::optional<std::int64_t> event, postal::Reason reason);
  void load_sightings(PieceRow& piece, std::optional<std::int64_t> read_event,
                      std::optional<std::int64_t> suspect_event, postal::Reason reason);
  void announce(const PieceRow& piece, NoticeKind kind, StateOfPiece state, UtcTime at,
                std::optional<std::int64_t> event);
  void count(std::uint32_t meter, PieceState state, std::int64_t change);
  std::int64_t next_notice(std::uint32_t meter);

  Database& database_;
  std::map<std::pair<std::uint32_t, PieceState>, std::int64_t> totals_;
  std::map<std::uint32_t, std::int64_t> notices_;
  bool announced_ = false;
};

/// What a scan says of one token: unsigned 64-bit numbers as the signed ones of the same bits.
inline std::int64_t to_column(std::uint64_t value) {
  return static_cast<std::int64_t>(value);
}
inline std::uint64_t from_column(std::int64_t value) {
  return static_cast<std::uint64_t>(value);
}
inline std::int64_t to_column(UtcTime time) {
  return time.time_since_epoch().count();
}
inline UtcTime time_column(std::int64_t value) {
  return UtcTime(std::chrono::microseconds(value));
}

}  // namespace backstamp::datacenter
