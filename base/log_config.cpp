#include "base/log_config.h"

#include <array>

namespace backstamp {

LogConfig read_log(yaml::Section section) {
  constexpr std::array<std::string_view, 4> kForms = {"auto", "journald", "rfc5424", "plain"};
  constexpr std::array<std::string_view, 5> kLevels = {"error", "warning", "notice", "info",
                                                       "debug"};
  LogConfig config;
  const std::string_view form = kForms[section.choice_or("form", 0, kForms)];
  const std::string_view least = kLevels[section.choice_or("level", 3, kLevels)];
  config.form = parse_log_form(form).value_or(config.form);
  config.level = parse_severity(least).value_or(config.level);
  return config;
}

Result<Logger> open_log(std::string program, const LogConfig& config) {
  return Logger::open(std::move(program), config.form, config.level);
}

}  // namespace backstamp
