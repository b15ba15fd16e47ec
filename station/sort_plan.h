// Where pieces go: by verdict, reason, service and code, from a given moment on.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/error.h"
#include "base/yaml.h"
#include "postal/event.h"

namespace backstamp::station {

/// A rule of a sort plan; every condition that is given must hold.
struct SortRule {
  std::string name;                         ///< stands in the log and the metrics; [a-z0-9-]
  std::vector<postal::Decision> decisions;  ///< one of these; empty: any
  std::vector<postal::Reason> reasons;
  std::vector<postal::Verdict> verdicts;
  std::vector<std::string> code_begins;  ///< the identification code's canonical text begins so
  std::optional<std::pair<std::uint16_t, std::uint16_t>> services;  ///< of a genuine token, from–to
  std::uint16_t outlet = 0;                                         ///< 1 to 65535
};

/// Its rules, the first that fits decides, else whether the piece is accepted.
struct SortPlan {
  std::string name;          ///< stands in the log; [a-z0-9-]
  UtcTime effective_from{};  ///< from then on, until another plan is effective
  std::vector<SortRule> rules;
  std::uint16_t accepted = 1;  ///< outlet of accepted pieces that no rule names
  std::uint16_t diverted = 2;  ///< outlet of diverted pieces that no rule names
};

class Zone;

/// Which day of work a moment belongs to: days begin at `cutover` in a fixed zone of the IANA
/// database, so that a night shift is one day. A day begins when clocks first show its cutover:
/// where they are put on over it, at that moment; where they show it twice, the first time. It
/// neither ends early nor comes again. Thread-safe; the process's own zone is nothing to it.
class PostalDay {
 public:
  PostalDay() = default;  ///< UTC, from midnight on
  /// `cutover` is after local midnight, 0 to 23 h 59. Fails: invalid (the cutover, or no name of a
  /// zone), not_found (not in the machine's time zone database).
  static Result<PostalDay> make(std::string zone, std::chrono::minutes cutover);
  /// Times outside the years 1 to 9998 are taken as at their border.
  Date day_of(UtcTime time) const;
  /// When that day begins.
  UtcTime begin_of(Date day) const;
  const std::string& zone() const { return name_; }
  std::chrono::minutes cutover() const { return cutover_; }

 private:
  std::string name_ = "UTC";
  std::chrono::minutes cutover_{0};
  std::shared_ptr<const Zone> zone_;
};

/// Plans in the order of their times. Immutable once made: thread-safe.
class SortPlans {
 public:
  SortPlans();  ///< one plan without rules: 1 for accepted, 2 for diverted
  /// Fails (invalid): an outlet 0, a name that is none, no plan, two plans of the same time, a
  /// range of services that runs backwards. The first plan holds before its time, too.
  static Result<SortPlans> make(std::vector<SortPlan> plans, PostalDay day);
  /// The plan that holds: the last that is effective.
  const SortPlan& at(UtcTime time) const;
  /// Where the piece goes by the plan that holds when it was induced, and by its decision, reason,
  /// verdict and code. `service` is its token's; it counts where the token is genuine. Takes no
  /// memory.
  std::uint16_t outlet(const postal::ScanEvent& event, std::optional<std::uint16_t> service) const;
  /// The rule that decided, for the log; none where `accepted` or `diverted` did.
  const SortRule* rule(const postal::ScanEvent& event, std::optional<std::uint16_t> service) const;
  const PostalDay& postal_day() const { return day_; }

 private:
  std::vector<SortPlan> plans_;
  PostalDay day_;
};

/// The section `sorting` of a station's configuration (docs/formats/station-config.md).
SortPlans read_sort_plans(yaml::Section section);

}  // namespace backstamp::station
