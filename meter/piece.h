// A piece as a meter knows it: what is asked for, what is put on record, what is printed.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/clock.h"
#include "postal/codes.h"
#include "postal/money.h"
#include "postal/token.h"

namespace backstamp::meter {

/// What is to be paid for.
struct PieceRequest {
  std::string routing;        ///< digits of the address: 0, 5, 9 or 11
  std::uint16_t service = 0;  ///< mail class and services (the IMb's STID), 0 to 999
  postal::Money postage;
  Date mailed{};
  std::vector<std::string> address{};  ///< lines; a virtual meter's token is bound to them
  bool meter_code = false;  ///< the piece bears meter serial, date and time instead of an IMb
};

/// What the vault and the data center remember of a piece.
struct PieceRecord {
  std::uint64_t counter = 0;
  std::string code;  ///< canonical identification code, "imb:…"
  postal::Money postage;
  Date mailed{};
  std::uint16_t service = 0;
  bool operator==(const PieceRecord&) const = default;
};

/// What may be put on paper: it is on record before anyone gets it.
struct PrintedPiece {
  postal::TokenIdentity identity;
  PieceRecord record;
  postal::MailpieceCode code;
  Bytes token;  ///< the indicium's content
};

}  // namespace backstamp::meter
