// What the targets of the sorter's formats start from.
#include "station/sorter/telegram.h"
#include "tests/fuzz/harness/seeds.h"

namespace backstamp {
namespace {

namespace telegram = station::telegram;

void append(Bytes& to, ByteView bytes) {
  to.insert(to.end(), bytes.begin(), bytes.end());
}

void telegram_seeds() {
  telegram::Welcome welcome;
  welcome.session = 7;
  telegram::Decision decision;
  decision.sequence = 1;
  decision.encoder = 5;
  Bytes machine;
  Bytes station;
  std::uint32_t number = 0;
  for (const telegram::Message& message :
       {telegram::Message(telegram::Hello{7, 3, 1, telegram::Role::control}),
        telegram::Message(telegram::MachineHeartbeat{}),
        telegram::Message(telegram::TriggerTelegram{501, 4'000'000'000u, 1}),
        telegram::Message(telegram::MachineTelegram{1, station::MachineState::running})}) {
    append(machine, telegram::encode({++number, message}).view());
  }
  number = 0;
  for (const telegram::Message& message :
       {telegram::Message(welcome),
        telegram::Message(telegram::State{station::VisionState::ready, 1}),
        telegram::Message(decision), telegram::Message(telegram::StationHeartbeat{1}),
        telegram::Message(telegram::FarewellTelegram{telegram::Farewell::slow})}) {
    append(station, telegram::encode({++number, message}).view());
  }
  seed("sorter_telegram", machine);
  seed("sorter_telegram", station);
}

void modbus_seeds() {
  seed("sorter_modbus", Bytes{0, 1, 0, 0, 0, 6, 1, 4, 0, 0, 0, 125});
  seed("sorter_modbus", Bytes{0, 1, 0, 0, 0, 6, 1, 3, 0, 16, 0, 7});
  seed("sorter_modbus", Bytes{0, 1, 0, 0, 0, 6, 1, 6, 0, 16, 0, 2});
  seed("sorter_modbus",
       Bytes{0, 1, 0, 0, 0, 19, 1, 16, 0, 17, 0, 6, 12, 0, 1, 0, 0, 1, 245, 0, 0, 0, 9, 0, 1});
}

/// A file of version 2 with one change and the rule of Berlin.
void zone_seeds() {
  const std::string_view rule = "CET-1CEST,M3.5.0,M10.5.0/3";
  Bytes file;
  const auto block = [&](std::uint8_t times, std::uint8_t types) {
    append(file, as_bytes("TZif2"));
    file.resize(file.size() + 15);
    for (const std::uint8_t count :
         {std::uint8_t{0}, std::uint8_t{0}, std::uint8_t{0}, times, types, std::uint8_t{4}}) {
      append(file, Bytes{0, 0, 0, count});
    }
  };
  block(0, 1);
  file.resize(file.size() + 10);
  block(1, 2);
  append(file, Bytes{0, 0, 0, 0, 0x65, 0, 0, 0, 1});                    // the time and its type
  append(file, Bytes{0, 0, 0x0E, 0x10, 0, 0, 0, 0, 0x1C, 0x20, 1, 0});  // the types
  append(file, Bytes{'C', 'E', 'T', 0, '\n'});
  append(file, as_bytes(rule));
  file.push_back('\n');
  seed("time_zone", file);
  seed("time_zone", rule);
  seed("time_zone", "<-02>2<-01>,M3.5.0/-1,J300/0");
}

}  // namespace

void sorter_seeds() {
  telegram_seeds();
  modbus_seeds();
  zone_seeds();
}

}  // namespace backstamp
