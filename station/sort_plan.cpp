#include "station/sort_plan.h"

#include <algorithm>

#include "station/sorter/code_text.h"
#include "station/sorter/zone.h"

namespace backstamp::station {
namespace {

using namespace std::chrono;

constexpr auto kDayMinutes = 24h;
constexpr UtcTime kEarliest = sys_days(year(1) / January / 1);
constexpr UtcTime kLatest = sys_days(year(9998) / December / 31);

template <typename T>
bool among(const std::vector<T>& wanted, T value) {
  return wanted.empty() || std::find(wanted.begin(), wanted.end(), value) != wanted.end();
}

/// What rules ask of a piece, made once for all of them.
struct Piece {
  const postal::ScanEvent& event;
  std::optional<std::uint16_t> service;
  std::optional<CodeText> code;
};

bool fits(const SortRule& rule, const Piece& piece) {
  if (!among(rule.decisions, piece.event.decision) || !among(rule.reasons, piece.event.reason) ||
      !among(rule.verdicts, piece.event.verdict)) {
    return false;
  }
  if (rule.services) {
    if (!piece.service || piece.event.verdict != postal::Verdict::genuine) return false;
    if (*piece.service < rule.services->first || *piece.service > rule.services->second) {
      return false;
    }
  }
  if (rule.code_begins.empty()) return true;
  if (!piece.code) return false;
  const std::string_view code = piece.code->view();
  return std::any_of(rule.code_begins.begin(), rule.code_begins.end(),
                     [&](const std::string& begin) { return code.starts_with(begin); });
}

const SortRule* find_rule(const SortPlan& plan, const postal::ScanEvent& event,
                          std::optional<std::uint16_t> service) {
  if (plan.rules.empty()) return nullptr;
  Piece piece{event, service, {}};
  if (event.code) piece.code.emplace(*event.code);
  const auto found = std::find_if(plan.rules.begin(), plan.rules.end(),
                                  [&](const SortRule& rule) { return fits(rule, piece); });
  return found == plan.rules.end() ? nullptr : &*found;
}

bool valid_name(const std::string& name) {
  return !name.empty() && postal::valid_rule(name);
}

std::unexpected<Error> wrong(const SortPlan& plan, std::string what) {
  return fail(ErrorKind::invalid, "sort plan \"" + plan.name + "\": " + std::move(what));
}

Result<void> check(const SortPlan& plan) {
  if (!valid_name(plan.name)) return wrong(plan, "its name must be of a-z, 0-9 and '-'");
  if (plan.accepted == 0 || plan.diverted == 0) return wrong(plan, "there is no outlet 0");
  for (const SortRule& rule : plan.rules) {
    if (!valid_name(rule.name)) return wrong(plan, "a rule's name must be of a-z, 0-9 and '-'");
    if (rule.outlet == 0) return wrong(plan, rule.name + ": there is no outlet 0");
    if (rule.services && rule.services->first > rule.services->second) {
      return wrong(plan, rule.name + ": its services run backwards");
    }
  }
  return {};
}

}  // namespace

Result<PostalDay> PostalDay::make(std::string zone, minutes cutover) {
  if (cutover < 0min || cutover >= kDayMinutes) {
    return fail(ErrorKind::invalid, "postal day: its cutover must be before 24 h");
  }
  PostalDay day;
  day.cutover_ = cutover;
  if (zone == day.name_) return day;  // needs no database
  auto loaded = Zone::load(zone);
  if (!loaded) return std::unexpected(loaded.error());
  day.name_ = std::move(zone);
  day.zone_ = std::make_shared<const Zone>(*std::move(loaded));
  return day;
}

Date PostalDay::day_of(UtcTime time) const {
  const auto at = floor<seconds>(std::clamp(time, kEarliest, kLatest));
  const seconds offset = zone_ ? zone_->at(at).offset : 0s;
  sys_days day = floor<days>(at + offset - cutover_);
  // Clocks that were put back show an hour of the day before: that day is over.
  while (zone_ && begin_of(Date(day + days(1))) <= at) day += days(1);
  return Date(day);
}

UtcTime PostalDay::begin_of(Date day) const {
  const local_seconds cutover = local_days(day) + cutover_;
  return zone_ ? zone_->first(cutover) : sys_seconds(cutover.time_since_epoch());
}

SortPlans::SortPlans() {
  plans_.emplace_back();
  plans_.back().name = "accepted-or-diverted";
}

Result<SortPlans> SortPlans::make(std::vector<SortPlan> plans, PostalDay day) {
  if (plans.empty()) return fail(ErrorKind::invalid, "sort plans: at least one is wanted");
  for (const SortPlan& plan : plans) {
    if (auto checked = check(plan); !checked) return std::unexpected(checked.error());
  }
  const auto earlier = [](const SortPlan& a, const SortPlan& b) {
    return a.effective_from < b.effective_from;
  };
  std::sort(plans.begin(), plans.end(), earlier);
  const auto same = std::adjacent_find(
      plans.begin(), plans.end(),
      [](const auto& a, const auto& b) { return a.effective_from == b.effective_from; });
  if (same != plans.end()) {
    return wrong(*std::next(same), "plan \"" + same->name + "\" is effective from the same time");
  }
  SortPlans made;
  made.plans_ = std::move(plans);
  made.day_ = std::move(day);
  return made;
}

const SortPlan& SortPlans::at(UtcTime time) const {
  const auto next =
      std::upper_bound(plans_.begin(), plans_.end(), time,
                       [](UtcTime t, const SortPlan& plan) { return t < plan.effective_from; });
  return next == plans_.begin() ? plans_.front() : *std::prev(next);
}

const SortRule* SortPlans::rule(const postal::ScanEvent& event,
                                std::optional<std::uint16_t> service) const {
  return find_rule(at(event.induced_at), event, service);
}

std::uint16_t SortPlans::outlet(const postal::ScanEvent& event,
                                std::optional<std::uint16_t> service) const {
  const SortPlan& plan = at(event.induced_at);
  if (const SortRule* rule = find_rule(plan, event, service)) return rule->outlet;
  return event.decision == postal::Decision::accept ? plan.accepted : plan.diverted;
}

}  // namespace backstamp::station
