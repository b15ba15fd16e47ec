// What else is on mail: paper and its tints, labels, pictures, stamps and postmarks, windows,
// decoys, wrinkles and smudges.
#pragma once

#include "datasets/mail/conditions.h"
#include "datasets/mail/surface.h"

namespace backstamp::datasets {

/// Blank paper of this size with its tint.
Surface make_paper(double width_mm, double height_mm, double px_per_mm,
                   const MailConditions& conditions, Random& random);

/// A white sticker, to be printed on.
void stick_label(Surface& surface, const FrameMm& frame, Random& random);
/// A picture as advertising bears it: clouds of grey, shapes and lines.
void draw_picture(Surface& surface, const RectMm& place, Random& random);
/// A firm's mark of this height; returns its width.
double draw_logo(Surface& surface, meter::PointMm at, double size_mm, double ink, Random& random);
/// A stamp with perforated edges and a value; returns its width.
double stick_stamp(Surface& surface, meter::PointMm at, Random& random);
/// Cancels what lies around `at`: a ring with place and date, its middle 15 mm left of `at`, and
/// waves or bars over it that reach `length_mm` to the right.
void postmark(Surface& surface, meter::PointMm at, double length_mm, Random& random);
/// A window: the sheet behind it, to be printed on, then the film over it with glare.
void open_window(Surface& surface, const RectMm& place, double radius_mm, Random& random);
void close_window(Surface& surface, const RectMm& place, double radius_mm, Random& random);

/// Dark lines of dirt or wet ink about `at`.
void smudge(Surface& surface, meter::PointMm at, Random& random);
/// A crease across the whole face that throws light and shadow.
void wrinkle(Surface& surface, Random& random);
/// Covers a part of a symbol: a pen line, a scratch or the corner of a sticker. Returns about which
/// share of the frame is hidden.
double cover_part(Surface& surface, const FrameMm& symbol, double share, Random& random);

/// Decoys; `ink` is what their ink sends back.
void draw_hatching(Surface& surface, const RectMm& place, double ink, Random& random);
void draw_rules(Surface& surface, const RectMm& place, double ink, Random& random);
void draw_checkerboard(Surface& surface, const RectMm& place, double ink, Random& random);
/// A bar fence at the pitch of a 4-state code, all of one height: no code.
void draw_fence(Surface& surface, const RectMm& place, double ink, Random& random);
/// Random modules without the structure of any symbology.
void draw_modules(Surface& surface, const RectMm& place, double ink, Random& random);

}  // namespace backstamp::datasets
