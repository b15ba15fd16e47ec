// Reading mail of which the truth is known: what was read, and how long it took.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "base/error.h"
#include "datasets/face_truth.h"
#include "datasets/score.h"
#include "vision/reader.h"

namespace backstamp::bench {

struct ReadPlan {
  std::filesystem::path mail;   ///< as datasets::KnownMail::open takes it
  bool peer = false;            ///< ZXing-cpp reads each face too, right after us
  unsigned threads = 1;         ///< more than 1: also how reading scales up to so many
  unsigned rounds = 1;          ///< each face is read so often; its shortest time counts
  std::size_t limit = 0;        ///< at most so many faces; 0: all
  bool processor_time = false;  ///< FaceReading::cpu instead of FaceReading::elapsed
  vision::ReadOptions how;
};

/// What one reader made of one face.
struct Attempt {
  bool answered = false;  ///< false: it died on the face, or was killed long after its time
  double ms = 0;          ///< locate and decode alone
  std::vector<datasets::SeenSymbol> seen;
  std::vector<std::string> rungs;  ///< of `seen`, in the same order
  datasets::FaceScore score;
};

struct FaceResult {
  datasets::FaceTruth truth;
  Attempt ours;
  std::optional<Attempt> peer;
};

/// What a rung of the ladder cost and gave on all faces.
struct RungTotal {
  std::string rung;
  std::uint64_t tries = 0;
  std::uint64_t reads = 0;  ///< by the ladder's own count
  std::uint64_t right = 0;  ///< of the readings that were reported, those that the truth has
  double us = 0;
};

/// How fast `threads` faces at a time are read: wall time, with the copying to the workers.
struct ThreadRate {
  unsigned threads = 1;
  std::uint64_t faces = 0;
  double seconds = 0;
};

struct ReadRun {
  std::vector<FaceResult> faces;
  std::vector<RungTotal> rungs;
  std::vector<ThreadRate> scaling;      ///< for 1 to ReadPlan::threads; empty for one thread
  std::vector<std::string> unreadable;  ///< faces without a picture or a truth that can be used
};

/// Called after every batch with the faces done so far.
using FacesDone = std::function<void(std::size_t faces)>;

/// Reads the mail in worker processes. Pictures are unpacked before they are timed, in batches of
/// at most 64 faces and 256 MiB. An Error means that the mail or a worker cannot be had at all.
Result<ReadRun> run_read(const ReadPlan& plan, const FacesDone& progress);

}  // namespace backstamp::bench
