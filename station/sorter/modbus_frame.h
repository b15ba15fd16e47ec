// One request of Modbus TCP as it came, checked whole before a library sees it: what is served here
// is three ways to read and write registers, and nothing else.
#pragma once

#include <cstdint>
#include <optional>

#include "base/bytes.h"
#include "base/error.h"

namespace backstamp::station::modbus {

inline constexpr std::size_t kHeaderBytes = 7;  ///< MBAP: transaction, protocol, length, unit
inline constexpr std::size_t kMostBytes = 260;  ///< of a frame

/// Codes of the Modbus application protocol, section 7.
enum class Exception : std::uint8_t { function = 1, address = 2, value = 3 };

enum class Function : std::uint8_t {
  read_holding = 3,
  read_input = 4,
  write_single = 6,
  write_multiple = 16,
};

struct Request {
  Function function = Function::read_input;
  std::uint16_t address = 0;
  std::uint16_t count = 1;
  ByteView values;  ///< two bytes a register; of writes alone
  std::uint16_t value(std::size_t i) const {
    return static_cast<std::uint16_t>(values[2 * i] << 8 | values[2 * i + 1]);
  }
};

/// How many registers there are of each kind, from address 0 on.
struct Extent {
  std::size_t input = 0;
  std::size_t holding = 0;
};

/// How long the frame at the front of `bytes` is: none while too little is there to tell. Fails
/// (invalid) when no frame begins so.
Result<std::optional<std::size_t>> front_length(ByteView bytes);

/// A whole frame: what it asks, or the exception that answers it. Fails (invalid) when its lengths
/// contradict each other: then there is no answer. What it borrows is the frame.
Result<std::expected<Request, Exception>> parse(ByteView frame, const Extent& extent);

}  // namespace backstamp::station::modbus
