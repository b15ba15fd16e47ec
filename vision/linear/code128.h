// Reading a Code 128 in the looks at a box.
#pragma once

#include "vision/linear/box_looks.h"
#include "vision/linear/code128_pairs.h"
#include "vision/linear/linear.h"

namespace backstamp::vision {

/// One box's Code 128, look after look.
class Code128Reader {
 public:
  /// Looks for a symbol in the look just taken; what it finds goes into `attempt`.
  Outlook step(BoxLooks& looks, std::size_t look, LinearAttempt& attempt);

 private:
  bool worth_reading(const Code128Pair& pair, const Code128Pair& best) const;
  bool read(const BoxLooks& looks, const Code128Pair& pair, LinearAttempt& attempt);

  int characters_ = 0;  // of the symbol, once that is clear
};

}  // namespace backstamp::vision
