// What the words of a PDF417 say.
#pragma once

#include <cstdint>
#include <optional>
#include <span>

#include "base/bytes.h"

namespace backstamp::vision::stacked {

/// The bytes of the data words behind the length word, by text, byte and numeric compaction
/// (ISO/IEC 15438, 5.4). Character set escapes are skipped; what follows the head of a control
/// block (Macro PDF417) is left out. Nothing for words that no encoder may write: reserved ones,
/// bytes beyond 255, numbers without their leading 1. Words are below 929.
std::optional<Bytes> content_of(std::span<const std::uint16_t> words);

}  // namespace backstamp::vision::stacked
