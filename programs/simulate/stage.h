// What the parts of one run share.
#pragma once

#include <condition_variable>
#include <functional>
#include <mutex>
#include <optional>
#include <stop_token>
#include <vector>

#include "programs/simulate/ledger.h"
#include "programs/simulate/mail.h"
#include "programs/simulate/pace.h"
#include "programs/simulate/plan.h"

namespace backstamp::simulate {

/// From the trigger to the picture in a run without pacing: as on a belt at 60,000 pieces/h.
inline constexpr std::chrono::milliseconds kUnpacedTravel{54};

/// How far each lane's belt has come in a run without pacing, where the next piece comes when one
/// was decided. Thread-safe.
class Gate {
 public:
  explicit Gate(std::size_t lanes) : passed_(lanes) {}
  /// The next piece of the lane passes the trigger.
  void pass(std::size_t lane, SteadyTime at);
  /// Waits until the piece has passed; when that was, or none when told to stop.
  std::optional<SteadyTime> await(std::size_t lane, std::size_t piece,
                                  const std::stop_token& stop) const;

 private:
  mutable std::mutex mutex_;
  mutable std::condition_variable_any moved_;
  std::vector<std::vector<SteadyTime>> passed_;
};

/// Puts onto a picture what makes an unruly worker do this (tests only).
using MarkPicture = std::function<void(vision::Frame& picture, WorkerFault fault)>;

struct Stage {
  const Mail& mail;
  const LinePlan& plan;
  Ledger& ledger;
  bool paced = true;
  /// A picture that the simulation is later for than this is not shown: no camera is, and the
  /// station would take it for another piece's.
  std::chrono::nanoseconds patience{std::chrono::milliseconds(30)};
  MarkPicture mark;  ///< empty where no worker faults are asked for
  StartSignal start;
  Gate gate;
  Lateness triggers_late;
  Lateness pictures_late;

  Stage(const Mail& all_mail, const LinePlan& line_plan, Ledger& accounts, bool in_real_time)
      : mail(all_mail),
        plan(line_plan),
        ledger(accounts),
        paced(in_real_time),
        gate(line_plan.lanes.size()) {}
};

}  // namespace backstamp::simulate
