// What was found on a face, drawn over it.
#pragma once

#include <filesystem>
#include <string>

#include "base/error.h"
#include "programs/read/canvas.h"
#include "vision/frame.h"
#include "vision/reading.h"

namespace backstamp::programs {

/// The file for a picture of that name: "a/b.png" becomes FOLDER/b.reads.png.
std::filesystem::path reading_picture_path(const std::filesystem::path& folder,
                                           const std::string& name);

/// The face, paler, with the outlines of what was read (solid) and of what was located and not read
/// (dashed), numbered in the order in which both are listed.
Canvas picture_of(vision::ImageView face, const vision::FaceReading& reading);

/// Writes it as PNG. Overwrites.
Result<void> draw_reading(vision::ImageView face, const vision::FaceReading& reading,
                          const std::filesystem::path& file);

}  // namespace backstamp::programs
