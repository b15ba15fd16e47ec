// The section `sorting` of a station's configuration.
#include <algorithm>
#include <span>

#include "station/policy.h"
#include "station/sort_plan.h"

namespace backstamp::station {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t kPlans = 100;
constexpr std::size_t kRules = 1000;
constexpr std::size_t kBegins = 1000;

std::string read_name(yaml::Section& section) {
  std::string name = section.text("name", postal::kRuleBytes);
  if (!name.empty() && postal::valid_rule(name)) return name;
  if (!name.empty()) section.refuse("name", "a name of 1 to 48 of a-z, 0-9 and '-'");
  return "refused";
}

std::uint16_t read_outlet(yaml::Section& section, std::string_view key, std::uint16_t fallback) {
  return static_cast<std::uint16_t>(fallback == 0 ? section.integer(key, 1, 65'535)
                                                  : section.integer_or(key, fallback, 1, 65'535));
}

template <typename T>
std::vector<T> read_names(yaml::Section& section, std::string_view key,
                          Result<T> (*parse)(std::string_view), std::string_view wanted) {
  std::vector<T> values;
  if (!section.has(key)) return values;
  for (const std::string& name : section.texts(key, 64)) {
    if (const auto value = parse(name)) {
      values.push_back(*value);
    } else {
      section.refuse(key, std::string(wanted));
    }
  }
  return values;
}

std::vector<std::string> read_begins(yaml::Section& section) {
  std::vector<std::string> begins;
  if (!section.has("code_begins")) return begins;
  begins = section.texts("code_begins", kBegins);
  const auto named = [](const std::string& begin) {
    const std::string_view scheme = std::string_view(begin).substr(0, begin.find(':'));
    return begin.size() > scheme.size() &&
           std::find(postal::kCodeSchemes.begin(), postal::kCodeSchemes.end(), scheme) !=
               postal::kCodeSchemes.end();
  };
  if (!std::all_of(begins.begin(), begins.end(), named)) {
    section.refuse("code_begins",
                   "beginnings of codes with their kind, imb, s10, impb, meter or mailmark, as "
                   "\"s10:RR\"");
  }
  return begins;
}

SortRule read_rule(yaml::Section section) {
  SortRule rule;
  rule.name = read_name(section);
  rule.decisions =
      read_names(section, "decisions", postal::parse_decision, "accept or divert, as [divert]");
  rule.reasons = read_names(section, "reasons", postal::parse_reason,
                            "reasons of decisions, as [duplicate, forged]");
  rule.verdicts = read_names(section, "verdicts", postal::parse_verdict,
                             "verdicts on tokens, as [genuine, unverified]");
  rule.code_begins = read_begins(section);
  if (section.has("services")) {
    if (const auto services = ServicePolicy::parse(section.text("services", 16))) {
      rule.services = std::pair(services->first, services->last);
    } else {
      section.refuse("services", "a number from 0 to 999, or two as \"270-279\"");
    }
  }
  rule.outlet = read_outlet(section, "outlet", 0);
  return rule;
}

SortPlan read_plan(yaml::Section section, const PostalDay& day, UtcTime otherwise) {
  SortPlan plan;
  plan.name = read_name(section);
  const std::string from = section.text("from", 32);
  plan.effective_from = otherwise;
  if (const auto time = parse_utc(from)) {
    plan.effective_from = *time;
  } else if (const auto date = parse_date(from)) {
    plan.effective_from = day.begin_of(*date);
  } else if (!from.empty()) {
    section.refuse("from", "a time like \"2026-12-01T05:00:00Z\", or a postal day, 2026-12-01");
  }
  plan.accepted = read_outlet(section, "accepted", plan.accepted);
  plan.diverted = read_outlet(section, "diverted", plan.diverted);
  for (yaml::Section& rule : section.sections("rules", kRules)) {
    plan.rules.push_back(read_rule(rule));
  }
  return plan;
}

PostalDay read_day(yaml::Section& section) {
  const std::string zone = section.text_or("zone", "UTC", 64);
  const auto cutover = section.duration_or("cutover", 0us, 0us, 24h - 1min);
  if (cutover % 1min != 0us) section.refuse("cutover", "whole minutes, as 4h or 270min");
  const auto minutes = std::chrono::floor<std::chrono::minutes>(cutover);
  auto day = PostalDay::make(zone, minutes);
  if (day) return *std::move(day);
  if (!zone.empty()) {
    section.refuse("zone", "a zone of this machine's time zone database, as \"Europe/Berlin\"");
  }
  return {};
}

}  // namespace

SortPlans read_sort_plans(yaml::Section section) {
  PostalDay day = read_day(section);
  std::vector<SortPlan> plans;
  for (yaml::Section& plan : section.sections("plans", kPlans)) {
    // One whose time is refused must not fall together with another for that.
    const UtcTime otherwise{std::chrono::microseconds(static_cast<std::int64_t>(plans.size()) + 1)};
    plans.push_back(read_plan(plan, day, otherwise));
  }
  if (plans.empty()) {
    SortPlan only = SortPlans().at({});
    only.accepted = read_outlet(section, "accepted", only.accepted);
    only.diverted = read_outlet(section, "diverted", only.diverted);
    plans.push_back(std::move(only));
  }
  auto made = SortPlans::make(std::move(plans), std::move(day));
  if (made) return *std::move(made);
  section.refuse("plans", "plans of different times (" + made.error().message + ")");
  return {};
}

}  // namespace backstamp::station
