#include "station/capture/stream_watch.h"

#include <algorithm>
#include <cstring>
#include <utility>

namespace backstamp::station::capture {
namespace {

using namespace std::chrono_literals;

/// GigE Vision 1.x numbers frames with 16 bits and leaves out 0.
constexpr std::uint64_t kLastShortNumber = 0xFFFF;
constexpr std::uint64_t kMostLost = 1'000'000;
constexpr int kRun = 64;
constexpr int kPart = 8;

std::uint64_t mix(std::uint64_t hash, std::uint64_t word) {
  hash = (hash ^ word) * 0x9E37'79B9'7F4A'7C15u;
  return hash ^ hash >> 29;
}

}  // namespace

std::optional<std::uint64_t> print_of(vision::ImageView picture) {
  std::uint64_t hash = static_cast<std::uint64_t>(picture.width_px) << 32 |
                       static_cast<std::uint32_t>(picture.height_px);
  const std::uint64_t one_shade = picture.row(0)[0] * 0x0101'0101'0101'0101u;
  std::uint64_t other = 0;
  for (int y = 0; y < picture.height_px; ++y) {
    const std::uint8_t* row = picture.row(y);
    for (int x = y % kPart * kRun; x < picture.width_px; x += kPart * kRun) {
      const int run = std::min(kRun, picture.width_px - x);
      for (int at = 0; at < run; at += 8) {
        std::uint64_t word = one_shade;
        std::memcpy(&word, row + x + at, static_cast<std::size_t>(std::min(8, run - at)));
        other |= word ^ one_shade;
        hash = mix(hash, word);
      }
    }
  }
  if (other == 0) return std::nullopt;
  return hash;
}

std::uint64_t StreamWatch::gap_before(std::uint64_t number) {
  const auto before = std::exchange(number_, number);
  if (!before || number == *before) return 0;
  if (number > *before) {
    const std::uint64_t lost = number - *before - 1;
    return lost <= kMostLost ? lost : 0;  // no network drops so many: it counts anew
  }
  const bool wrapped = *before <= kLastShortNumber && *before > kLastShortNumber / 2 &&
                       number <= kLastShortNumber / 2;
  if (!wrapped) return 0;  // it counts anew
  return kLastShortNumber - *before + number - (number > 0 ? 1 : 0);
}

std::uint64_t StreamWatch::triggers_missed(const DriverFrame& frame) {
  if (!frame.trigger_count) return 0;
  const auto before = std::exchange(triggers_, frame.trigger_count);
  if (!before || *frame.trigger_count <= *before) return 0;
  const std::uint64_t missed = *frame.trigger_count - *before - 1;
  if (missed > kMostLost) return 0;
  return missed - std::min<std::uint64_t>(missed, damaged_);  // those came, and told no count
}

void StreamWatch::anew() {
  const auto triggers = triggers_;
  *this = {};
  triggers_ = triggers;
}

bool StreamWatch::clock_jump(const DriverFrame& frame) {
  if (!frame.camera_time_ns) return false;
  const auto before = std::exchange(camera_time_ns_, frame.camera_time_ns);
  const auto arrived_before = std::exchange(arrived_, frame.arrived);
  if (!before) return false;
  if (*frame.camera_time_ns < *before) return true;
  // Frames may wait for us on their way; beyond that the two clocks go alike to 0.1 %.
  const std::uint64_t elapsed_ns = *frame.camera_time_ns - *before;
  const auto ours = std::chrono::nanoseconds(frame.arrived - arrived_before);
  const auto ours_ns = static_cast<std::uint64_t>(std::max<std::int64_t>(ours.count(), 0));
  const std::uint64_t apart = elapsed_ns > ours_ns ? elapsed_ns - ours_ns : ours_ns - elapsed_ns;
  const std::chrono::nanoseconds leeway = 1s;
  return apart > static_cast<std::uint64_t>(leeway.count()) + ours_ns / 1000;
}

FrameFinding StreamWatch::see(const DriverFrame& frame) {
  FrameFinding finding;
  finding.lost = gap_before(frame.number);
  if (frame.state == FrameState::damaged) {
    finding.damaged_in_a_row = ++damaged_;  // its times may be damaged as well
    return finding;
  }
  // A trigger that the camera was too busy for has no number. Asked before damaged_ begins anew.
  finding.lost = std::max(finding.lost, triggers_missed(frame));
  finding.clock_jumped = clock_jump(frame);
  damaged_ = 0;
  if (frame.state != FrameState::good || !frame.file.empty()) return finding;
  const auto print = print_of(frame.pixels.view());
  finding.frozen = print && print_ == print;
  print_ = print;
  frozen_ = finding.frozen ? frozen_ + 1 : 0;
  finding.frozen_in_a_row = frozen_;
  return finding;
}

}  // namespace backstamp::station::capture
