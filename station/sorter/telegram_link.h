// The station's end of the telegram: one thread, one control, a few listeners.
#pragma once

#include <memory>
#include <thread>
#include <vector>

#include "station/sorter/decision_ring.h"
#include "station/sorter/link_watch.h"
#include "station/sorter/telegram_pipe.h"

namespace backstamp::station {

class TelegramLink final : public SorterLink {
 public:
  TelegramLink(const TelegramConfig& config, std::uint32_t lanes, SorterInput input,
               AlarmSink alarms, UniqueFd listener, Bell bell);
  ~TelegramLink() override;

  void decide(const SorterDecision& decision) override;
  void state(VisionState state) override;
  void alarms(std::uint32_t standing) override;
  SorterCounters counters() const override;
  std::uint16_t port() const override { return port_; }

 private:
  /// A connection, and what is known of who is at its other end.
  struct Client {
    Client(UniqueFd fd, std::string from, SteadyTime now)
        : pipe(std::move(fd), now), peer(std::move(from)), window(now) {}
    TelegramPipe pipe;
    std::string peer;
    bool welcomed = false;
    bool closed = false;
    telegram::Role role = telegram::Role::listener;
    std::uint32_t control = 0;  ///< its own number
    std::uint64_t cursor = 0;   ///< the next decision for it
    SteadyTime heartbeat{};     ///< when the last one was put
    std::uint32_t told = 0;     ///< the state as it was last told
    SteadyTime window;          ///< when counting of telegrams began anew
    std::uint32_t in_window = 0;
  };

  void run(const std::stop_token& stop);
  void wait();
  void accept_all(SteadyTime now);
  bool make_place(SteadyTime now);
  void listen_to(Client& client, SteadyTime now);
  void take(Client& client, const telegram::Telegram& telegram, SteadyTime now);
  void welcome(Client& client, const telegram::Hello& hello, SteadyTime now);
  void on_trigger(Client& client, const telegram::TriggerTelegram& trigger, SteadyTime now);
  void on_machine(Client& client, const telegram::MachineTelegram& machine, SteadyTime now);
  void forget_machines();
  void speak_to(Client& client, SteadyTime now);
  void put_news(Client& client, SteadyTime now);
  bool put_decisions(Client& client, SteadyTime now);
  telegram::Decision letter(Client& client, const SorterDecision& decision, SteadyTime now);
  void check_silence(Client& client, SteadyTime now);
  void nonsense(Client& client, std::string_view what, telegram::Farewell why, SteadyTime now);
  void close(Client& client, telegram::Farewell why, std::string because, SteadyTime now);
  void broken(Client& client);
  void forget(Client& client, std::string because);
  Client* control();
  std::size_t listeners() const;

  TelegramConfig config_;
  std::uint32_t lanes_;
  SorterInput input_;
  UniqueFd listener_;
  Bell bell_;
  std::uint16_t port_;
  std::uint64_t session_;
  std::vector<MachineState> machines_;  ///< by lane, as last heard
  DecisionRing ring_;
  LinkWatch watch_;
  std::vector<std::unique_ptr<Client>> clients_;
  bool exhausted_ = false;  ///< no descriptor was left for the last that connected

  std::atomic<std::uint32_t> state_;    ///< VisionState << 16 | alarms
  std::atomic<std::uint64_t> sent_{0};  ///< the highest that a control was sent
  std::atomic<std::uint64_t> late_{0};
  std::atomic<std::uint64_t> triggers_{0};
  std::atomic<std::uint64_t> nonsense_{0};
  std::atomic<std::uint64_t> links_lost_{0};
  std::atomic<std::uint64_t> repeated_{0};
  std::atomic<std::uint64_t> dropped_{0};
  std::atomic<bool> up_{false};
  std::jthread thread_;  ///< last: it ends first
};

}  // namespace backstamp::station
