// What the simulation and everything that it started take of the machine, by /proc.
#pragma once

#include <cstdint>
#include <map>
#include <string>

namespace backstamp::simulate {

/// Memory of this process and all its descendants: proportional set sizes summed, so that pages
/// that several of them share (frames, programs) are counted once. 0 where the kernel does not
/// tell.
std::uint64_t resident_bytes();

/// Seconds of the processor so far.
struct CpuTimes {
  double simulation = 0;  ///< threads of this process named "sim-…", and fake cameras
  double station = 0;     ///< the other threads of this process: the station
  double workers = 0;     ///< its children, those that ended among them
  std::map<std::string, double> threads;  ///< of the station's, by name
};
CpuTimes cpu_times();
CpuTimes operator-(const CpuTimes& end, const CpuTimes& begin);

/// How many processors this process may use.
unsigned processors();

}  // namespace backstamp::simulate
