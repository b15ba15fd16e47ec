#include <optional>

#include "vision/formats/formats.h"

namespace backstamp::vision::formats {
namespace {

bool blank(std::uint8_t c) {
  return c == ' ' || c == '\t' || c == '\r' || c == '\n' || c == '\v' || c == '\f';
}

/// Reads the header's numbers: blanks and comments between them.
struct Scanner {
  ByteView file;
  std::size_t at = 2;

  /// None at the end of the file or at anything but a number (which `bad` tells).
  std::optional<std::uint32_t> number() {
    while (at < file.size() && (blank(file[at]) || file[at] == '#')) {
      if (file[at] == '#')
        while (at < file.size() && file[at] != '\n') ++at;
      else
        ++at;
    }
    if (at >= file.size()) return std::nullopt;
    bad = file[at] < '0' || file[at] > '9';
    if (bad) return std::nullopt;
    std::uint32_t value = 0;
    for (; at < file.size() && file[at] >= '0' && file[at] <= '9'; ++at) {
      value = value * 10 + static_cast<std::uint32_t>(file[at] - '0');
      if (value > 1'000'000) value = 1'000'000;  // over every limit anyhow
    }
    return value;
  }
  bool bad = false;
};

}  // namespace

Result<Size> inspect_pnm(ByteView file) {
  const bool plain = file[1] == '2' || file[1] == '3';
  const std::uint64_t channels = file[1] == '3' || file[1] == '6' ? 3 : 1;
  Scanner scan{file};
  const auto width = scan.number();
  const auto height = width ? scan.number() : std::nullopt;
  const auto maximum = height ? scan.number() : std::nullopt;
  if (!maximum) {
    if (scan.bad) return damaged("its header is not a row of numbers");
    return truncated("the file ends in its header");
  }
  if (*maximum == 0 || *maximum > 65535) return damaged("its maximum value is out of range");
  if (auto checked = check_size(*width, *height); !checked) return std::unexpected(checked.error());
  const std::uint64_t samples = std::uint64_t{*width} * *height * channels;
  if (plain) {
    for (std::uint64_t i = 0; i < samples; ++i) {
      if (scan.number()) continue;
      if (scan.bad) return damaged("a pixel is not a number");
      return truncated("pixels are missing");
    }
  } else {
    if (scan.at >= file.size()) return truncated("pixels are missing");
    if (!blank(file[scan.at])) return damaged("its header does not end in a blank");
    if (file.size() - scan.at - 1 < samples * (*maximum > 255 ? 2 : 1))
      return truncated("pixels are missing");
  }
  return Size{*width, *height};
}

}  // namespace backstamp::vision::formats
