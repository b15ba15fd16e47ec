#include "station/sorter/modbus_frame.h"

namespace backstamp::station::modbus {
namespace {

constexpr std::size_t kMostRead = 125;
constexpr std::size_t kMostWritten = 123;

std::uint16_t word(ByteView bytes, std::size_t at) {
  return static_cast<std::uint16_t>(bytes[at] << 8 | bytes[at + 1]);
}

std::unexpected<Error> wrong(const char* what) {
  return fail(ErrorKind::invalid, std::string("Modbus: ") + what);
}

}  // namespace

Result<std::optional<std::size_t>> front_length(ByteView bytes) {
  if (bytes.size() >= 4 && word(bytes, 2) != 0) return wrong("a protocol that is not Modbus");
  if (bytes.size() < 6) return std::nullopt;
  const std::size_t rest = word(bytes, 4);  // the unit and what follows it
  if (rest < 2 || rest > kMostBytes - 6) return wrong("a length that none has");
  return 6 + rest;
}

Result<std::expected<Request, Exception>> parse(ByteView frame, const Extent& extent) {
  const auto length = front_length(frame);
  if (!length) return std::unexpected(length.error());
  if (!*length || **length != frame.size()) return wrong("cut short");
  using Answer = std::expected<Request, Exception>;
  const auto refuse = [](Exception why) { return Answer(std::unexpect, why); };
  const ByteView body = frame.subspan(kHeaderBytes);
  Request request;
  request.function = static_cast<Function>(body[0]);
  const bool reads =
      request.function == Function::read_holding || request.function == Function::read_input;
  const bool single = request.function == Function::write_single;
  if (!reads && !single && request.function != Function::write_multiple) {
    return refuse(Exception::function);
  }
  if (body.size() < 5) return wrong("a request that is too short for its function");
  request.address = word(body, 1);
  if (!single) request.count = word(body, 3);
  if ((reads || single) && body.size() != 5) {
    return wrong("a request that is too long for its function");
  }
  if (single) request.values = body.subspan(3);
  if (request.count == 0 || request.count > (reads ? kMostRead : kMostWritten)) {
    return refuse(Exception::value);
  }
  if (request.function == Function::write_multiple) {
    const std::size_t bytes = 2 * std::size_t{request.count};
    if (body.size() < 6 || body[5] != bytes || body.size() != 6 + bytes) {
      return wrong("a request whose counts contradict each other");
    }
    request.values = body.subspan(6);
  }
  const std::size_t registers =
      request.function == Function::read_input ? extent.input : extent.holding;
  if (request.address + std::size_t{request.count} > registers) return refuse(Exception::address);
  return request;
}

}  // namespace backstamp::station::modbus
