// What the parts of one run share.
#pragma once

#include <condition_variable>
#include <functional>
#include <mutex>
#include <stop_token>
#include <vector>

#include "programs/simulate/ledger.h"
#include "programs/simulate/mail.h"
#include "programs/simulate/pace.h"
#include "programs/simulate/plan.h"

namespace backstamp::simulate {

/// How far each lane's belt has come in a run without pacing: a picture comes after its trigger,
/// and the next piece when one was decided. Thread-safe.
class Gate {
 public:
  explicit Gate(std::size_t lanes) : shown_(lanes, 0) {}
  /// The next piece of the lane is before the cameras.
  void show(std::size_t lane);
  /// Waits until `pieces` pieces of the lane were shown; false when told to stop.
  bool await(std::size_t lane, std::size_t pieces, const std::stop_token& stop) const;

 private:
  mutable std::mutex mutex_;
  mutable std::condition_variable_any moved_;
  std::vector<std::size_t> shown_;
};

/// Puts onto a picture what makes an unruly worker do this (tests only).
using MarkPicture = std::function<void(vision::Frame& picture, WorkerFault fault)>;

struct Stage {
  const Mail& mail;
  const LinePlan& plan;
  Ledger& ledger;
  bool paced = true;
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
