// Decoding in processes that may die: a picture that kills a decoder costs that picture an error.
#pragma once

#include <chrono>
#include <filesystem>
#include <memory>
#include <string>

#include "base/clock.h"
#include "base/error.h"
#include "vision/frame.h"
#include "vision/reader.h"
#include "vision/reading.h"

namespace backstamp::vision {

struct DecodePoolOptions {
  unsigned workers = 1;                  ///< processes that read faces at the same time
  std::filesystem::path program_folder;  ///< where the worker programs lie; empty: beside this one
  std::filesystem::path decode_worker;   ///< another program than backstamp-decode-worker
  std::filesystem::path image_worker;    ///< another program than backstamp-image-worker
};

struct PoolCounters {
  std::uint64_t crashes = 0;  ///< workers that died on a picture
  std::uint64_t killed = 0;   ///< workers that were killed past the deadline
  std::uint64_t restarts = 0;
};

/// Worker processes with shared memory: `backstamp-decode-worker` reads faces, `backstamp-image-
/// worker` unpacks picture files. Both have no network, no files and no keys. Thread-safe: as many
/// calls as workers run at once, further ones wait. A spare worker is kept ready. Image workers
/// start with the first unpack().
class DecodePool {
 public:
  static Result<DecodePool> start(DecodePoolOptions options);

  /// Reads a face. A worker that dies or overruns `deadline` (it is killed then) is a reading with
  /// cause decoder_crashed or out_of_time, not an Error; Errors mean that no worker can be had.
  Result<FaceReading> read(ImageView face, const ReadOptions& options, SteadyTime deadline);

  /// The same by the linked ZXing-cpp alone: the whole picture, its default options, those of
  /// `formats` that it knows. For comparison; a picture that it aborts on is decoder_crashed.
  Result<FaceReading> read_by_peer(ImageView face, Formats formats, SteadyTime deadline);

  /// Unpacks a picture file (PNG, JPEG, WebP, PGM, TIFF) to grey. Fails: invalid (not a picture,
  /// truncated, damaged; says which), limit (declared size over limits.h: checked before anything
  /// is unpacked), internal (the worker died on it), timeout.
  Result<Frame> unpack(ByteView file, SteadyTime deadline);

  PoolCounters counters() const;

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
