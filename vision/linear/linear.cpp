#include "vision/linear/linear.h"

#include <cstddef>
#include <utility>

#include "vision/linear/box_looks.h"
#include "vision/linear/code128.h"
#include "vision/linear/itf.h"

namespace backstamp::vision {

LinearAttempt read_linear(ImageView face, const OrientedBox& box, LinearKinds kinds) {
  LinearAttempt attempt;
  BoxLooks looks(face, box);
  Code128Reader code128;
  for (std::size_t look = 0; look < BoxLooks::kLooks && looks.take(look); ++look) {
    Outlook outlook = Outlook::hopeless;
    if (kinds.code128) outlook = code128.step(looks, look, attempt);
    if (outlook == Outlook::hopeless) kinds.code128 = false;
    if (outlook != Outlook::read && kinds.itf) {
      const Outlook other = read_itf(looks, look, attempt);
      if (other == Outlook::hopeless)
        kinds.itf = false;
      else
        outlook = other;
    }
    if (outlook == Outlook::read) break;
    if (!kinds.code128 && !kinds.itf) break;
  }
  return attempt;
}

}  // namespace backstamp::vision
