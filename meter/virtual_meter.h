// A virtual meter: it has an account at the data center and prints what the meter box there mints.
// No key, no registers, no funds lie with it.
#pragma once

#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <vector>

#include "base/file.h"
#include "meter/data_center.h"
#include "meter/piece.h"

namespace backstamp::meter {

inline constexpr std::size_t kPiecesPerPostage = 100;  ///< the data center's limit for one request

/// Pieces that were paid for with one request.
struct PaidPieces {
  std::string request;
  std::vector<PrintedPiece> pieces;
};

/// A virtual meter in its folder, locked against other processes. Thread-bound.
///
/// A request is in the folder `outbox` on stable storage before it is sent, and its answer before
/// it is handed over: postage whose answer was lost is asked for again under the same name and
/// counts once, and paid pieces that were not printed are still there.
class VirtualMeter {
 public:
  /// Makes the folder, which must not exist or be empty. Fails: refused, invalid, io.
  static Result<void> create(const std::filesystem::path& folder, std::uint32_t meter);
  /// Is there a virtual meter in this folder (and not a vault)?
  static bool is_in(const std::filesystem::path& folder);
  /// Fails: not_found, refused (another process has it), invalid.
  static Result<VirtualMeter> open(const std::filesystem::path& folder);

  std::uint32_t meter() const { return meter_; }

  /// Pays for the pieces with one request: 1 to kPiecesPerPostage. Fails: invalid, limit, refused
  /// (funds, a locked account): then nothing was paid; unavailable, timeout: then it is open, and
  /// `recover` asks again.
  Result<PaidPieces> pay(std::span<const PieceRequest> requests, const Post& post);

  /// What was paid for, or may have been, and not printed: asks again where the answer is missing.
  /// Refused requests are dropped.
  Result<std::vector<PaidPieces>> recover(const Post& post);

  /// These pieces are printed, or given to whoever prints them.
  Result<void> printed(const std::string& request);

 private:
  VirtualMeter() = default;
  Result<PaidPieces> ask(const std::string& request, const std::string& body, const Post& post);
  std::filesystem::path asked_file(const std::string& request) const;
  std::filesystem::path answer_file(const std::string& request) const;

  std::filesystem::path folder_;
  UniqueFd lock_;
  std::uint32_t meter_ = 0;
};

}  // namespace backstamp::meter
