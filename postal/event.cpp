#include "postal/event.h"

#include <algorithm>
#include <array>
#include <string>

namespace backstamp::postal {
namespace {

bool letter_or_digit(char c) {
  return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
}

constexpr std::array<std::string_view, 3> kRoles{"induction", "pass", "delivery"};
constexpr std::array<std::string_view, 4> kSheds{"nothing", "faces", "effort", "reading"};

}  // namespace

std::string_view to_string(StationRole role) {
  const auto number = static_cast<std::size_t>(role);
  return number < kRoles.size() ? kRoles[number] : "unknown";
}

Result<StationRole> parse_station_role(std::string_view name) {
  const auto found = std::find(kRoles.begin(), kRoles.end(), name);
  if (found != kRoles.end()) return static_cast<StationRole>(found - kRoles.begin());
  return fail(ErrorKind::invalid,
              "role \"" + std::string(name) + "\" is none of induction, pass, delivery");
}

std::string_view to_string(Shed shed) {
  const auto number = static_cast<std::size_t>(shed);
  return number < kSheds.size() ? kSheds[number] : "unknown";
}

bool valid_rule(std::string_view rule) {
  return rule.size() <= kRuleBytes && std::all_of(rule.begin(), rule.end(), [](char c) {
           return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-';
         });
}

bool looks_like_picture(ByteView bytes) {
  const std::string_view text = as_text(bytes);
  return text.starts_with("\x89PNG\r\n\x1A\n") || text.starts_with("\xFF\xD8\xFF");
}

bool valid_station_name(std::string_view name) {
  if (name.empty() || name.size() > 64 || !letter_or_digit(name[0])) return false;
  return std::all_of(name.begin(), name.end(),
                     [](char c) { return letter_or_digit(c) || c == '.' || c == '_' || c == '-'; });
}

}  // namespace backstamp::postal
