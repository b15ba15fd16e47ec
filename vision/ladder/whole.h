// Looking at a whole picture with the library: for small pictures, and as the last rung on a face.
#pragma once

#include <vector>

#include "vision/frame.h"
#include "vision/ladder/effort.h"
#include "vision/reader.h"
#include "vision/reading.h"

namespace backstamp::vision {

/// The picture as it is, each format by itself, several symbols of a format one after the other;
/// when that gives nothing, changed pictures (twice and half the size, with a quiet zone, light for
/// dark, softened, turned by 45°) until one gives something. Steps that `effort` does not allow are
/// left out. Reentrant.
std::vector<Reading> read_whole(ImageView picture, Formats formats, Effort& effort);

/// The picture reduced to at most 640 pixels a side: the last rung on a face where nothing was
/// read. It finds what is too large for the locator, modules of more than 16 pixels (the close-up
/// of a symbol), at a small part of the cost of the whole face. Gives one symbol at most.
std::vector<Reading> read_reduced(ImageView picture, Formats formats, Effort& effort);

/// A picture at twice its size with a white margin around it, for symbols whose modules are too
/// small for the locator or that fill the picture to its edges.
Frame enlarged(ImageView picture);
/// Where a point of the enlarged picture lies in the picture, and the other way.
Point from_enlarged(Point p);
Point to_enlarged(Point p);

}  // namespace backstamp::vision
