#include "station/capture/features.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <map>
#include <optional>

namespace backstamp::station::capture {
namespace {

using Features = std::vector<std::pair<std::string, std::string>>;

std::optional<double> number(std::string_view text) {
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || !std::isfinite(value)) return {};
  return value;
}

std::string_view truth_as_number(std::string_view text) {
  if (text == "true" || text == "True") return "1";
  if (text == "false" || text == "False") return "0";
  return text;
}

Result<void> verify(Driver& driver, const std::string& name, const std::string& wanted) {
  const auto read = driver.feature(name);
  if (!read) return std::unexpected(read.error());
  if (!*read || same_value(wanted, **read)) return {};
  return fail(ErrorKind::refused, name + " is " + **read + " after it was set to " + wanted);
}

/// Those that are set once. What is set more than once stands behind a selector ("ChunkEnable" of
/// each "ChunkSelector") and was read back while its selector stood there.
Features final_values(const Features& features) {
  std::map<std::string, std::size_t> times;
  for (const auto& feature : features) ++times[feature.first];
  Features last;
  for (const auto& feature : features) {
    if (times[feature.first] == 1) last.push_back(feature);
  }
  return last;
}

}  // namespace

bool same_value(std::string_view wanted, std::string_view read) {
  wanted = truth_as_number(wanted);
  read = truth_as_number(read);
  if (wanted == read) return true;
  const auto want = number(wanted);
  const auto is = number(read);
  if (!want || !is) return false;
  const bool whole = read.find_first_of(".eE") == std::string_view::npos;
  if (whole) return *want == *is;
  return std::abs(*want - *is) <= 0.01 * std::max(std::abs(*want), std::abs(*is));
}

Result<void> apply_features(Driver& driver, const Features& features) {
  for (const auto& [name, value] : features) {
    if (auto set = driver.set_feature(name, value); !set) return set;
    if (auto same = verify(driver, name, value); !same) return same;
  }
  for (const auto& [name, value] : final_values(features)) {
    if (auto same = verify(driver, name, value); !same) return same;
  }
  return {};
}

}  // namespace backstamp::station::capture
