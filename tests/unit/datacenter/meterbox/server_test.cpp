#include "datacenter/meterbox/server.h"

#include <unistd.h>

#include <thread>

#include "datacenter/meterbox/channel.h"
#include "datacenter/meterbox/client.h"
#include "tests/unit/datacenter/meterbox/scene.h"

namespace backstamp::datacenter::meterbox {
namespace {

using namespace std::chrono_literals;

const Log kSilent = [](const std::string&) {};

struct Served : Scene {
  std::filesystem::path socket = folder / "socket";
  std::unique_ptr<Server> server;

  Served() { serve(); }
  ~Served() { server.reset(); }
  void serve(std::vector<std::uint32_t> users = {::getuid()}) {
    server.reset();
    auto started = Server::start(*box, socket, std::move(users), kSilent);
    INFO((started ? "" : started.error().message));
    REQUIRE(started);
    server = *std::move(started);
  }
  Client client(const Anchor& anchor = {}) {
    auto connected = Client::connect(socket, anchor, 10s);
    INFO((connected ? "" : connected.error().message));
    REQUIRE(connected);
    return *std::move(connected);
  }
};

}  // namespace

TEST_CASE("a client opens, funds, dispenses, refunds, locks and audits over the socket") {
  Served served;
  const Client client = served.client();
  REQUIRE(client.open_account({42, 1, "900000042", {10'000}}));
  REQUIRE(client.fund(42, 2, {10'000}));
  const auto dispensed = client.dispense({42, 3, {piece(400), piece(500)}});
  REQUIRE(dispensed);
  REQUIRE(dispensed->pieces.size() == 2);
  CHECK(dispensed->pieces[1].identity == postal::TokenIdentity{7, 42, 2});
  CHECK(postal::canonical(dispensed->pieces[1].code) == "imb:0027090000004200000212345678901");
  CHECK(client.refund(42, 4, {7, 42, 2}, {500})->registers.refunded.mills == 500);
  CHECK(client.lock(42, 5)->state == AccountState::locked);
  const auto refused = client.dispense({42, 6, {piece()}});
  REQUIRE_FALSE(refused);
  CHECK(refused.error().kind == ErrorKind::refused);
  CHECK(client.unlock(42, 6)->state == AccountState::active);
  CHECK(client.audit(42)->registers.pieces == 2);
  CHECK(client.verify_address(dispensed->pieces[0].token, "x").value() == false);
  CHECK(open_transaction(dispensed->record, client.transaction_key().value()));
  CHECK(client.sign_statement(Bytes(kStatementBytes, 1))->size() > kStatementBytes);
  CHECK(client.anchor().version == served.box->state().anchor.version);
}

TEST_CASE("users who are not named are turned away, and told so") {
  Served served;
  served.serve({::getuid() + 1});
  const auto connected = Client::connect(served.socket, {}, 5s);
  REQUIRE_FALSE(connected);
  CHECK(connected.error().kind == ErrorKind::refused);
}

TEST_CASE("a client comes back to a box that was restarted, and brings what it heard") {
  Served served;
  const Client client = served.client();
  REQUIRE(client.open_account({42, 1, "900000042", {10'000}}));
  served.server.reset();
  CHECK(client.audit(42).error().kind == ErrorKind::unavailable);
  served.start();
  served.serve();
  CHECK(client.audit(42));
  // A box of before, put back behind the HSM's back: it cannot show what the client heard.
  const auto segment = served.folder / "journal-00000000000000000001";
  const Bytes old = read_file(segment, 1 << 20).value();
  REQUIRE(client.fund(42, 2, {10}));
  served.server.reset();
  served.box.reset();
  REQUIRE(write_file_durably(segment, old));
  served.device->floor = {};
  served.start();
  served.serve();
  CHECK(client.audit(42).error().kind == ErrorKind::refused);
  CHECK(Client::connect(served.socket, {}, 5s).error().kind == ErrorKind::refused);
}

TEST_CASE("what is no message ends its connection and nothing else") {
  Served served;
  const Client client = served.client();
  const Bytes hello = encode_request(Hello{});
  for (const Bytes& bytes : {Bytes{0}, Bytes{0x82, 0x01}, Bytes(1000, 0xFF),
                             encode_request(AskKeys{}), Bytes(hello.begin(), hello.end() - 1)}) {
    auto fd = connect_to(served.socket);
    REQUIRE(fd);
    REQUIRE(send_message(fd->get(), bytes, 1s));
    const auto refusal = receive_message(fd->get(), -1, 5s);
    REQUIRE(refusal);
    REQUIRE(*refusal);
    CHECK(std::holds_alternative<Refusal>(decode_answer(**refusal).value()));
    CHECK_FALSE(receive_message(fd->get(), -1, 5s).value());
  }
  CHECK(client.keys());
}

TEST_CASE("a second box does not take a socket that is in use, and one left lying is replaced") {
  Served served;
  CHECK(Server::start(*served.box, served.socket, {}, kSilent).error().kind == ErrorKind::refused);
  served.server.reset();
  { const auto left = listen_at(served.folder / "left"); }
  CHECK(std::filesystem::exists(served.folder / "left"));
  CHECK(Server::start(*served.box, served.folder / "left", {}, kSilent));
}

TEST_CASE("many clients at once are served, each its own answers") {
  Served served;
  for (std::uint32_t meter = 1; meter <= 8; ++meter) served.open(meter, 1'000'000);
  const Client client = served.client();
  std::atomic<int> wrong{0};
  std::vector<std::thread> threads;
  for (std::uint32_t meter = 1; meter <= 8; ++meter) {
    threads.emplace_back([&, meter] {
      for (std::uint64_t i = 0; i < 30; ++i) {
        const auto dispensed = client.dispense({meter, 3 + i, {piece(1)}});
        if (!dispensed || dispensed->pieces[0].identity.meter != meter ||
            dispensed->pieces[0].identity.counter != i + 1) {
          ++wrong;
        }
      }
    });
  }
  for (auto& thread : threads) thread.join();
  CHECK(wrong == 0);
}

}  // namespace backstamp::datacenter::meterbox
