#include "station/sorter/zone_rule.h"

#include <algorithm>

namespace backstamp::station {
namespace {

using namespace std::chrono;

/// Takes a POSIX TZ string apart from its front; `ok` is false from the first fault on.
struct Scanner {
  std::string_view rest;
  bool ok = true;

  bool at(char wanted) const { return !rest.empty() && rest[0] == wanted; }
  bool take(char wanted) {
    if (!at(wanted)) return false;
    rest.remove_prefix(1);
    return true;
  }
  void want(char wanted) { ok = take(wanted) && ok; }

  int number(int least, int most) {
    int value = 0;
    std::size_t digits = 0;
    for (; digits < 3 && !rest.empty() && rest[0] >= '0' && rest[0] <= '9'; ++digits) {
      value = 10 * value + (rest[0] - '0');
      rest.remove_prefix(1);
    }
    if (digits == 0 || value < least || value > most) ok = false;
    return ok ? value : least;
  }

  void name() {
    const bool quoted = take('<');
    std::size_t size = 0;
    const auto fits = [&](char c) {
      const bool letter = (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
      return letter || (quoted && ((c >= '0' && c <= '9') || c == '+' || c == '-'));
    };
    for (; !rest.empty() && fits(rest[0]); ++size) rest.remove_prefix(1);
    if (quoted) want('>');
    if (size < 3) ok = false;
  }

  /// hh[:mm[:ss]] with an optional sign.
  seconds time(int most_hours, bool may_be_negative) {
    const bool negative = at('-');
    if (negative || at('+')) {
      if (!may_be_negative) ok = false;
      rest.remove_prefix(1);
    }
    seconds value = hours(number(0, most_hours));
    if (take(':')) value += minutes(number(0, 59));
    if (at(':') && take(':')) value += seconds(number(0, 59));
    return negative ? -value : value;
  }

  ZoneRule::Day day() {
    using Form = ZoneRule::Day::Form;
    ZoneRule::Day day;
    if (take('M')) {
      day.form = Form::weekday;
      day.month = number(1, 12);
      want('.');
      day.week = number(1, 5);
      want('.');
      day.day = number(0, 6);
    } else if (take('J')) {
      day.form = Form::julian;
      day.day = number(1, 365);
    } else {
      day.day = number(0, 365);
    }
    if (take('/')) day.time = time(167, true);
    return day;
  }
};

}  // namespace

local_seconds ZoneRule::Day::in(year of) const {
  const local_days first = local_days(of / January / 1);
  switch (form) {
    case Form::zero_based:
      return first + days(day) + time;
    case Form::julian:
      return first + days(day - (of.is_leap() && day >= 60 ? 0 : 1)) + time;
    case Form::weekday:
      break;
  }
  const auto named = std::chrono::month(static_cast<unsigned>(month));
  const std::chrono::weekday wanted(static_cast<unsigned>(day));
  if (week == 5) return local_days(of / named / wanted[last]) + time;
  return local_days(of / named / wanted[static_cast<unsigned>(week)]) + time;
}

Result<ZoneRule> ZoneRule::parse(std::string_view text) {
  Scanner in{text};
  ZoneRule rule;
  in.name();
  rule.standard_ = -in.time(24, true);
  if (in.ok && !in.rest.empty()) {
    Summer summer;
    in.name();
    summer.offset = in.at(',') ? rule.standard_ + 1h : -in.time(24, true);
    in.want(',');
    summer.begin = in.day();
    in.want(',');
    summer.end = in.day();
    rule.summer_ = summer;
  }
  if (!in.ok || !in.rest.empty()) {
    return fail(ErrorKind::invalid, "time zone: its rule is none: \"" + std::string(text) + "\"");
  }
  return rule;
}

ZonePeriod ZoneRule::at(sys_seconds time) const {
  if (!summer_) return {sys_seconds::min(), sys_seconds::max(), standard_};
  const auto around = [&](seconds offset) {
    return year_month_day(floor<days>(time + offset)).year();
  };
  struct Change {
    sys_seconds at;
    seconds offset;
  };
  // Two a year, of five years: even those that lie a week beyond their year are among them. Where
  // both fall together summer time goes on (a zone that always has it).
  std::array<Change, 10> changes;
  const year middle = around(standard_);
  for (int i = 0; i < 5; ++i) {
    const year of = middle + years(i - 2);
    const auto utc = [](local_seconds local, seconds offset) {
      return sys_seconds(local.time_since_epoch() - offset);
    };
    const auto at = static_cast<std::size_t>(2 * i);
    changes[at] = {utc(summer_->end.in(of), summer_->offset), standard_};
    changes[at + 1] = {utc(summer_->begin.in(of), standard_), summer_->offset};
  }
  const auto earlier = [&](const Change& a, const Change& b) {
    if (a.at != b.at) return a.at < b.at;
    return a.offset == standard_ && b.offset != standard_;
  };
  std::sort(changes.begin(), changes.end(), earlier);
  const auto next = std::upper_bound(changes.begin(), changes.end(), time,
                                     [](sys_seconds t, const Change& c) { return t < c.at; });
  if (next == changes.begin()) return {sys_seconds::min(), next->at, standard_};
  const auto now = std::prev(next);
  return {now->at, next == changes.end() ? sys_seconds::max() : next->at, now->offset};
}

}  // namespace backstamp::station
