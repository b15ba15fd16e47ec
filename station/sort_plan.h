// Where pieces go: by verdict, reason, service and code, from a given moment on.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
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

/// One plan of a day: its rules, the first that fits decides, else `otherwise`.
struct SortPlan {
  std::string name;
  UtcTime effective_from{};  ///< from then on, until another plan is effective
  std::vector<SortRule> rules;
  std::uint16_t accepted = 1;  ///< outlet of accepted pieces that no rule names
  std::uint16_t diverted = 2;  ///< outlet of diverted pieces that no rule names
};

/// Which day of work a moment belongs to: days begin at `cutover` in a fixed zone of the IANA
/// database, so that a night shift is one day.
struct PostalDay {
  std::string zone = "UTC";
  std::chrono::minutes cutover{0};  ///< after local midnight, 0 to 23 h 59
  /// Fails (invalid) when the zone is not in the machine's time zone database.
  static Result<PostalDay> make(std::string zone, std::chrono::minutes cutover);
  Date day_of(UtcTime time) const;
};

/// Plans in the order of their times. The plan that holds at `time`: the last that is effective.
class SortPlans {
 public:
  SortPlans();  ///< one plan without rules: 1 for accepted, 2 for diverted
  static Result<SortPlans> make(std::vector<SortPlan> plans, PostalDay day);
  const SortPlan& at(UtcTime time) const;
  std::uint16_t outlet(const postal::ScanEvent& event, std::optional<std::uint16_t> service) const;
  const PostalDay& postal_day() const { return day_; }

 private:
  std::vector<SortPlan> plans_;
  PostalDay day_;
};

/// The section `sorting` of a station's configuration (docs/formats/station-config.md).
SortPlans read_sort_plans(yaml::Section section);

}  // namespace backstamp::station
