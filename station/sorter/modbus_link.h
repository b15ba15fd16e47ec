// The station's end of Modbus TCP: one thread, several clients. The library writes the answers;
// frames are put together and checked before it sees them, for it would wait for slow ones.
#pragma once

#include <array>
#include <memory>
#include <thread>
#include <vector>

#include "station/sorter/link_watch.h"
#include "station/sorter/modbus_map.h"
#include "station/sorter/sockets.h"

namespace backstamp::station {

class ModbusLink final : public SorterLink {
 public:
  static Result<std::unique_ptr<SorterLink>> serve(const ModbusConfig& config, std::uint32_t lanes,
                                                   SorterInput input, AlarmSink alarms);
  ~ModbusLink() override;

  void decide(const SorterDecision& decision) override { map_.decide(decision); }
  void state(VisionState state) override { map_.state(state); }
  void alarms(std::uint32_t standing) override { map_.alarms(standing); }
  SorterCounters counters() const override;
  std::uint16_t port() const override { return port_; }

 private:
  struct Client {
    UniqueFd fd;
    std::string peer;
    std::array<std::uint8_t, modbus::kMostBytes> in{};
    std::size_t size = 0;
    SteadyTime heard{};  ///< when its last whole request came
    SteadyTime begun{};  ///< when the frame that is under way began
    SteadyTime window{};
    std::uint32_t in_window = 0;
  };
  struct Registers;  // the library's
  ModbusLink(const ModbusConfig& config, std::uint32_t lanes, SorterInput input, AlarmSink alarms,
             UniqueFd listener, Bell bell, std::unique_ptr<Registers> registers);
  void run(const std::stop_token& stop);
  void wait();
  void accept_all(SteadyTime now);
  bool make_place(SteadyTime now);
  void serve(Client& client, SteadyTime now);
  bool answer(Client& client, ByteView frame, SteadyTime now);
  bool reply(ByteView frame, const modbus::Request& request, SteadyTime now);
  void nonsense(Client& client, std::string_view what, SteadyTime now);
  void watch(SteadyTime now);

  ModbusConfig config_;
  SorterInput input_;
  UniqueFd listener_;
  Bell bell_;
  std::uint16_t port_;
  std::unique_ptr<Registers> registers_;
  modbus::Map map_;
  LinkWatch watch_;
  std::vector<std::unique_ptr<Client>> clients_;
  bool exhausted_ = false;  ///< no descriptor was left for the last that connected
  SteadyTime heartbeat_at_{};
  std::uint16_t heartbeat_ = 0;
  bool asked_ = false;  ///< a request was answered in this turn
  SteadyTime heard_{};  ///< when the control was heard last

  std::atomic<std::uint64_t> nonsense_{0};
  std::atomic<std::uint64_t> links_lost_{0};
  std::atomic<bool> up_{false};
  std::jthread thread_;  ///< last: it ends first
};

}  // namespace backstamp::station
