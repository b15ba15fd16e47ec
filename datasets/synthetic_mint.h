// Real signed tokens for synthetic mail, all from one seed. Whoever knows the seed has the private
// keys: such a bundle belongs to demos and tests, never to a station that sees real mail.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/error.h"
#include "datasets/synthesizer.h"

namespace backstamp::datasets {

/// What goes onto one face.
struct SyntheticPiece {
  std::vector<SymbolContent> symbols;  ///< the token as Data Matrix, the code as IMb
  std::vector<std::string> address_lines;
  std::string postage;  ///< "0.730"
  std::string code;     ///< canonical: "imb:…"
};

/// Four meters of issuer 990 with keys from a seed. Thread-safe, immutable.
class SyntheticMint {
 public:
  /// Tokens bear `mailed`; their keys are valid from 2020 to 2049.
  static Result<SyntheticMint> make(std::uint64_t seed, Date mailed);
  /// The piece of this number, from 0: no two have the same token or code.
  Result<SyntheticPiece> piece(std::uint64_t index) const;
  /// Writes keys.bundle and root.pub, with which a station verifies the tokens.
  Result<void> write_keys(const std::filesystem::path& folder) const;

  SyntheticMint(SyntheticMint&&) noexcept;
  SyntheticMint& operator=(SyntheticMint&&) noexcept;
  ~SyntheticMint();

 private:
  struct Impl;
  explicit SyntheticMint(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace backstamp::datasets
