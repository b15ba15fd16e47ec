// Everything that will happen on a simulated line, worked out before its clock starts.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "programs/simulate/belt.h"
#include "programs/simulate/options.h"

namespace backstamp::simulate {

/// From the trigger to the first camera, and from each camera to the next.
inline constexpr double kFirstCamera_mm = 250;
inline constexpr double kNextCamera_mm = 40;
/// From the exposure to the last line of the picture in memory.
inline constexpr Micros kTransfer{4000};

/// What is wrong with one picture.
enum class PictureFault : std::uint8_t { none, away, damaged, frozen, wrong_size };

/// What a picture does to the worker that reads it.
enum class WorkerFault : std::uint8_t { none, crash, hang, bloat };

struct LanePlan {
  std::string name;  ///< "LANE-1"
  Belt belt;
  std::vector<std::vector<PictureFault>> pictures;  ///< by camera, by piece
  std::vector<WorkerFault> workers;                 ///< by piece
};

/// A span of time in which the link to the machine is broken, from the start of the run.
struct LinkFault {
  enum class Kind : std::uint8_t { cut, silence, nonsense };
  Kind kind = Kind::cut;
  Micros from{};
  Micros lasts{};  ///< of a cut, a silence
};

struct LinePlan {
  std::vector<LanePlan> lanes;
  std::vector<LinkFault> link;  ///< in the order of time
  Micros duration{};

  std::uint64_t pieces() const;
  std::vector<Belt> belts() const;
};

/// A pure function of its arguments. Lanes are staggered: the n-th of N begins n/N of the mean time
/// between two pieces later.
LinePlan plan_line(const Options& options, double seconds, std::span<const double> lengths_mm);

/// The travel from the trigger to a camera.
double camera_mm(std::size_t camera);
/// When a piece's picture is in memory; none when the belt does not come so far.
std::optional<Micros> pictured_at(const Belt& belt, const BeltPiece& piece, std::size_t camera);

}  // namespace backstamp::simulate
