// From what cameras send to 8-bit grey. Codes and packing as in the Pixel Format Naming Convention
// (PFNC 2.4) and, for the "Packed" formats, GigE Vision 1.2.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

#include "vision/frame.h"

namespace backstamp::station::capture {

/// How pixels lie in memory.
enum class Packing {
  unreadable,   ///< not a format that we make grey
  mono8,        ///< as we have it
  mono10,       ///< 16 bits each, least significant byte first; 10 of them used
  mono12,       ///< the same, 12
  mono14,       ///< the same, 14
  mono16,       ///< the same, all
  mono_packed,  ///< "Mono10Packed" and "Mono12Packed": two pixels in 3 bytes, the middle one shared
  mono10p,      ///< four pixels in 5 bytes, least significant bits first
  mono12p,      ///< two pixels in 3 bytes, least significant bits first
  bayer8,       ///< one colour a pixel, in any of the four orders
};

Packing packing_of(std::uint32_t pfnc);
/// "Mono8"; "0x02180014" for one that we do not know.
std::string format_name(std::uint32_t pfnc);
/// Bytes of one row of `width_px` without padding.
std::size_t row_bytes(Packing packing, int width_px);
/// Whether every row of this width begins on a byte: packed formats run on from row to row.
bool width_fits(Packing packing, int width_px);

/// Makes `to` of `from`: row by row, each `row_stride` bytes after the one before. Nothing happens
/// (false) when `from` is too short, or the packing cannot be read. Colour becomes the mean of each
/// 2 × 2 square of the mosaic.
bool to_grey(Packing packing, std::span<const std::uint8_t> from, std::size_t row_stride,
             vision::Frame& to);

}  // namespace backstamp::station::capture
