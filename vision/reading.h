// What reading a face gives: every code on it, and what looked like one but was not read.
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "postal/symbology.h"
#include "postal/verdict.h"

namespace backstamp::vision {

struct Point {
  float x = 0;  ///< pixels of the frame
  float y = 0;
};

/// Four corners in the order of the symbol's own top-left, top-right, bottom-right, bottom-left,
/// as far as the symbology tells; else clockwise from the top-left of the picture.
using Quad = std::array<Point, 4>;

/// A place on the face that may hold a symbol.
struct Candidate {
  Quad outline{};
  std::optional<postal::Symbology> looks_like;
  float module_px = 0;  ///< module, X-dimension or (4-state) pitch; 0 when unknown
  float score = 0;      ///< 0..1, how much it looks like a symbol
  postal::NoReadCause cause = postal::NoReadCause::located_not_decoded;
  float contrast = 0;  ///< 0..1; 0 when not measured
  /// As Reading's; 0 when there was more damage than correction, -1 when it did not come so far.
  float correction_margin = -1;
};

/// A symbol that was read: something proved it (CRC, Reed-Solomon, check digit, structure).
struct Reading {
  postal::Symbology symbology = postal::Symbology::data_matrix;
  Bytes content;     ///< the content bytes; of an IMb its digits
  std::string text;  ///< the same as valid UTF-8
  Quad outline{};
  float module_px = 0;    ///< module, X-dimension or (4-state) pitch; 0 when not measured
  float contrast = 0;     ///< 0..1; 0 when not measured
  int repaired_bars = 0;  ///< 4-state: bars that the check code proved wrong and repaired
  /// 0..1: the unused share of the error correction; of codes without any, how far the picture was
  /// from the doubt at which they are refused; -1: not known.
  float correction_margin = -1;
  std::chrono::nanoseconds spent{};  ///< on this symbol, from its candidate to its content
  bool gs1 = false;                  ///< the symbol says that its content is GS1 element strings
  std::string rung;  ///< which step of the ladder read it: "grid", "whole", "imb", …
};

/// The facing identification mark of the USPS: no code, but it tells which way up the piece is.
struct FacingMark {
  char kind = 'A';           ///< 'A' to 'E'
  bool upside_down = false;  ///< it lies where it does when the face is upside down
  Quad outline{};            ///< in the order of the upright face
};

/// What one rung of the ladder cost on a face, and what it gave.
struct RungCost {
  std::string rung;  ///< as in Reading::rung; "locate" and others that read nothing by themselves
  std::uint32_t tries = 0;
  std::uint32_t reads = 0;
  std::chrono::nanoseconds spent{};
};

/// All that one face gave.
struct FaceReading {
  std::vector<Reading> readings;  ///< at most limits::kReadingsPerFrame
  std::vector<Candidate> unread;  ///< located, not read
  std::vector<RungCost> rungs;    ///< in the order in which they were first tried
  std::optional<FacingMark> facing_mark;
  postal::NoReadCause cause = postal::NoReadCause::nothing_found;  ///< none when something was read
  /// Units of work that were charged (ReadOptions::effort). Where a clock ended the work, the same
  /// face with this much effort and no clock gives the same reading again.
  std::uint32_t effort = 0;
  bool ended_by_clock = false;
  std::chrono::nanoseconds elapsed{};  ///< locate + decode alone
  /// The processor's time for it, which other work on the machine does not stretch; measured in
  /// worker processes, else 0.
  std::chrono::nanoseconds cpu{};
};

/// A reading of which nothing is known but why there is none; its lists keep their memory.
inline void set_unread(FaceReading& reading, postal::NoReadCause cause) {
  reading.readings.clear();
  reading.unread.clear();
  reading.rungs.clear();
  reading.facing_mark.reset();
  reading.cause = cause;
  reading.effort = 0;
  reading.ended_by_clock = false;
  reading.elapsed = reading.cpu = {};
}

}  // namespace backstamp::vision
