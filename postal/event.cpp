#include "postal/event.h"

#include <algorithm>

namespace backstamp::postal {
namespace {

bool letter_or_digit(char c) {
  return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
}

}  // namespace

bool valid_station_name(std::string_view name) {
  if (name.empty() || name.size() > 64 || !letter_or_digit(name[0])) return false;
  return std::all_of(name.begin(), name.end(),
                     [](char c) { return letter_or_digit(c) || c == '.' || c == '_' || c == '-'; });
}

}  // namespace backstamp::postal
