// Modbus TCP over real sockets: with mbpoll, a stock client, and with frames no client would send.
#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>

#include <cstdio>
#include <map>
#include <random>

#include "allocations.h"
#include "base/file.h"
#include "link_fixture.h"

namespace {

using namespace backstamp;
using namespace backstamp::station;
using namespace backstamp::test;

struct Server {
  explicit Server(std::chrono::milliseconds silence = 2000ms) {
    ModbusConfig config;
    config.port = 0;
    config.silence = silence;
    config.fallback = "the machine stops";
    link = serve_modbus(config, 4, told.input(), told.alarms()).value();
  }
  Told told;
  std::unique_ptr<SorterLink> link;
};

/// A plain socket that speaks as it is told.
class Raw {
 public:
  explicit Raw(std::uint16_t port) : fd_(::socket(AF_INET, SOCK_STREAM, 0)) {
    const int small = 4096;
    ::setsockopt(fd_.get(), SOL_SOCKET, SO_RCVBUF, &small, sizeof small);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    REQUIRE(::connect(fd_.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) == 0);
  }
  bool send(const Bytes& bytes) {
    return ::send(fd_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL) ==
           static_cast<ssize_t>(bytes.size());
  }
  /// What comes next; empty when the station closes or nothing comes for five seconds.
  Bytes receive() {
    Bytes bytes(300);
    pollfd readable{fd_.get(), POLLIN, 0};
    if (::poll(&readable, 1, 5000) <= 0) return {};
    const ssize_t got = ::recv(fd_.get(), bytes.data(), bytes.size(), 0);
    bytes.resize(got > 0 ? static_cast<std::size_t>(got) : 0);
    return bytes;
  }
  bool closed() {
    while (true) {
      pollfd readable{fd_.get(), POLLIN, 0};
      std::uint8_t bytes[512];
      if (::poll(&readable, 1, 5000) <= 0) return false;
      if (::recv(fd_.get(), bytes, sizeof bytes, 0) <= 0) return true;
    }
  }
  Bytes ask(const Bytes& body, std::uint8_t unit = 1) {
    Bytes bytes{0, 9, 0, 0, 0, static_cast<std::uint8_t>(body.size() + 1), unit};
    bytes.insert(bytes.end(), body.begin(), body.end());
    REQUIRE(send(bytes));
    return receive();
  }

 private:
  UniqueFd fd_;
};

bool have_mbpoll() {
  return std::system("command -v mbpoll >/dev/null 2>&1") == 0;
}

/// Runs mbpoll once; the registers that it shows, by their addresses. `arguments` end the line.
std::map<int, int> mbpoll(const SorterLink& link, const std::string& arguments) {
  const std::string line =
      "mbpoll -m tcp -0 -1 -o 5 -p " + std::to_string(link.port()) + " " + arguments + " 2>&1";
  std::FILE* pipe = ::popen(line.c_str(), "r");
  REQUIRE(pipe != nullptr);
  std::map<int, int> registers;
  std::string output;
  char text[256];
  while (std::fgets(text, sizeof text, pipe) != nullptr) {
    output += text;
    int address = 0;
    unsigned value = 0;
    if (std::sscanf(text, "[%d]: 0x%x", &address, &value) == 2) {
      registers[address] = static_cast<int>(value);
    }
  }
  const int status = ::pclose(pipe);
  INFO(line << "\n" << output);
  CHECK(status == 0);
  return registers;
}

std::uint32_t two(std::map<int, int>& registers, int at) {
  return static_cast<std::uint32_t>(registers.at(at)) << 16 |
         static_cast<std::uint32_t>(registers.at(at + 1));
}

}  // namespace

