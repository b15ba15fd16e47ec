#include "uplink/spool/position.h"

#include "base/crc32c.h"
#include "base/file.h"

namespace backstamp::uplink::spool {
namespace {

constexpr std::string_view kMagic = "BSTPOSN1";
constexpr std::size_t kSlotBytes = 36;       // magic, counter, epoch, acknowledged, CRC-32C
constexpr std::uint64_t kSlotStride = 4096;  // different blocks, so that one torn write harms one
constexpr std::uint64_t kFileLimit = 2 * kSlotStride;

void put(std::uint64_t value, std::size_t bytes, Bytes& out) {
  for (std::size_t i = 0; i < bytes; ++i)
    out.push_back(static_cast<std::uint8_t>(value >> (8 * i)));
}

std::uint64_t get(ByteView from, std::size_t offset, std::size_t bytes) {
  std::uint64_t value = 0;
  for (std::size_t i = 0; i < bytes; ++i)
    value |= static_cast<std::uint64_t>(from[offset + i]) << (8 * i);
  return value;
}

bool good_slot(ByteView slot) {
  return as_text(slot.first(kMagic.size())) == kMagic &&
         get(slot, kSlotBytes - 4, 4) == crc32c(slot.first(kSlotBytes - 4));
}

}  // namespace

Result<PositionFile> PositionFile::open(const std::filesystem::path& path, Storage& storage) {
  PositionFile position;
  const auto content = read_file(path, kFileLimit);
  const bool create = !content && content.error().kind == ErrorKind::not_found;
  if (!content && !create) return std::unexpected(content.error());
  for (std::uint64_t at = 0; content && at + kSlotBytes <= content->size(); at += kSlotStride) {
    const ByteView slot = ByteView(*content).subspan(at, kSlotBytes);
    if (!good_slot(slot) || get(slot, 8, 8) < position.counter_) continue;
    position.counter_ = get(slot, 8, 8);
    position.stored_ = Position{get(slot, 16, 8), get(slot, 24, 8)};
  }
  auto file = storage.open(path, create);
  if (!file) return std::unexpected(file.error());
  position.file_ = std::move(*file);
  return position;
}

Result<void> PositionFile::store(const Position& position) {
  Bytes slot;
  slot.insert(slot.end(), kMagic.begin(), kMagic.end());
  put(counter_ + 1, 8, slot);
  put(position.epoch, 8, slot);
  put(position.acknowledged, 8, slot);
  put(crc32c(slot), 4, slot);
  const std::uint64_t offset = (counter_ + 1) % 2 * kSlotStride;
  if (auto written = write_fully(*file_, offset, slot); !written) return written;
  if (auto synced = file_->sync(); !synced) return synced;
  ++counter_;
  stored_ = position;
  return {};
}

}  // namespace backstamp::uplink::spool
