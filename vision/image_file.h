// Picture files with OpenCV's codecs. Unpacking happens in `backstamp-image-worker` alone.
#pragma once

#include "base/bytes.h"
#include "base/error.h"
#include "vision/frame.h"

namespace backstamp::vision {

/// Unpacks a picture file to grey in this process: use DecodePool::unpack outside workers and
/// tests. Pixels as they are stored: an EXIF orientation is ignored, so that outlines always refer
/// to the stored picture; transparent pixels are seen on white; 16 bits become 8. Fails as
/// DecodePool::unpack does.
Result<Frame> unpack_picture(ByteView file);

}  // namespace backstamp::vision
