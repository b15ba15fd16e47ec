// `backstamp datacenter`: the data center itself.
#pragma once

#include <string>

namespace backstamp::programs {

/// Serves until SIGTERM or SIGINT; SIGHUP reads the list of stations again. The exit status.
int serve_datacenter(const std::string& config, const std::string& ready_file);

}  // namespace backstamp::programs
