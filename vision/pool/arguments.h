// What a worker program is started with.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "base/realtime.h"

namespace backstamp::vision {

/// Numbers of inherited descriptors, and how it is to run.
struct WorkerArguments {
  int socket = -1;
  int memory = -1;
  int ring = -1;               ///< the ring of frames; -1: none
  std::size_t ring_bytes = 0;  ///< its size
  RealtimeProfile profile{};
};

/// As the program's arguments, after its name: "3 4 5 1048576 cpus=0,1 fifo=10 nice=-5 lock";
/// without a ring "3 4 - 0".
std::vector<std::string> format_arguments(const WorkerArguments& arguments);

/// The inverse for main's arguments; none when they are no such thing.
std::optional<WorkerArguments> parse_arguments(int argument_count, char** arguments);

}  // namespace backstamp::vision
