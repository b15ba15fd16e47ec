// One picture a stage of the reader. Each function returns none where the face has nothing of the
// kind.
#pragma once

#include <optional>

#include "programs/read/canvas.h"
#include "vision/frame.h"
#include "vision/reading.h"

namespace backstamp::pictures {

/// Tiles that are more than paper: strokes where their edges have one direction, else grey.
programs::Canvas draw_texture(vision::ImageView half);
/// Boxes of matrix texture (solid) and of bars (dashed), and rows of even pitch (thick lines).
programs::Canvas draw_places(vision::ImageView face, vision::ImageView half);
/// A matrix code as it was seen with its grid, its modules as sampled, and corrected.
std::optional<programs::Canvas> draw_matrix(vision::ImageView face, vision::ImageView half,
                                            const vision::Reading& reading);
/// A PDF417 with its lattice, and how sure each of its words is.
std::optional<programs::Canvas> draw_stacked(vision::ImageView face, vision::ImageView half,
                                             const vision::Reading& reading);
/// A linear code, its profile, and the characters' places and margins.
std::optional<programs::Canvas> draw_linear(vision::ImageView face, vision::ImageView half,
                                            const vision::Reading& reading);
/// A row of 4-state bars, and the soft values of its half-bars.
std::optional<programs::Canvas> draw_bars(vision::ImageView face, vision::ImageView half,
                                          const vision::Reading& reading);

}  // namespace backstamp::pictures
