// The section `log` of a configuration.
#pragma once

#include "base/log.h"
#include "base/yaml.h"

namespace backstamp {

struct LogConfig {
  LogForm form = LogForm::automatic;
  Severity level = Severity::info;  ///< what matters less is left out
};

/// `form`: auto, journald, rfc5424, plain; `level`: error, warning, notice, info, debug.
LogConfig read_log(yaml::Section section);

/// The log as configured.
Result<Logger> open_log(std::string program, const LogConfig& config);

}  // namespace backstamp
