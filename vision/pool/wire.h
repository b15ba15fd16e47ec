// What a pool and its workers say to each other. Small messages of fixed layout travel over a
// SOCK_SEQPACKET pair, one datagram each; pixels, files and answers lie in shared memory, a
// camera's frames in a ring that all workers of a pool map and none can write to. Neither side
// believes the other: every size is checked before it is used.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <type_traits>

#include "base/bytes.h"
#include "base/limits.h"
#include "vision/reading.h"
#include "vision/repair.h"

namespace backstamp::vision {

/// Where things lie in the shared memory of one worker: a face's pixels (rows packed) or a picture
/// file first, then the answer (an encoded FaceReading, pixels, or the text of an error).
inline constexpr std::size_t kInputBytes = limits::kImagePixels;
inline constexpr std::size_t kOutputBytes = limits::kImagePixels;
inline constexpr std::size_t kSharedBytes = kInputBytes + kOutputBytes;
static_assert(limits::kImageFileBytes <= kInputBytes);

inline constexpr std::uint32_t kWireMagic = 0x42537634;  // "BSv4": changes with the layout
inline constexpr std::size_t kCandidatesPerFrame = 256;
inline constexpr std::size_t kRungsPerFrame = 64;
inline constexpr std::size_t kRungNameBytes = 32;  ///< printable ASCII
inline constexpr std::size_t kFaceReadingBytes = 4u << 20;
static_assert(limits::kReadingsPerFrame * (4 * limits::kSymbolContentBytes + 256) +
                  kCandidatesPerFrame * 64 + kRungsPerFrame * 64 <
              kFaceReadingBytes);

/// `peer` is `read` done by ZXing-cpp alone, for comparison.
enum class Work : std::uint32_t { read = 1, unpack = 2, peer = 3 };

struct WireRequest {
  std::uint32_t magic = kWireMagic;
  Work work = Work::read;
  std::uint64_t number = 0;    ///< the answer carries it back
  std::uint32_t width_px = 0;  ///< read, peer: the face
  std::uint32_t height_px = 0;
  std::uint32_t stride_bytes = 0;                    ///< from one of its rows to the next
  std::uint32_t in_ring = 0;                         ///< 1: it lies in the ring of frames
  std::uint64_t offset = 0;                          ///< where it begins: in the ring, or the input
  std::uint64_t bytes = 0;                           ///< unpack: the file in the input
  std::int64_t budget_us = 0;                        ///< read
  std::uint32_t formats = 0;                         ///< read, peer: Formats::bits
  std::uint32_t effort = 0;                          ///< read
  std::array<std::uint8_t, kRepairLimits> repair{};  ///< read: in the order of repair_limits()
  std::array<std::uint8_t, 2> zero{};
};

enum class WireStatus : std::uint32_t { ready = 1, done = 2, failed = 3 };

struct WireAnswer {
  std::uint32_t magic = kWireMagic;
  WireStatus status = WireStatus::done;
  std::uint64_t number = 0;
  std::uint32_t width_px = 0;  ///< unpack: the pixels in the output
  std::uint32_t height_px = 0;
  std::uint64_t bytes = 0;  ///< read, peer: the encoded FaceReading; failed, ready: a text
  std::uint32_t error_kind = 0;
  std::uint32_t realtime = 0;  ///< ready: bits of Realtime that were allowed
};

/// What the machine allowed a worker, told with `ready`; the sentence for it is in the output.
enum class Realtime : std::uint32_t { pinned = 1, fifo = 2, niced = 4, locked = 8 };
inline constexpr std::size_t kRealtimeTextBytes = 512;  ///< printable ASCII

static_assert(std::is_trivially_copyable_v<WireRequest> && sizeof(WireRequest) == 72);
static_assert(std::is_trivially_copyable_v<WireAnswer> && sizeof(WireAnswer) == 40);

/// Repair limits as a request carries them, and back; none when one is not allowed.
std::array<std::uint8_t, kRepairLimits> encode_repair(const RepairLimits& limits);
std::optional<RepairLimits> decode_repair(const std::array<std::uint8_t, kRepairLimits>& bytes);

/// A face's reading as bytes, at most kFaceReadingBytes. Candidates past kCandidatesPerFrame and
/// rungs past kRungsPerFrame are left out, names past kRungNameBytes cut; margins and times are
/// brought into their range.
Bytes encode_face_reading(const FaceReading& reading);

/// The inverse, into a reading that is there: what memory its lists and texts have is used again.
/// False, and the reading left without meaning, when the bytes are not such an encoding. Everything
/// that comes out is in range: limits kept, numbers finite, texts valid UTF-8.
bool decode_face_reading(ByteView bytes, FaceReading& into);
std::optional<FaceReading> decode_face_reading(ByteView bytes);

/// Whether a face lies within memory of `bytes`: what both sides ask before they look at it.
bool lies_within(const WireRequest& request, std::uint64_t bytes);

/// Whether a text is short printable ASCII, as names of rungs are: it is printed as it came.
bool is_printable(ByteView text);

}  // namespace backstamp::vision
