// A symbol's modules as they were before a postmark's lines ran over them.
#pragma once

#include <optional>

#include "vision/grid/modules.h"

namespace backstamp::vision {

/// What a symbol is with the strokes over it taken off.
struct Lifted {
  Modules modules;     ///< trusted by how much of each the strokes leave to be seen
  Quad corners{};      ///< of the symbol, fitted anew
  bool plain = false;  ///< the strokes are so dark and long that there is no doubt of them
};

/// The modules with the strokes' darkness divided out; the symbol's corners, which strokes drag,
/// are fitted again without them. Strokes may run along the symbol's rows or along its columns,
/// within 31 degrees. None where nothing looks like strokes.
std::optional<Lifted> lift_strokes(ImageView face, const FixedPattern& pattern,
                                   const Quad& corners);

}  // namespace backstamp::vision
