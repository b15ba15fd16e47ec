// What became of each piece as the machine sees it: announced once, decided once, in time or not.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/histogram.h"
#include "programs/simulate/belt.h"

namespace backstamp::simulate {

/// A piece that passed the line.
struct Account {
  std::optional<SteadyTime> triggered;  ///< when the machine told the station of it
  bool not_shown = false;  ///< the simulation was too late itself to show it to a camera
  bool pictured = false;   ///< a picture of it was put into the station's memory
  std::uint32_t decisions = 0;
  SteadyTime decided{};  ///< when the machine had the first decision
  bool late = false;     ///< marked so by the station

  bool seen() const { return triggered || pictured; }
};

/// A decision as it came to the machine.
struct Decided {
  std::uint32_t lane = 0;
  std::uint64_t machine_piece = 0;  ///< 0: of a picture without a trigger
  bool late = false;
  SteadyTime at{};
};

struct LedgerSums {
  std::uint64_t passed = 0;     ///< pieces that a trigger or a picture announced
  std::uint64_t triggered = 0;  ///< of them, by a trigger
  std::uint64_t not_shown = 0;  ///< without a picture, for which the simulation was too late
  std::uint64_t unseen = 0;     ///< pieces that nothing announced: no link and no camera
  std::uint64_t decided = 0;    ///< triggered pieces with exactly one decision
  std::uint64_t repeated = 0;   ///< triggered pieces with more than one
  std::uint64_t lost = 0;       ///< triggered pieces without one
  /// Triggered pieces without one whose trigger went into a link that was broken on purpose: for
  /// the station they are pictures without a trigger.
  std::uint64_t swallowed = 0;
  std::uint64_t unknown = 0;      ///< decisions on pieces that the machine never had
  std::uint64_t untriggered = 0;  ///< decisions on pictures without a trigger
  std::uint64_t decisions = 0;    ///< all that came
  std::uint64_t in_time = 0;      ///< of the decided, within the deadline while the belt ran
  std::uint64_t too_late = 0;
  std::uint64_t excused = 0;  ///< too late, and under way while the link was broken on purpose
  std::uint64_t marked_late = 0;
  std::optional<SteadyTime> last_decision;
  Histogram from_trigger;  ///< trigger sent → decision received, but of the excused
};

/// Thread-safe. Machine's piece numbers count from 1 in each lane.
class Ledger {
 public:
  Ledger(std::span<const Belt> belts, std::chrono::nanoseconds deadline);

  void triggered(std::uint32_t lane, std::size_t piece, SteadyTime at);
  /// The trigger could not be sent: the machine knows that there is no link.
  void not_sent(std::uint32_t lane, std::size_t piece);
  void pictured(std::uint32_t lane, std::size_t piece);
  /// The simulation was itself so late that no camera would have taken such a picture.
  void not_shown(std::uint32_t lane, std::size_t piece);
  void decided(const Decided& decision);
  /// The link was broken on purpose; what is under way may come late.
  void link_broken(SteadyTime from, SteadyTime until);
  /// A lane's belt stood: the diverter waited as well, and that time does not count.
  void stood(std::uint32_t lane, SteadyTime from, SteadyTime until);

  /// Pieces of a lane that were triggered and not decided.
  std::uint64_t under_way(std::uint32_t lane) const;
  /// As many pieces were announced as decisions came, or fewer.
  bool settled() const;
  /// Decisions that came so far, of whatever.
  std::uint64_t decisions() const;
  /// Waits until there are more than `decisions`, or `limit` passes.
  void wait_beyond(std::uint64_t decisions, std::chrono::milliseconds limit) const;

  std::optional<Account> account(std::uint32_t lane, std::size_t piece) const;
  LedgerSums sums() const;

 private:
  struct Lane {
    std::vector<Account> pieces;
    std::vector<std::pair<SteadyTime, SteadyTime>> stood;
    std::uint64_t triggered = 0;
    std::uint64_t decided = 0;  ///< of the triggered
  };
  void judge(const Lane& lane, const Account& account, LedgerSums& sums) const;
  bool in_broken_link(SteadyTime from, SteadyTime until) const;
  bool swallowed(const Account& account) const;
  /// Could the station know of it?
  bool perceived(const Account& account) const;

  const std::chrono::nanoseconds deadline_;
  mutable std::mutex mutex_;
  mutable std::condition_variable decision_;
  std::vector<Lane> lanes_;
  std::vector<std::pair<SteadyTime, SteadyTime>> broken_;
  std::uint64_t announced_ = 0;
  std::uint64_t untriggered_ = 0;
  std::uint64_t unknown_ = 0;
  std::uint64_t decisions_ = 0;
  std::optional<SteadyTime> last_;
};

}  // namespace backstamp::simulate