TEST_CASE("mbpoll reads the state and the decisions while they are made") {
  if (!have_mbpoll()) SKIP("mbpoll is not installed");
  Server server;
  server.link->state(VisionState::continuous_execution);
  server.link->alarms(2);
  std::atomic<std::uint64_t> made{0};
  std::jthread decider([&](const std::stop_token& stop) {
    while (!stop.stop_requested()) {
      server.link->decide(decision_of(made + 1));
      ++made;
      std::this_thread::sleep_for(500us);
    }
  });
  REQUIRE(soon([&] { return made > 100; }));
  std::uint32_t entries = 0;
  int heartbeat = -1;
  for (int i = 0; i < 10; ++i) {
    auto head = mbpoll(*server.link, "-t 3:hex -r 0 -c 16 127.0.0.1");
    REQUIRE(head.size() == 16);
    CHECK(head[0] == 0x4253);
    CHECK(head[2] == 8);
    CHECK(head[4] == 2);
    CHECK(head[5] == 4);
    const std::uint32_t newest = two(head, 8);
    CHECK(newest >= 100);
    CHECK(two(head, 10) == newest - 63);
    if (i == 9) CHECK(head[3] != heartbeat);
    if (i == 0) heartbeat = head[3];
    if (i == 0) std::this_thread::sleep_for(150ms);
    for (const int at : {512, 512 + 16 * 7, 512 + 16 * 57}) {
      auto ring = mbpoll(*server.link, "-t 3:hex -c 112 -r " + std::to_string(at) + " 127.0.0.1");
      REQUIRE(ring.size() == 112);
      for (int entry = at; entry < at + 112; entry += 16) {
        const std::uint32_t sequence = two(ring, entry);
        if (sequence == 0) continue;  // is being written
        REQUIRE(two(ring, entry + 14) == sequence);
        CHECK(entry == static_cast<int>(512 + (sequence - 1) % 64 * 16));
        SorterDecision got = decision_of(two(ring, entry + 3));
        CHECK(got.piece == sequence);
        CHECK(ring[entry + 2] == static_cast<int>(got.lane));
        CHECK(two(ring, entry + 5) == got.machine_piece);
        CHECK((ring[entry + 9] & 1) == static_cast<int>(got.decision));
        CHECK((ring[entry + 9] & 2) == (got.late ? 2 : 0));
        CHECK(ring[entry + 10] == static_cast<int>(got.reason));
        CHECK(ring[entry + 11] == got.outlet);
        CHECK(ring[entry + 12] < 10'000);
        CHECK(ring[entry + 13] >= ring[entry + 12] + 19);
        ++entries;
      }
    }
  }
  CHECK(entries > 100);
  CHECK(server.link->counters().nonsense == 0);
  CHECK(server.link->counters().up);
}

TEST_CASE("mbpoll announces a piece and the state of the machine, and sees that it was taken") {
  if (!have_mbpoll()) SKIP("mbpoll is not installed");
  Server server;
  mbpoll(*server.link, "-t 4 -r 32 127.0.0.1 2");
  mbpoll(*server.link, "-t 4 -r 33 127.0.0.1 1 0 501 0 777 1");
  REQUIRE(soon([&] { return server.told.triggers().size() == 1; }));
  const Trigger trigger = server.told.triggers()[0];
  CHECK(trigger.lane == 1);
  CHECK(trigger.machine_piece == 501);
  CHECK(trigger.encoder == 777u);
  REQUIRE(server.told.machine().size() == 1);
  CHECK(server.told.machine()[0] == std::pair{1u, MachineState::running});
  auto lane = mbpoll(*server.link, "-t 3:hex -r 32 -c 16 127.0.0.1");
  CHECK(two(lane, 38) == 1);
  CHECK(lane[40] == 1);
  CHECK(lane[41] == 1);
  CHECK(lane[42] == 2);
  auto holding = mbpoll(*server.link, "-t 4:hex -r 32 -c 7 127.0.0.1");
  CHECK(holding[35] == 501);
  CHECK(server.link->counters().triggers == 1);
}

TEST_CASE("what is not served is answered by its exception, at once and over the same connection") {
  Server server;
  Raw client(server.link->port());
  const auto exception = [&](const Bytes& body) {
    const auto begun = std::chrono::steady_clock::now();
    const Bytes answer = client.ask(body);
    REQUIRE(answer.size() == 9);
    CHECK(answer[7] == (body[0] | 0x80));
    CHECK(std::chrono::steady_clock::now() - begun < 400ms);
    return int{answer[8]};
  };
  CHECK(exception({1, 0, 0, 0, 1}) == 1);
  CHECK(exception({5, 0, 0, 0xFF, 0}) == 1);
  CHECK(exception({0x17, 0, 0, 0, 1, 0, 0, 0, 1, 2, 0, 0}) == 1);
  CHECK(exception({0x2B, 0x0E, 1, 0}) == 1);
  CHECK(exception({3, 0xFF, 0xFF, 0, 1}) == 2);
  CHECK(exception({4, 0x06, 0x00, 0, 1}) == 2);
  CHECK(exception({6, 0, 5, 0, 1}) == 2);
  CHECK(exception({16, 0, 80, 0, 1, 2, 0, 1}) == 2);
  CHECK(exception({3, 0, 0, 0, 126}) == 3);
  CHECK(exception({6, 0, 16, 0, 9}) == 3);
  for (const auto unit : std::array<std::uint8_t, 4>{0, 1, 17, 255}) {
    const Bytes answer = client.ask({4, 0, 0, 0, 1}, unit);
    REQUIRE(answer.size() == 11);
    CHECK(answer[6] == unit);
    CHECK(answer[9] == 0x42);
    CHECK(answer[10] == 0x53);
  }
  CHECK(server.link->counters().nonsense == 0);
  CHECK(server.told.triggers().empty());
}

TEST_CASE("frames that contradict themselves end the connection and are one alarm") {
  Server server;
  std::uint64_t count = 0;
  for (const Bytes& bad : {Bytes{'G', 'E', 'T', ' ', '/'}, Bytes{0, 1, 0, 0, 0, 1},
                           Bytes{0, 1, 0, 0, 1, 200}, Bytes{0, 1, 0, 0, 0, 6, 1, 16, 0, 0, 0, 1},
                           Bytes{0, 1, 0, 0, 0, 9, 1, 16, 0, 0, 0, 1, 255, 0, 1},
                           Bytes{0, 1, 0, 0, 0, 7, 1, 3, 0, 0, 0, 1, 0}}) {
    Raw client(server.link->port());
    client.send(bad);
    CHECK(client.closed());
    CHECK(server.link->counters().nonsense == ++count);
  }
  CHECK(server.told.count("sorter-nonsense", true) == 1);
}

TEST_CASE("a frame that never ends and a client that never reads hold up nobody") {
  Server server(300ms);
  Raw slow(server.link->port());
  slow.send({0, 1, 0, 0, 0, 6, 1, 4});
  Raw deaf(server.link->port());
  std::jthread asker([&](const std::stop_token& stop) {
    while (!stop.stop_requested() && deaf.send({0, 1, 0, 0, 0, 6, 1, 4, 0, 0, 0, 125})) {
    }
  });
  Raw honest(server.link->port());
  std::chrono::nanoseconds longest{};
  for (std::uint64_t piece = 1; piece <= 2000; ++piece) {
    const SorterDecision decision = decision_of(piece);
    const auto begun = std::chrono::steady_clock::now();
    server.link->decide(decision);
    longest = std::max<std::chrono::nanoseconds>(longest, std::chrono::steady_clock::now() - begun);
    if (piece % 50 == 0) CHECK(honest.ask({4, 0, 8, 0, 2}).size() == 13);
  }
  CHECK(slow.closed());
  CHECK(deaf.closed());
  asker.request_stop();
  asker.join();
  CHECK(longest < 300ms);
  CHECK(honest.ask({4, 0, 8, 0, 2}).size() == 13);
}

TEST_CASE("more clients than there are places are turned away, and idle ones make place") {
  Server server(200ms);
  std::vector<std::unique_ptr<Raw>> clients;
  for (int i = 0; i < 8; ++i) {
    clients.push_back(std::make_unique<Raw>(server.link->port()));
    REQUIRE(clients.back()->ask({4, 0, 0, 0, 1}).size() == 11);
  }
  CHECK(Raw(server.link->port()).closed());
  std::this_thread::sleep_for(250ms);
  for (std::size_t i = 1; i < 8; ++i) CHECK(clients[i]->ask({4, 0, 0, 0, 1}).size() == 11);
  Raw late(server.link->port());
  CHECK(late.ask({4, 0, 0, 0, 1}).size() == 11);
  CHECK(clients[0]->closed());
}

TEST_CASE("a control whose heartbeat stands still is lost, although others ask") {
  Server server(600ms);
  Raw control(server.link->port());
  Raw watcher(server.link->port());
  std::uint8_t beat = 0;
  CHECK(control.ask({6, 0, 16, 0, 2}).size() == 12);
  const auto until = std::chrono::steady_clock::now() + 1500ms;
  while (std::chrono::steady_clock::now() < until) {
    CHECK(control.ask({6, 0, 0, 0, ++beat}).size() == 12);
    std::this_thread::sleep_for(20ms);
  }
  CHECK(server.told.count("sorter-lost", true) == 0);
  CHECK(soon([&] {
    static_cast<void>(watcher.ask({4, 0, 0, 0, 1}));
    return server.told.count("sorter-lost", true) == 1;
  }));
  CHECK_FALSE(server.link->counters().up);
  CHECK(server.link->counters().links_lost == 1);
  const Alarm alarm = server.told.all("sorter-lost", true)[0];
  REQUIRE(soon([&] { return server.told.machine().size() == 2; }));
  CHECK(server.told.machine()[1].second == MachineState::unknown);
  CHECK(alarm.source == "modbus");
  CHECK(alarm.cause.find("stands still") != std::string::npos);
  CHECK(alarm.remedy.find("the machine stops") != std::string::npos);
  CHECK(control.ask({6, 0, 0, 0, ++beat}).size() == 12);
  CHECK(soon([&] { return server.told.count("sorter-lost", false) == 1; }));
  CHECK(control.ask({6, 0, 16, 0, 2}).size() == 12);  // the same as before, and news all the same
  CHECK(soon([&] { return server.told.machine().size() == 3; }));
}

TEST_CASE("random frames change nothing that is not for writing") {
  Server server;
  std::mt19937 random(20261126);
  for (int i = 0; i < 300; ++i) {
    Raw client(server.link->port());
    Bytes body(5 + random() % 20);
    for (auto& byte : body) byte = static_cast<std::uint8_t>(random());
    body[0] = std::array<std::uint8_t, 6>{1, 3, 4, 6, 16, 23}[random() % 6];
    if (body[0] == 6 || body[0] == 16) body[1] = 1;  // beyond the lanes that there are
    static_cast<void>(client.ask(body));
  }
  Raw client(server.link->port());
  CHECK(client.ask({4, 0, 0, 0, 1}).size() == 11);
  CHECK(server.told.triggers().empty());
  CHECK(server.told.machine().empty());
}

TEST_CASE("telling a decision over Modbus takes no memory, and 17 lanes have no place") {
  Server server;
  const SorterDecision decision = decision_of(1);
  const std::uint64_t before = allocations();
  for (int i = 0; i < 1000; ++i) server.link->decide(decision);
  const std::uint64_t taken = allocations() - before;
  CHECK(taken == 0);
  CHECK(serve_modbus({}, 17, {}, {}).error().kind == ErrorKind::invalid);
}
