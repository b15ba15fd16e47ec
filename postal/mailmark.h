// What a Royal Mail Mailmark says (Mailmark barcode definition document, September 2015).
#pragma once

#include <compare>
#include <cstddef>
#include <string>
#include <string_view>

#include "base/error.h"

namespace backstamp::postal {

/// The content of a 4-state Mailmark: barcode C when the supply chain identifier has 2 digits,
/// barcode L when it has 6. Supply chain and item identifier together name the piece.
struct Mailmark {
  static constexpr std::size_t kSizeC = 22;  ///< characters of text()
  static constexpr std::size_t kSizeL = 26;

  char format = '0';         ///< 0–4
  char version = '1';        ///< 1–4
  char mail_class = '0';     ///< 0–9, A–E
  std::string supply_chain;  ///< 2 digits (C) or 6 (L)
  std::string item;          ///< 8 digits
  std::string destination;   ///< postcode and delivery point suffix, or "XY11": international

  auto operator<=>(const Mailmark&) const = default;
  /// The fields in this order, the destination filled up to 9 characters with blanks: 22 or 26.
  std::string text() const;
  /// The strict inverse: all 22 or 26 characters, blanks at the end included.
  static Result<Mailmark> parse(std::string_view text);
};

}  // namespace backstamp::postal
