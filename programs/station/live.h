// `backstamp station` on a live line.
#pragma once

#include <filesystem>

#include "station/config.h"

namespace backstamp::programs {

/// Runs until SIGTERM or SIGINT; SIGHUP reads the configuration again. The exit status.
int run_live(const std::filesystem::path& path, station::StationConfig config, bool json);

}  // namespace backstamp::programs
