#include <algorithm>
#include <optional>

#include "vision/formats/formats.h"

namespace backstamp::vision::formats {
namespace {

constexpr std::uint32_t kWidth = 256, kHeight = 257, kStripOffsets = 273, kStripCounts = 279,
                        kTileOffsets = 324, kTileCounts = 325;
constexpr std::uint32_t kShort = 3, kLong = 4;

/// One directory entry: where its values lie.
struct Values {
  std::uint32_t type = 0;
  std::uint32_t count = 0;
  std::size_t at = 0;
};

struct Directory {
  ByteView file;
  bool big_endian = false;
  std::optional<Values> width, height, offsets, counts;

  std::uint32_t u16(std::size_t at) const {
    return big_endian ? big16(file, at) : little16(file, at);
  }
  std::uint32_t u32(std::size_t at) const {
    return big_endian ? big32(file, at) : little32(file, at);
  }
  std::uint32_t value(const Values& v, std::uint32_t index) const {
    return v.type == kShort ? u16(v.at + std::size_t{2} * index)
                            : u32(v.at + std::size_t{4} * index);
  }
};

Result<void> read_directory(Directory& d) {
  if (d.file.size() < 8) return truncated("the file ends in its header");
  const std::size_t at = d.u32(4);
  if (at < 8) return damaged("its directory's place is out of range");
  if (at > d.file.size() || d.file.size() - at < 2)
    return truncated("its directory lies past the end of the file");
  const std::size_t entries = d.u16(at);
  if ((d.file.size() - at - 2) / 12 < entries)
    return truncated("its directory goes past the end of the file");
  for (std::size_t i = 0; i < entries; ++i) {
    const std::size_t entry = at + 2 + 12 * i;
    Values v{d.u16(entry + 2), d.u32(entry + 4), entry + 8};
    std::optional<Values>* wanted = nullptr;
    switch (d.u16(entry)) {
      case kWidth:
        wanted = &d.width;
        break;
      case kHeight:
        wanted = &d.height;
        break;
      case kStripOffsets:
      case kTileOffsets:
        wanted = &d.offsets;
        break;
      case kStripCounts:
      case kTileCounts:
        wanted = &d.counts;
        break;
      default:
        continue;
    }
    if ((v.type != kShort && v.type != kLong) || v.count == 0)
      return damaged("a directory entry is of the wrong type");
    const std::uint64_t bytes = std::uint64_t{v.count} * (v.type == kShort ? 2 : 4);
    if (bytes > 4) {
      v.at = d.u32(entry + 8);
      if (v.at > d.file.size() || d.file.size() - v.at < bytes)
        return truncated("a directory entry's values lie past the end of the file");
    }
    *wanted = v;
  }
  return {};
}

}  // namespace

Result<Size> inspect_tiff(ByteView file) {
  Directory d;
  d.file = file;
  d.big_endian = file[0] == 'M';
  if (auto read = read_directory(d); !read) return std::unexpected(read.error());
  if (!d.width || !d.height) return damaged("it does not declare its size");
  const Size size{d.value(*d.width, 0), d.value(*d.height, 0)};
  if (auto checked = check_size(size.width_px, size.height_px); !checked)
    return std::unexpected(checked.error());
  if (!d.offsets || !d.counts || d.offsets->count != d.counts->count)
    return damaged("it has no pixels");
  for (std::uint32_t i = 0; i < d.offsets->count; ++i) {
    const std::size_t at = d.value(*d.offsets, i);
    if (at > file.size() || file.size() - at < d.value(*d.counts, i))
      return truncated("pixels lie past the end of the file");
  }
  return size;
}

}  // namespace backstamp::vision::formats
