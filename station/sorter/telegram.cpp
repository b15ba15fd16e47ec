#include "station/sorter/telegram.h"

#include "base/assert.h"

namespace backstamp::station::telegram {
namespace {

/// Big-endian numbers, one after the other, with the length known beforehand.
class Reader {
 public:
  explicit Reader(ByteView bytes) : bytes_(bytes) {}
  template <typename T>
  T take() {
    T value = 0;
    for (std::size_t i = 0; i < sizeof(T); ++i) {
      value = static_cast<T>(static_cast<std::uint64_t>(value) << 8 | bytes_[at_++]);
    }
    return value;
  }

 private:
  ByteView bytes_;
  std::size_t at_ = 0;
};

class Writer {
 public:
  explicit Writer(Encoded& to) : to_(to) {}
  template <typename T>
  Writer& put(T value) {
    BACKSTAMP_ASSERT(to_.size + sizeof(T) <= to_.bytes.size());
    for (std::size_t i = sizeof(T); i-- > 0;) {
      to_.bytes[to_.size++] = static_cast<std::uint8_t>(static_cast<std::uint64_t>(value) >> 8 * i);
    }
    return *this;
  }

 private:
  Encoded& to_;
};

/// How long a telegram of this type is, with its header; 0: there is no such type.
std::size_t length_of(std::uint8_t type) {
  switch (static_cast<Type>(type)) {
    case Type::hello:
      return 32;
    case Type::machine_heartbeat:
      return 8;
    case Type::trigger:
      return 24;
    case Type::machine:
      return 12;
    case Type::welcome:
      return 44;
    case Type::station_heartbeat:
      return 16;
    case Type::decision:
      return 52;
    case Type::state:
      return 12;
    case Type::farewell:
      return 12;
  }
  return 0;
}

constexpr std::uint8_t kEncoderFlag = 1;
constexpr std::uint8_t kLateFlag = 2;
constexpr std::uint8_t kAgainFlag = 4;

std::unexpected<Error> wrong(const char* what) {
  return fail(ErrorKind::invalid, std::string("telegram: ") + what);
}

Result<Message> read_hello(Reader in) {
  Hello hello;
  hello.session = in.take<std::uint64_t>();
  hello.last = in.take<std::uint64_t>();
  hello.control = in.take<std::uint32_t>();
  const auto role = in.take<std::uint8_t>();
  if (role > static_cast<std::uint8_t>(Role::listener)) return wrong("an unknown role");
  hello.role = static_cast<Role>(role);
  if (in.take<std::uint8_t>() != 0 || in.take<std::uint16_t>() != 0) {
    return wrong("spare bytes that are not zero");
  }
  if (hello.control == 0) return wrong("a hello of control 0");
  if (hello.session == 0 && hello.last != 0 && hello.last != kFromNow) {
    return wrong("a hello with a sequence of no session");
  }
  return hello;
}

Result<Message> read_trigger(Reader in) {
  TriggerTelegram trigger;
  trigger.machine_piece = in.take<std::uint64_t>();
  const auto encoder = in.take<std::uint32_t>();
  trigger.lane = in.take<std::uint16_t>();
  const auto flags = in.take<std::uint8_t>();
  if ((flags & ~kEncoderFlag) != 0 || in.take<std::uint8_t>() != 0) {
    return wrong("spare bits that are not zero");
  }
  if ((flags & kEncoderFlag) != 0) {
    trigger.encoder = encoder;
  } else if (encoder != 0) {
    return wrong("an encoder that is said not to be there");
  }
  return trigger;
}

Result<Message> read_machine(Reader in) {
  MachineTelegram machine;
  machine.lane = in.take<std::uint16_t>();
  const auto state = in.take<std::uint8_t>();
  if (state > static_cast<std::uint8_t>(MachineState::jammed)) {
    return wrong("an unknown state of the machine");
  }
  machine.state = static_cast<MachineState>(state);
  if (in.take<std::uint8_t>() != 0) return wrong("spare bytes that are not zero");
  return machine;
}

Result<Message> read_welcome(Reader in) {
  Welcome welcome;
  welcome.session = in.take<std::uint64_t>();
  welcome.first = in.take<std::uint64_t>();
  welcome.missed = in.take<std::uint64_t>();
  const auto numbering = in.take<std::uint8_t>();
  const auto role = in.take<std::uint8_t>();
  welcome.lanes = in.take<std::uint16_t>();
  welcome.heartbeat_ms = in.take<std::uint16_t>();
  welcome.silence_ms = in.take<std::uint16_t>();
  if (in.take<std::uint32_t>() != 0) return wrong("spare bytes that are not zero");
  if (numbering > static_cast<std::uint8_t>(Numbering::resumed) ||
      role > static_cast<std::uint8_t>(Role::listener) || welcome.session == 0 ||
      welcome.first == 0 || welcome.missed >= welcome.first) {
    return wrong("a welcome that cannot be");
  }
  welcome.numbering = static_cast<Numbering>(numbering);
  welcome.role = static_cast<Role>(role);
  return welcome;
}

Result<Message> read_decision(Reader in) {
  Decision decision;
  decision.sequence = in.take<std::uint64_t>();
  decision.piece = in.take<std::uint64_t>();
  decision.machine_piece = in.take<std::uint64_t>();
  const auto encoder = in.take<std::uint32_t>();
  decision.age_us = in.take<std::uint32_t>();
  decision.since_trigger_us = in.take<std::uint32_t>();
  decision.lane = in.take<std::uint16_t>();
  decision.outlet = in.take<std::uint16_t>();
  const auto kind = in.take<std::uint8_t>();
  const auto reason = in.take<std::uint8_t>();
  const auto flags = in.take<std::uint8_t>();
  if ((flags & ~(kEncoderFlag | kLateFlag | kAgainFlag)) != 0 || in.take<std::uint8_t>() != 0) {
    return wrong("spare bits that are not zero");
  }
  if (kind > static_cast<std::uint8_t>(postal::Decision::divert)) return wrong("unknown decision");
  if (reason > static_cast<std::uint8_t>(postal::Reason::untrusted_clock)) {
    return wrong("an unknown reason");
  }
  if (decision.sequence == 0) return wrong("a decision of sequence 0");
  decision.decision = static_cast<postal::Decision>(kind);
  decision.reason = static_cast<postal::Reason>(reason);
  if ((flags & kEncoderFlag) != 0) {
    decision.encoder = encoder;
  } else if (encoder != 0) {
    return wrong("an encoder that is said not to be there");
  }
  decision.late = (flags & kLateFlag) != 0;
  decision.sent_again = (flags & kAgainFlag) != 0;
  return decision;
}

Result<Message> read_state(Reader in) {
  State state;
  const auto number = in.take<std::uint8_t>();
  if (in.take<std::uint8_t>() != 0) return wrong("spare bytes that are not zero");
  state.alarms = in.take<std::uint16_t>();
  state.state = static_cast<VisionState>(number);
  if (to_string(state.state).empty()) return wrong("an unknown state of the station");
  return state;
}

Result<Message> read_farewell(Reader in) {
  FarewellTelegram farewell;
  farewell.why = static_cast<Farewell>(in.take<std::uint8_t>());
  if (in.take<std::uint8_t>() != 0 || in.take<std::uint16_t>() != 0) {
    return wrong("spare bytes that are not zero");
  }
  if (to_string(farewell.why).empty()) return wrong("an unknown farewell");
  return farewell;
}

Result<Message> read(Type type, Reader in) {
  switch (type) {
    case Type::hello:
      return read_hello(in);
    case Type::machine_heartbeat:
      return MachineHeartbeat{};
    case Type::trigger:
      return read_trigger(in);
    case Type::machine:
      return read_machine(in);
    case Type::welcome:
      return read_welcome(in);
    case Type::station_heartbeat:
      return StationHeartbeat{in.take<std::uint64_t>()};
    case Type::decision:
      return read_decision(in);
    case Type::state:
      return read_state(in);
    case Type::farewell:
      return read_farewell(in);
  }
  return wrong("an unknown type");
}

// What each message looks like after the header.
struct Body {
  Writer& out;
  void operator()(const Hello& m) {
    out.put(m.session).put(m.last).put(m.control).put(static_cast<std::uint8_t>(m.role));
    out.put(std::uint8_t{0}).put(std::uint16_t{0});
  }
  void operator()(const MachineHeartbeat&) {}
  void operator()(const TriggerTelegram& m) {
    out.put(m.machine_piece).put(m.encoder.value_or(0)).put(m.lane);
    out.put(m.encoder ? kEncoderFlag : std::uint8_t{0}).put(std::uint8_t{0});
  }
  void operator()(const MachineTelegram& m) {
    out.put(m.lane).put(static_cast<std::uint8_t>(m.state)).put(std::uint8_t{0});
  }
  void operator()(const Welcome& m) {
    out.put(m.session).put(m.first).put(m.missed);
    out.put(static_cast<std::uint8_t>(m.numbering)).put(static_cast<std::uint8_t>(m.role));
    out.put(m.lanes).put(m.heartbeat_ms).put(m.silence_ms).put(std::uint32_t{0});
  }
  void operator()(const StationHeartbeat& m) { out.put(m.newest); }
  void operator()(const Decision& m) {
    out.put(m.sequence).put(m.piece).put(m.machine_piece).put(m.encoder.value_or(0));
    out.put(m.age_us).put(m.since_trigger_us).put(m.lane).put(m.outlet);
    out.put(static_cast<std::uint8_t>(m.decision)).put(static_cast<std::uint8_t>(m.reason));
    const int flags =
        (m.encoder ? kEncoderFlag : 0) | (m.late ? kLateFlag : 0) | (m.sent_again ? kAgainFlag : 0);
    out.put(static_cast<std::uint8_t>(flags)).put(std::uint8_t{0});
  }
  void operator()(const State& m) {
    out.put(static_cast<std::uint8_t>(m.state)).put(std::uint8_t{0}).put(m.alarms);
  }
  void operator()(const FarewellTelegram& m) {
    out.put(static_cast<std::uint8_t>(m.why)).put(std::uint8_t{0}).put(std::uint16_t{0});
  }
};

constexpr std::array<Type, std::variant_size_v<Message>> kTypes{
    Type::hello,   Type::machine_heartbeat, Type::trigger,  Type::machine,
    Type::welcome, Type::station_heartbeat, Type::decision, Type::state,
    Type::farewell};

}  // namespace

std::string_view to_string(Farewell why) {
  switch (why) {
    case Farewell::nonsense:
      return "nonsense";
    case Farewell::version:
      return "version";
    case Farewell::occupied:
      return "occupied";
    case Farewell::replaced:
      return "replaced";
    case Farewell::silent:
      return "silent";
    case Farewell::slow:
      return "slow";
    case Farewell::flood:
      return "flood";
    case Farewell::stopping:
      return "stopping";
  }
  return "";
}

Result<std::optional<std::size_t>> front_length(ByteView bytes) {
  if (bytes.size() < 2) return std::nullopt;
  const std::size_t length = Reader(bytes).take<std::uint16_t>();
  if (length < kHeaderBytes || length > kMostBytes) return wrong("a length that none has");
  return length;
}

bool wrong_version(ByteView whole) {
  return whole.size() > 2 && whole[2] != kVersion;
}

Result<Telegram> decode(ByteView whole) {
  if (whole.size() < kHeaderBytes || whole.size() > kMostBytes) return wrong("cut short");
  Reader in(whole);
  const auto length = in.take<std::uint16_t>();
  if (wrong_version(whole)) return wrong("another version");
  in.take<std::uint8_t>();
  const auto type = in.take<std::uint8_t>();
  const auto number = in.take<std::uint32_t>();
  const std::size_t wanted = length_of(type);
  if (wanted == 0) return wrong("an unknown type");
  if (length != whole.size() || length != wanted) return wrong("a length that is not its type's");
  auto message = read(static_cast<Type>(type), in);
  if (!message) return std::unexpected(message.error());
  return Telegram{number, *message};
}

Encoded encode(const Telegram& telegram) {
  Encoded encoded;
  Writer out(encoded);
  const Type type = kTypes[telegram.message.index()];
  const std::size_t length = length_of(static_cast<std::uint8_t>(type));
  out.put(static_cast<std::uint16_t>(length)).put(kVersion);
  out.put(static_cast<std::uint8_t>(type)).put(telegram.number);
  std::visit(Body{out}, telegram.message);
  BACKSTAMP_ASSERT(encoded.size == length);
  return encoded;
}

}  // namespace backstamp::station::telegram
