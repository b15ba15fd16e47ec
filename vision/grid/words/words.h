// Which modules of a matrix symbol make which words of its error correction.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "base/reed_solomon.h"
#include "postal/symbology.h"
#include "vision/repair.h"

namespace backstamp::vision {

/// The layout of one symbol. A module is numbered row · columns + column.
struct WordLayout {
  /// A block that is corrected by itself: numbers of its words, data first, checks last.
  struct Block {
    std::vector<std::uint16_t> words{};
    int checks = 0;
  };
  const GaloisField* field = nullptr;
  int word_bits = 0;
  int first_root = 1;
  std::vector<std::uint16_t> modules{};  ///< [word × word_bits + bit], the highest bit first
  std::vector<Block> blocks{};
  std::vector<std::uint8_t> mask{};  ///< by module: 1 where printed inverted; empty: none

  std::size_t words() const { return modules.size() / static_cast<std::size_t>(word_bits); }
};

/// The layout of a symbol with these modules (soft values by module: above 0 dark, the distance
/// from 0 how sure). Of a Data Matrix the size tells it; an Aztec's mode message and a QR Code's
/// format information are read and corrected first. None when they cannot be, and for sizes that
/// the symbology does not have.
std::optional<WordLayout> word_layout(postal::Symbology symbology, int columns, int rows,
                                      std::span<const float> soft);

/// What correcting a symbol found: the modules as they should be (1 dark), and the share of the
/// checks that was not needed.
struct CorrectedModules {
  std::vector<std::uint8_t> dark;
  float margin = 0;
};

/// Blocks that one look at a symbol has solved already, for further looks at the same symbol.
struct SolvedBlocks {
  std::vector<std::uint8_t> mask;  ///< of the layout that they belong to
  struct Block {
    std::vector<std::uint16_t> words;  ///< empty: not solved
    int spent = 0;
  };
  std::vector<Block> blocks;
};

/// Corrects a symbol by its own redundancy. The least sure words of a block are given up, more and
/// more of them, until it agrees (generalised minimum distance decoding: Forney 1966); blocks that
/// earlier looks have solved are taken from `solved`. The checks that `limits` name stay unspent:
/// noise passes with a probability under 2^(−word_bits · spare) a try, of which there are at most
/// eight a block and look.
std::optional<CorrectedModules> correct_modules(const WordLayout& layout,
                                                std::span<const float> soft, SolvedBlocks& solved,
                                                const RepairLimits& limits = {});
/// The same from one look alone.
std::optional<CorrectedModules> correct_modules(const WordLayout& layout,
                                                std::span<const float> soft);

}  // namespace backstamp::vision
