#include "station/capture/strip_cutter.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "base/assert.h"
#include "postal/event.h"

namespace backstamp::station::capture {
namespace {

constexpr std::uint32_t bit(postal::PieceMark mark) {
  return static_cast<std::uint32_t>(mark);
}
constexpr std::uint32_t kTouching = bit(postal::PieceMark::touching);
constexpr std::uint32_t kOverlapping = bit(postal::PieceMark::overlapping);
constexpr std::uint32_t kTooLong = bit(postal::PieceMark::too_long);
constexpr std::uint32_t kCutShort = bit(postal::PieceMark::cut_short);

}  // namespace

void LineClock::begin_strip(std::optional<std::uint64_t> value, int lines_before) {
  // What went back, stood still or leapt says nothing of how fast it grows.
  constexpr std::uint64_t kMostPerLine = 1'000'000'000;
  if (base && value && *value > *base && lines_before > 0 &&
      *value - *base <= kMostPerLine * static_cast<std::uint64_t>(lines_before)) {
    per_line = static_cast<double>(*value - *base) / lines_before;
  }
  base = value;
}

std::optional<std::uint64_t> LineClock::on(std::optional<std::uint64_t> value, int lines) const {
  if (!value) return std::nullopt;
  return *value + static_cast<std::uint64_t>(per_line * std::max(lines, 0));
}

int strip_lines(const StripConfig& config) {
  // Before it a margin, and lines of the seam where it was cut; behind it belt, until it is enough.
  return config.longest_px + config.margin_px + config.gap_px +
         std::max(config.gap_px, config.margin_px);
}

StripCutter::StripCutter(const StripConfig& config, AcquireSlot acquire)
    : config_(config), acquire_(std::move(acquire)) {
  rows_.reserve(static_cast<std::size_t>(strip_lines(config_)));
}

void StripCutter::take(const vision::Capture& strip, std::vector<vision::Capture>& out) {
  const vision::ImageView view = strip.frame.view();
  if (view.width_px != width_px_) {
    break_off(out);
    width_px_ = view.width_px;
    history_.assign(
        static_cast<std::size_t>(config_.margin_px) * static_cast<std::size_t>(width_px_), 0);
  }
  arrived_ = strip.arrived;
  encoder_.begin_strip(strip.encoder, lines_before_);
  camera_time_.begin_strip(strip.camera_time_ns, lines_before_);
  for (int y = 0; y < view.height_px; ++y) line(view.row(y), strip, y, out);
  lines_before_ = view.height_px;
}

void StripCutter::line(const std::uint8_t* pixels, const vision::Capture& strip, int y,
                       std::vector<vision::Capture>& out) {
  const RowExtent extent = look_at_row(pixels, width_px_, config_);
  if (blob_ && extent.mail() && blob_->lines - 1 - blob_->last >= config_.gap_px) finish(out);
  if (!blob_ && extent.mail()) begin(strip, y);
  if (blob_) {
    append(pixels, extent);
    const int belt = blob_->lines - 1 - blob_->last;
    if (belt >= std::max(config_.gap_px, config_.margin_px)) {
      finish(out);
    } else if (blob_->last + 1 - blob_->first >= config_.longest_px) {
      overflow(out);
    }
  }
  if (extent.mail()) {
    history_lines_ = history_at_ = 0;
  } else {
    at_break_ = false;
    remember(pixels);
  }
}

/// Keeps the last lines of belt, for the margin of the next piece.
void StripCutter::remember(const std::uint8_t* pixels) {
  if (config_.margin_px == 0) return;
  const auto width = static_cast<std::size_t>(width_px_);
  std::memcpy(history_.data() + static_cast<std::size_t>(history_at_) * width, pixels, width);
  history_at_ = (history_at_ + 1) % config_.margin_px;
  history_lines_ = std::min(history_lines_ + 1, config_.margin_px);
}

void StripCutter::begin(const vision::Capture& strip, int y) {
  blob_.emplace();
  blob_->slot = acquire_(width_px_, strip_lines(config_));
  rows_.clear();
  blob_->data.frame_number = strip.frame_number;
  blob_->data.trigger_count = strip.trigger_count;
  blob_->data.encoder = encoder_.on(strip.encoder, y);
  blob_->data.camera_time_ns = camera_time_.on(strip.camera_time_ns, y);
  if (at_break_) blob_->marks |= kCutShort;  // who knows what came before
  const auto width = static_cast<std::size_t>(width_px_);
  const int oldest =
      (history_at_ + config_.margin_px - history_lines_) % std::max(config_.margin_px, 1);
  for (int i = 0; i < history_lines_; ++i) {
    const int at = (oldest + i) % config_.margin_px;
    append(history_.data() + static_cast<std::size_t>(at) * width, {});
  }
}

void StripCutter::append(const std::uint8_t* pixels, const RowExtent& extent) {
  BACKSTAMP_ASSERT(blob_->lines < strip_lines(config_));
  if (blob_->slot) {
    std::memcpy(blob_->slot->row(blob_->lines), pixels, static_cast<std::size_t>(width_px_));
  }
  if (extent.mail()) {
    if (blob_->first < 0) blob_->first = blob_->lines;
    blob_->last = blob_->lines;
    last_mail_arrived_ = arrived_;
  }
  rows_.push_back(extent);
  ++blob_->lines;
}

/// Lines of the blob in another slot, with room for `room` lines.
std::optional<vision::Frame> StripCutter::copy(int from, int until, int room) {
  auto slot = blob_->slot ? acquire_(width_px_, room) : std::nullopt;
  if (slot && until > from) {
    const auto lines = static_cast<std::size_t>(until - from);
    std::memcpy(slot->row(0), blob_->slot->row(from), lines * static_cast<std::size_t>(width_px_));
  }
  return slot;
}

/// What is known of a piece that begins at this line of the blob.
vision::Capture StripCutter::data_at(int line) const {
  vision::Capture data;
  data.frame_number = blob_->data.frame_number;
  data.trigger_count = blob_->data.trigger_count;
  data.encoder = encoder_.on(blob_->data.encoder, line - blob_->first);
  data.camera_time_ns = camera_time_.on(blob_->data.camera_time_ns, line - blob_->first);
  return data;
}

/// The pieces of the blob up to line `end`, which is a seam or behind the trailing margin.
std::vector<StripPart> StripCutter::parts_until(int end, const ProfileFinding& found) const {
  std::vector<StripPart> parts;
  StripPart part{0, end, blob_->first, blob_->marks};
  for (const int seam : found.seams) {
    part.marks |= kTouching;
    part.until = std::min(seam + config_.margin_px, blob_->lines);
    parts.push_back(part);
    part = {std::max(seam - config_.margin_px, 0), end, seam, blob_->marks | kTouching};
  }
  if (found.seams.empty() || found.seams.back() < end) parts.push_back(part);
  for (const int overlap : found.overlaps) {
    const auto later =
        std::ranges::find_if(parts, [&](const StripPart& p) { return p.begin > overlap; });
    if (later != parts.begin()) std::prev(later)->marks |= kOverlapping;
  }
  return parts;
}

/// Hands the parts over; the first takes the blob's own slot, and with it the blob is at its end.
void StripCutter::emit(const std::vector<StripPart>& parts, std::vector<vision::Capture>& out) {
  const std::size_t first_out = out.size();
  for (const StripPart& part : parts) {
    vision::Capture piece = data_at(part.begin);
    piece.arrived = last_mail_arrived_;
    piece.marks = part.marks;
    if (part.from > 0) {
      if (auto frame = copy(part.from, part.until, part.until - part.from)) {
        piece.frame = std::move(*frame);
      }
    }
    out.push_back(std::move(piece));
  }
  if (blob_->slot) {
    out[first_out].frame = std::move(*blob_->slot).reshaped(width_px_, parts.front().until);
    blob_->slot.reset();
  }
  for (std::size_t i = first_out; i < out.size(); ++i) {
    if (out[i].frame.empty()) out[i].fault = "no memory was free for the piece";
  }
}

/// The blob has ended: it is dirt, one piece, or as many as it has seams.
void StripCutter::finish(std::vector<vision::Capture>& out) {
  const int last = blob_->last;
  if (blob_->first < 0 || last - blob_->first + 1 < config_.shortest_px) {
    if ((blob_->marks & kTooLong) == 0) ++dirt_;
    blob_.reset();
    return;
  }
  const int end = std::min(last + 1 + config_.margin_px, blob_->lines);
  emit(parts_until(end, read_profile(rows_, blob_->first, last, config_.shortest_px)), out);
  blob_.reset();
}

/// The blob is as long as any piece may be, and goes on: it is cut at its last seam, or here.
void StripCutter::overflow(std::vector<vision::Capture>& out) {
  const auto found = read_profile(rows_, blob_->first, blob_->last, config_.shortest_px);
  const bool at_seam = !found.seams.empty();
  const int end = at_seam ? found.seams.back() : blob_->lines;
  StripBlob rest = rest_from(end, at_seam ? kTouching : kTooLong);
  if (!at_seam) blob_->marks |= kTooLong;
  ProfileFinding before = found;
  std::erase_if(before.overlaps, [&](int line) { return line >= end; });
  emit(parts_until(end, before), out);
  const auto gone = static_cast<std::ptrdiff_t>(rows_.size()) - rest.lines;
  rows_.erase(rows_.begin(), rows_.begin() + gone);
  blob_ = std::move(rest);
}

/// What begins at a line of the blob, with its margin, as a blob of its own.
StripBlob StripCutter::rest_from(int line, std::uint32_t marks) {
  const int from = line < blob_->lines ? std::max(line - config_.margin_px, 0) : line;
  StripBlob rest;
  rest.slot = copy(from, blob_->lines, strip_lines(config_));
  rest.lines = blob_->lines - from;
  rest.marks = marks;
  rest.data = data_at(line);
  for (int row = from; row < blob_->lines; ++row) {
    RowExtent& extent = rows_[static_cast<std::size_t>(row)];
    if (row < line) extent = {};  // the piece before: margin now
    if (!extent.mail()) continue;
    if (rest.first < 0) rest.first = row - from;
    rest.last = row - from;
  }
  return rest;
}

void StripCutter::break_off(std::vector<vision::Capture>& out) {
  if (blob_) {
    blob_->marks |= kCutShort;
    finish(out);
  }
  at_break_ = true;
  history_lines_ = history_at_ = 0;
  lines_before_ = 0;
  encoder_ = {};
  camera_time_ = {};
}

}  // namespace backstamp::station::capture
