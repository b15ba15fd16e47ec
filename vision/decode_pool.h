// Decoding in processes that may die: a picture that kills a decoder costs that picture an error.
#pragma once

#include <chrono>
#include <filesystem>
#include <memory>
#include <string>

#include "base/clock.h"
#include "base/error.h"
#include "base/realtime.h"
#include "vision/frame.h"
#include "vision/frame_ring.h"
#include "vision/reader.h"
#include "vision/reading.h"

namespace backstamp::vision {

struct DecodePoolOptions {
  unsigned workers = 1;                  ///< processes that read faces at the same time
  std::filesystem::path program_folder;  ///< where the worker programs lie; empty: beside this one
  std::filesystem::path decode_worker;   ///< another program than backstamp-decode-worker
  std::filesystem::path image_worker;    ///< another program than backstamp-image-worker
  /// Frames that lie in it are read where they lie. Decode workers can see all of it, and write to
  /// none.
  std::shared_ptr<FrameRing> ring{};
  /// What decode workers ask of the machine. A priority should be below that of the threads that
  /// wait for them: who hangs must be killed by somebody.
  RealtimeProfile profile{};
  /// A worker that has so much more memory for itself than when it was ready is replaced between
  /// two pictures.
  std::size_t growth_bytes = 256u << 20;
};

/// What workers cost since the start. Times are of decode workers alone.
struct PoolCounters {
  std::uint64_t crashes = 0;   ///< workers that died on a picture, or answered nonsense
  std::uint64_t killed = 0;    ///< workers that were killed at the deadline
  std::uint64_t grown = 0;     ///< workers that were replaced because they had grown
  std::uint64_t restarts = 0;  ///< decode workers that were started in the place of another
  unsigned ready = 0;          ///< decode workers that are at work or wait for it, spares included
  /// From a start to a worker that is ready.
  std::chrono::microseconds spare_start_last{};
  std::chrono::microseconds spare_start_max{};
  /// The longest time for which the place of a lost worker was vacant; none as long as a spare was
  /// there each time.
  std::chrono::microseconds vacant_max{};
};

/// Worker processes with shared memory: `backstamp-decode-worker` reads faces, `backstamp-image-
/// worker` unpacks picture files. Both have no network, no files and no keys. Thread-safe: as many
/// calls as workers run at once, further ones wait. Spares are kept ready, as many as workers but
/// at most two; one that dies, hangs or grows has its place taken at once. Image workers start with
/// the first unpack().
class DecodePool {
 public:
  static Result<DecodePool> start(DecodePoolOptions options);

  /// Reads a face. A worker that dies or overruns `deadline` (it is killed then) is a reading with
  /// cause decoder_crashed or out_of_time, not an Error; Errors mean that no worker can be had.
  Result<FaceReading> read(ImageView face, const ReadOptions& options, SteadyTime deadline);

  /// The same into a reading that is there, whose lists and texts lend their memory again: where a
  /// face has as many codes as the one before, nothing is allocated. After an Error `into` is
  /// without meaning.
  Result<void> read(ImageView face, const ReadOptions& options, SteadyTime deadline,
                    FaceReading& into);

  /// The same by the linked ZXing-cpp alone: the whole picture, its default options, those of
  /// `formats` that it knows. For comparison; a picture that it aborts on is decoder_crashed.
  Result<FaceReading> read_by_peer(ImageView face, Formats formats, SteadyTime deadline);

  /// Unpacks a picture file (PNG, JPEG, WebP, PGM, TIFF) to grey. Fails: invalid (not a picture,
  /// truncated, damaged; says which), limit (declared size over limits.h: checked before anything
  /// is unpacked), internal (the worker died on it), timeout.
  Result<Frame> unpack(ByteView file, SteadyTime deadline);

  PoolCounters counters() const;

  /// What the machine allowed the decode workers of their profile, as the newest one says.
  RealtimeState realtime() const;

  DecodePool(DecodePool&&) noexcept;
  DecodePool& operator=(DecodePool&&) noexcept;
  ~DecodePool();

 private:
  struct Impl;
  explicit DecodePool(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

/// Packs a picture as PNG, for evidence and reports. In this process; our own pixels only.
Result<Bytes> pack_png(ImageView image);

}  // namespace backstamp::vision
