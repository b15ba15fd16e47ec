// Minting many pieces from a file: one JSON object a line in, the same with its token out.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "meter/vault.h"

namespace backstamp::meter {

inline constexpr std::size_t kBatchLineBytes = 8u << 10;
inline constexpr std::uint64_t kBatchFileBytes = 256u << 20;

/// {"name": …, "lines": [...], "zip": "…", "service": 270, "postage": "0.406"}, optionally
/// "mailed": "2026-11-22" (else `today`) and "code_form": "meter" (else "imb"). Other keys are
/// carried along. Fails (invalid, limit).
Result<PieceRequest> parse_batch_line(std::string_view line, Date today);

/// A line of a batch and what it asks for; the text is borrowed from the input.
struct BatchLine {
  std::string_view text;
  PieceRequest request;
};

/// All lines of an input, blank ones left out. Fails (invalid, limit), naming the line.
Result<std::vector<BatchLine>> parse_batch(std::string_view input, Date today);

/// The line with "token" (hexadecimal), "code", "issuer", "meter", "counter" and "mailed" added.
std::string minted_line(std::string_view line, const PrintedPiece& piece);

/// Reads all lines of `input` before anything is minted (a fault names its line), mints them in
/// groups of kPiecesPerPrint with one commit each, and hands over each group's lines, newlines
/// included, once they are on record. Returns how many pieces there were.
Result<std::uint64_t> mint_batch(Vault& vault, std::string_view input, Date today,
                                 const std::function<Result<void>(std::string_view)>& write);

}  // namespace backstamp::meter
