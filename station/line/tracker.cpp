#include "station/line/tracker.h"

#include <algorithm>
#include <cmath>

namespace backstamp::station {

using postal::PieceMark;

namespace {

/// What is left for reading a picture that came as late as it may.
constexpr std::chrono::microseconds kReadingTime{40'000};

}  // namespace

Tracker::Tracker(const LineLane& lane)
    : cameras_(static_cast<std::uint32_t>(std::min(lane.cameras.size(), kMostCameras))),
      all_((1u << cameras_) - 1),
      encoder_config_(lane.encoder),
      offset_counts_(lane.camera_offset_counts),
      delay_(lane.camera_delay),
      window_(lane.window),
      closest_(lane.closest),
      encoder_(lane.encoder.bits) {
  offset_counts_.resize(cameras_);
  delay_.resize(cameras_);
  for (const auto delay : delay_) longest_delay_ = std::max(longest_delay_, delay);
  await_frames_ = std::max(longest_delay_ + window_, lane.deadline - lane.reserve - kReadingTime);
  await_trigger_ = std::max(window_, await_frames_ / 2);
  open_.reserve(kMostOpenPieces);
  early_.reserve(kMostEarlyFrames);
}

Tracker::Opened Tracker::open(std::uint32_t slot, const Trigger& trigger) {
  Opened opened;
  if (trigger.encoder) {
    const std::uint64_t before = encoder_.reversals();
    opened.counts = encoder_.follow(*trigger.encoder);
    opened.reversed = encoder_.reversals() != before;
  }
  if (last_trigger_ && trigger.at - *last_trigger_ < closest_) {
    opened.marks |= static_cast<std::uint32_t>(PieceMark::too_close);
  }
  last_trigger_ = trigger.at;
  open_.push_back({slot, trigger.at, opened.counts, 0});
  return opened;
}

Tracker::Opened Tracker::open_untriggered(std::uint32_t slot, const Trigger& picture) {
  Opened opened;
  if (picture.encoder) opened.counts = encoder_.near(*picture.encoder);
  open_.push_back({slot, picture.at, opened.counts, 0});
  return opened;
}

double Tracker::distance(const OpenPiece& piece, const FrameSign& frame) const {
  if (piece.counts && frame.encoder && encoder_config_.tolerance_counts > 0) {
    if (const auto counts = encoder_.near(*frame.encoder)) {
      const std::int64_t due = *piece.counts + offset_counts_[frame.camera];
      return static_cast<double>(std::abs(*counts - due)) /
             static_cast<double>(encoder_config_.tolerance_counts);
    }
  }
  const SteadyTime due = piece.at + delay_[frame.camera];
  const auto off = frame.at > due ? frame.at - due : due - frame.at;
  return static_cast<double>(off.count()) /
         static_cast<double>(std::max<std::int64_t>(1, std::chrono::nanoseconds(window_).count()));
}

OpenPiece* Tracker::nearest(const FrameSign& frame) {
  OpenPiece* best = nullptr;
  double least = 1;
  for (OpenPiece& piece : open_) {
    if (piece.came >> frame.camera & 1) continue;
    const double far = distance(piece, frame);
    if (far <= least) {
      least = far;
      best = &piece;
    }
  }
  return best;
}

std::optional<std::uint32_t> Tracker::place(const FrameSign& frame, bool keep_early) {
  if (frame.camera >= cameras_) return std::nullopt;
  if (OpenPiece* piece = nearest(frame)) {
    piece->came |= 1u << frame.camera;
    return piece->slot;
  }
  if (keep_early) early_.push_back(frame);
  return std::nullopt;
}

std::optional<Tracker::Claimed> Tracker::claim() {
  for (auto frame = early_.begin(); frame != early_.end(); ++frame) {
    if (OpenPiece* piece = nearest(*frame)) {
      piece->came |= 1u << frame->camera;
      const Claimed claimed{frame->token, frame->camera, piece->slot};
      early_.erase(frame);
      return claimed;
    }
  }
  return std::nullopt;
}

bool Tracker::orphaned(const FrameSign& frame, SteadyTime now) const {
  const bool by_place = frame.encoder && encoder_config_.tolerance_counts > 0;
  return now - frame.at >= (by_place ? await_trigger_ : window_);
}

std::optional<FrameSign> Tracker::orphan(SteadyTime now) {
  const bool crowded = early_.size() >= kMostEarlyFrames;
  for (auto frame = early_.begin(); frame != early_.end(); ++frame) {
    if (crowded || orphaned(*frame, now)) {
      const FrameSign found = *frame;
      early_.erase(frame);
      return found;
    }
  }
  return std::nullopt;
}

SteadyTime Tracker::frames_due(const OpenPiece& piece) const {
  const bool by_place = piece.counts && encoder_config_.tolerance_counts > 0;
  return piece.at + (by_place ? await_frames_ : longest_delay_ + window_);
}

std::optional<Tracker::Closed> Tracker::close(SteadyTime now) {
  for (auto piece = open_.begin(); piece != open_.end(); ++piece) {
    const std::uint32_t missing = all_ & ~piece->came;
    if (missing == 0 || now >= frames_due(*piece)) {
      const Closed closed{piece->slot, missing};
      open_.erase(piece);
      return closed;
    }
  }
  return std::nullopt;
}

void Tracker::attach(std::uint32_t slot, std::uint32_t camera) {
  for (OpenPiece& piece : open_) {
    if (piece.slot == slot) piece.came |= 1u << camera;
  }
}

void Tracker::shift(std::chrono::nanoseconds by) {
  for (OpenPiece& piece : open_) piece.at += by;
  for (FrameSign& frame : early_) frame.at += by;
}

void Tracker::forget(std::uint32_t slot) {
  std::erase_if(open_, [slot](const OpenPiece& piece) { return piece.slot == slot; });
}

std::optional<SteadyTime> Tracker::next_due() const {
  std::optional<SteadyTime> due;
  const auto take = [&due](SteadyTime at) { due = due ? std::min(*due, at) : at; };
  for (const FrameSign& frame : early_) {
    take(frame.at +
         (frame.encoder && encoder_config_.tolerance_counts > 0 ? await_trigger_ : window_));
  }
  for (const OpenPiece& piece : open_) take(frames_due(piece));
  return due;
}

}  // namespace backstamp::station
