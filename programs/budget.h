// The time for one picture as it is given on a command line.
#pragma once

#include <chrono>
#include <string>

#include "base/error.h"
#include "vision/reader.h"

namespace backstamp::programs {

/// "50ms", "2s", "none" (vision::kNoBudget). Fails (invalid).
inline Result<std::chrono::microseconds> parse_budget(const std::string& text) {
  if (text == "none") return vision::kNoBudget;
  std::size_t digits = 0;
  while (digits < text.size() && text[digits] >= '0' && text[digits] <= '9') ++digits;
  const std::string unit = text.substr(digits);
  if (digits > 0 && digits <= 7) {
    const auto value = std::stoll(text.substr(0, digits));
    if (value > 0 && unit == "ms") return std::chrono::milliseconds(value);
    if (value > 0 && value < 3600 && unit == "s") return std::chrono::seconds(value);
  }
  return fail(ErrorKind::invalid, "--budget " + text + ": give 50ms, 2s or none");
}

}  // namespace backstamp::programs
