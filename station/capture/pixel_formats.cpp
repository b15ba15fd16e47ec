#include "station/capture/pixel_formats.h"

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstring>

namespace backstamp::station::capture {
namespace {

struct Format {
  std::uint32_t code;
  const char* name;
  Packing packing;
};
constexpr std::array kFormats{
    Format{0x01080001, "Mono8", Packing::mono8},
    Format{0x01100003, "Mono10", Packing::mono10},
    Format{0x010C0004, "Mono10Packed", Packing::mono_packed},
    Format{0x01100005, "Mono12", Packing::mono12},
    Format{0x010C0006, "Mono12Packed", Packing::mono_packed},
    Format{0x01100025, "Mono14", Packing::mono14},
    Format{0x01100007, "Mono16", Packing::mono16},
    Format{0x010A0046, "Mono10p", Packing::mono10p},
    Format{0x010C0047, "Mono12p", Packing::mono12p},
    Format{0x01080008, "BayerGR8", Packing::bayer8},
    Format{0x01080009, "BayerRG8", Packing::bayer8},
    Format{0x0108000A, "BayerGB8", Packing::bayer8},
    Format{0x0108000B, "BayerBG8", Packing::bayer8},
    Format{0x02180014, "RGB8", Packing::unreadable},
    Format{0x02180015, "BGR8", Packing::unreadable},
};

const Format* find(std::uint32_t code) {
  const auto* found = std::ranges::find(kFormats, code, &Format::code);
  return found == kFormats.end() ? nullptr : found;
}

/// Pixels in a group, and the bytes it takes.
struct Group {
  std::size_t pixels;
  std::size_t bytes;
};
Group group_of(Packing packing) {
  switch (packing) {
    case Packing::mono10:
    case Packing::mono12:
    case Packing::mono14:
    case Packing::mono16:
      return {1, 2};
    case Packing::mono_packed:
    case Packing::mono12p:
      return {2, 3};
    case Packing::mono10p:
      return {4, 5};
    default:
      return {1, 1};
  }
}

void row_of_words(const std::uint8_t* from, int shift, std::uint8_t* to, int width) {
  for (int x = 0; x < width; ++x) {
    const unsigned value = from[2 * x] | static_cast<unsigned>(from[2 * x + 1]) << 8;
    to[x] = static_cast<std::uint8_t>(std::min(value >> shift, 255u));
  }
}

/// Whole groups only: width_fits() has been asked.
void row_of_groups(Packing packing, const std::uint8_t* from, std::uint8_t* to, int width) {
  if (packing == Packing::mono10p) {
    for (int x = 0; x < width; x += 4, from += 5) {
      to[x] = static_cast<std::uint8_t>(from[0] >> 2 | from[1] << 6);
      to[x + 1] = static_cast<std::uint8_t>(from[1] >> 4 | from[2] << 4);
      to[x + 2] = static_cast<std::uint8_t>(from[2] >> 6 | from[3] << 2);
      to[x + 3] = from[4];
    }
    return;
  }
  for (int x = 0; x < width; x += 2, from += 3) {
    to[x] = packing == Packing::mono12p ? static_cast<std::uint8_t>(from[0] >> 4 | from[1] << 4)
                                        : from[0];
    to[x + 1] = from[2];
  }
}

void row_of_mosaic(const std::uint8_t* from, const std::uint8_t* next, std::uint8_t* to,
                   int width) {
  for (int x = 0; x < width; ++x) {
    const int beside = x + 1 < width ? x + 1 : std::max(x - 1, 0);
    to[x] = static_cast<std::uint8_t>((from[x] + from[beside] + next[x] + next[beside] + 2) / 4);
  }
}

}  // namespace

Packing packing_of(std::uint32_t pfnc) {
  const Format* format = find(pfnc);
  return format == nullptr ? Packing::unreadable : format->packing;
}

std::string format_name(std::uint32_t pfnc) {
  if (const Format* format = find(pfnc)) return format->name;
  char text[16];
  std::snprintf(text, sizeof text, "0x%08X", pfnc);
  return text;
}

std::size_t row_bytes(Packing packing, int width_px) {
  const Group group = group_of(packing);
  return (static_cast<std::size_t>(width_px) + group.pixels - 1) / group.pixels * group.bytes;
}

bool width_fits(Packing packing, int width_px) {
  return packing != Packing::unreadable && width_px > 0 &&
         static_cast<std::size_t>(width_px) % group_of(packing).pixels == 0;
}

bool to_grey(Packing packing, std::span<const std::uint8_t> from, std::size_t row_stride,
             vision::Frame& to) {
  const int width = to.width_px();
  const auto height = static_cast<std::size_t>(std::max(to.height_px(), 0));
  if (!width_fits(packing, width) || height == 0) return false;
  const std::size_t row = row_bytes(packing, width);
  if (row_stride < row || from.size() < row) return false;
  if ((from.size() - row) / row_stride < height - 1) return false;
  for (std::size_t y = 0; y < height; ++y) {
    const std::uint8_t* source = from.data() + y * row_stride;
    std::uint8_t* target = to.row(static_cast<int>(y));
    switch (packing) {
      case Packing::mono8:
        std::memcpy(target, source, row);
        break;
      case Packing::mono10:
        row_of_words(source, 2, target, width);
        break;
      case Packing::mono12:
        row_of_words(source, 4, target, width);
        break;
      case Packing::mono14:
        row_of_words(source, 6, target, width);
        break;
      case Packing::mono16:
        row_of_words(source, 8, target, width);
        break;
      case Packing::bayer8: {
        const std::size_t beside = y + 1 < height ? y + 1 : (y > 0 ? y - 1 : 0);
        row_of_mosaic(source, from.data() + beside * row_stride, target, width);
        break;
      }
      default:
        row_of_groups(packing, source, target, width);
        break;
    }
  }
  return true;
}

}  // namespace backstamp::station::capture
