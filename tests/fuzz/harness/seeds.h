// What the files of seeds share: fuzz_seeds writes one file a seed into FOLDER/TARGET.
#pragma once

#include <string>
#include <string_view>

#include "base/bytes.h"
#include "postal/codes.h"

namespace backstamp {

/// The next seed of a target.
void seed(const std::string& target, ByteView content);
void seed(const std::string& target, std::string_view text);

extern const postal::Imb kImb;  ///< of the pieces that the seeds are about

/// Those of the targets that take pictures, bars or what workers answer (vision_seeds.cpp).
void vision_seeds();
/// Those of what is spoken with the sorting machine, and of time zones (sorter_seeds.cpp).
void sorter_seeds();

}  // namespace backstamp
