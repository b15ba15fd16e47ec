// Which faces a simulation's mail consists of.
#pragma once

#include <string>
#include <vector>

#include "base/error.h"
#include "datasets/synthesizer.h"
#include "programs/simulate/mail.h"

namespace backstamp::simulate {

/// One face to be made.
struct PlannedFace {
  FaceKind kind = FaceKind::genuine;
  datasets::FaceClass face_class = datasets::FaceClass::typical;
  std::uint32_t minted = 0;    ///< which of the mint's pieces: its code, its address
  std::uint32_t token_of = 0;  ///< whose token it bears: another's when it is a copy
};

/// `count` faces of a mix by its name, "postal" or "plain"; their order follows from the seed.
/// Fails (invalid).
Result<std::vector<PlannedFace>> plan_mix(const std::string& mix, std::uint32_t count,
                                          std::uint64_t seed);

/// The shares of a mix, one line for people.
std::string describe_mix(const std::string& mix);

}  // namespace backstamp::simulate
