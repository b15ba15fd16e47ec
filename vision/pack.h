// Packs pictures of our own for people. In this process; never what came from outside as a file.
#pragma once

#include "base/bytes.h"
#include "base/error.h"
#include "vision/frame.h"

namespace backstamp::vision {

/// As JPEG, `quality` from 1 to 100. Fails (invalid) on an empty picture.
Result<Bytes> pack_jpeg(ImageView image, int quality);

}  // namespace backstamp::vision
