#include <cstring>
#include <opencv2/core/utility.hpp>

#include "vision/image_file.h"
#include "vision/pool/serve.h"
#include "vision/worker.h"

namespace backstamp::vision {
namespace {

constexpr std::size_t kAddressSpace = 3ull << 30;  // the codecs' libraries take half of one

Result<WireAnswer> unpack_request(const WireRequest& request, const WorkerMemory& memory) {
  if (request.work != Work::unpack || request.bytes > memory.input.size())
    return fail(ErrorKind::invalid, "a malformed request");
  const Result<Frame> frame = unpack_picture(memory.input.first(request.bytes));
  if (!frame) return std::unexpected(frame.error());
  const ImageView view = frame->view();
  const std::size_t bytes =
      static_cast<std::size_t>(view.width_px) * static_cast<std::size_t>(view.height_px);
  if (bytes > memory.output.size()) return fail(ErrorKind::limit, "more pixels than declared");
  std::memcpy(memory.output.data(), view.pixels, bytes);
  return WireAnswer{.width_px = static_cast<std::uint32_t>(view.width_px),
                    .height_px = static_cast<std::uint32_t>(view.height_px)};
}

/// Registers the codecs, which look into the environment and at files.
void warm_up() {
  cv::setNumThreads(1);
  static_cast<void>(unpack_picture(as_bytes("P5 1 1 255 x")));
}

}  // namespace

int image_worker_main(int argument_count, char** arguments) {
  return serve(argument_count, arguments, kAddressSpace, warm_up, unpack_request);
}

}  // namespace backstamp::vision
