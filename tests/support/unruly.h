// Faces that make a decode worker misbehave, for tests of what stands around it: a mark in the
// first sixteen pixels, which the program unruly-decode-worker obeys and the real one takes for
// pixels.
#pragma once

#include <array>
#include <cstdint>
#include <cstring>
#include <optional>

#include "vision/frame.h"

namespace backstamp::test {

enum class Unruly : std::uint8_t {
  abort = 1,     ///< as an assertion would
  segfault = 2,  ///< as a wild pointer would
  spin = 3,      ///< for ever
  leak = 4,      ///< `amount` MiB, touched and kept; then it reads
  nonsense = 5,  ///< a datagram that is no answer; `amount` says which (0 to 3)
  late = 6,      ///< reads, and answers `amount` milliseconds later
  garbage = 7,   ///< an answer of random bytes, `amount` KiB of them
  scribble = 8,  ///< tries to write to the frames of others; then it reads
  escape = 9,    ///< tries what its sandbox forbids, and looks for descriptors; then it reads
  lie = 10,      ///< a well-formed answer that nothing on the face supports
};
inline constexpr std::uint8_t kUnrulyKinds = 10;

/// What the worker lies about.
inline constexpr const char* kLie = "never printed";

struct UnrulyMark {
  Unruly what = Unruly::abort;
  std::uint32_t amount = 0;
};

inline constexpr std::size_t kMarkPixels = 16;
inline constexpr std::array<std::uint8_t, 8> kMarkMagic = {0x55, 0xAA, 'u', 'n',
                                                           'r',  'u',  'l', 'y'};

/// Puts a mark on a face of at least sixteen pixels a row.
inline void bear_mark(vision::Frame& face, UnrulyMark mark) {
  std::uint8_t* at = face.row(0);
  std::memset(at, 0, kMarkPixels);
  std::memcpy(at, kMarkMagic.data(), kMarkMagic.size());
  at[8] = static_cast<std::uint8_t>(mark.what);
  std::memcpy(at + 12, &mark.amount, sizeof mark.amount);
}

/// The mark that a face bears; none when it is as other faces.
inline std::optional<UnrulyMark> mark_of(vision::ImageView face) {
  if (face.height_px < 1 || face.width_px < static_cast<int>(kMarkPixels)) return std::nullopt;
  const std::uint8_t* at = face.row(0);
  if (std::memcmp(at, kMarkMagic.data(), kMarkMagic.size()) != 0) return std::nullopt;
  if (at[8] < 1 || at[8] > kUnrulyKinds) return std::nullopt;
  UnrulyMark mark{static_cast<Unruly>(at[8]), 0};
  std::memcpy(&mark.amount, at + 12, sizeof mark.amount);
  return mark;
}

}  // namespace backstamp::test
