// The subcommands of backstamp-dataset. Each returns an exit code.
#pragma once

#include <CLI/CLI.hpp>
#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

#include "base/error.h"
#include "datasets/synthesizer.h"

namespace backstamp::programs {

struct MakeOptions {
  std::string folder;
  std::uint64_t seed = 1;
  std::uint32_t count = 100;
  std::string mix = "clean=20,typical=50,hard=20,blank=10";
  double px_per_mm = 8;
  double dpi = 0;  ///< over 0: instead of px_per_mm
  std::string shape = "any";
  std::string pieces;
  std::string mailed = "2026-11-20";
  unsigned threads = 1;
  std::string picture = "png";
  bool json = false;
};
int make_dataset(const MakeOptions& options);

/// One face in the order of the belt.
struct FaceJob {
  datasets::FaceRequest request;
  bool minted = false;  ///< symbols, address and postage come from the synthetic mint
};

/// `count` faces with the shares of `mix` ("clean=20,typical=80"), in an order given by the seed;
/// "postal" and "postal:clean=20,typical=80" are mailings.
/// Fails (invalid).
Result<std::vector<FaceJob>> jobs_of_mix(const std::string& mix, std::uint32_t count,
                                         std::uint64_t seed);
/// The faces of a --pieces file. Fails (invalid, limit), naming file and line.
Result<std::vector<FaceJob>> jobs_of_pieces(const std::string& path);

int info(const std::string& folder, bool json);
int verify(const std::string& folder, bool json);
int extract(const std::string& source, const std::string& folder, const std::string& names,
            bool json);
int truth(const std::string& source);

/// A line on standard error when work takes long: at once on a terminal, else every ten seconds.
class ProgressLine {
 public:
  ProgressLine(std::string program, std::string what);
  ~ProgressLine();
  ProgressLine(const ProgressLine&) = delete;
  ProgressLine& operator=(const ProgressLine&) = delete;
  /// `total` 0: not known.
  void show(std::uint64_t done, std::uint64_t total);

 private:
  std::string program_;
  std::string what_;
  bool terminal_;
  bool shown_ = false;
  std::chrono::steady_clock::time_point last_;
};

}  // namespace backstamp::programs
