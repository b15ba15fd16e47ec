#include <chrono>
#include <cstdio>

#include "programs/doctor/checks.h"
#include "vision/decode_pool.h"

namespace backstamp::doctor {
namespace {

using namespace std::chrono_literals;

constexpr auto kLimit = 10s;
constexpr int kSide_px = 64;

}  // namespace

void check_workers(Findings& findings) {
  const char* remedy =
      "install all of Backstamp anew: the worker programs lie beside backstamp-station";
  const auto begin = std::chrono::steady_clock::now();
  auto pool = vision::DecodePool::start({});
  if (!pool) return findings.fault("workers", "", pool.error().message, remedy);
  const std::vector<std::uint8_t> white(kSide_px * kSide_px, 255);
  const vision::ImageView image{white.data(), kSide_px, kSide_px, kSide_px};
  const auto picture = vision::pack_png(image);
  if (!picture) return findings.fault("workers", "", picture.error().message, remedy);
  const auto unpacked = pool->unpack(*picture, begin + kLimit);
  if (!unpacked) {
    return findings.fault("workers", "backstamp-image-worker", unpacked.error().message, remedy);
  }
  const auto read = pool->read(unpacked->view(), {}, begin + kLimit);
  if (!read) {
    return findings.fault("workers", "backstamp-decode-worker", read.error().message, remedy);
  }
  const auto cause = read->cause;
  if (cause == postal::NoReadCause::decoder_crashed || cause == postal::NoReadCause::out_of_time) {
    return findings.fault("workers", "backstamp-decode-worker",
                          "does not read: " + std::string(to_string(cause)),
                          "look whether it is killed: seccomp, memory, an antivirus");
  }
  const std::chrono::duration<double, std::milli> took = std::chrono::steady_clock::now() - begin;
  char text[64];
  std::snprintf(text, sizeof text, "start, unpack and read in %.0f ms", took.count());
  findings.ok("workers", "", text);
}

}  // namespace backstamp::doctor
