#include "station/capture/strip_rows.h"

namespace backstamp::station::capture {
namespace {

constexpr int kBlock_px = 8;
constexpr int kMailInBlock = 7;

/// Blocks of mail that lie near one another.
struct Group {
  int first = -1;
  int last = -1;
  int mail_px = 0;
};

bool is_mail(const std::uint8_t* block, bool light_background, int threshold) {
  int mail = 0;
  for (int i = 0; i < kBlock_px; ++i) mail += block[i] > threshold ? 1 : 0;
  if (light_background) mail = kBlock_px - mail;
  return mail >= kMailInBlock;
}

}  // namespace

RowExtent look_at_row(const std::uint8_t* row, int width_px, const StripConfig& config) {
  RowExtent extent;
  Group group;
  const auto close = [&] {
    if (group.mail_px < config.narrowest_px) return;
    if (!extent.mail()) extent.left_px = group.first * kBlock_px;
    extent.right_px = (group.last + 1) * kBlock_px;
  };
  for (int block = 0; block < width_px / kBlock_px; ++block) {
    if (!is_mail(row + block * kBlock_px, config.light_background, config.threshold)) continue;
    if (group.first >= 0 && (block - group.last - 1) * kBlock_px >= config.narrowest_px) {
      close();
      group = {};
    }
    if (group.first < 0) group.first = block;
    group.last = block;
    group.mail_px += kBlock_px;
  }
  if (group.first >= 0) close();
  return extent;
}

}  // namespace backstamp::station::capture
