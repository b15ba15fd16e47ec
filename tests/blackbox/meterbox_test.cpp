// The meter box's program as its officers meet it: orders, backup, restore.
#include <signal.h>

#include <catch2/catch_test_macros.hpp>
#include <fstream>

#include "datacenter/meterbox/client.h"
#include "tests/support/meterbox.h"

namespace backstamp::test {
namespace {

using namespace datacenter::meterbox;

constexpr const char* kName = "backstamp-meterbox";

struct Office {
  TemporaryFolder folder{quick_folder()};
  MeterBoxProcess box{folder};
  std::string name;  ///< of the box

  Office() {
    box.init();
    start();
    name = box.audit().back().at("box").get<std::string>();
  }
  void start() {
    box.start();
    INFO(box.log());
    REQUIRE(box.await());
  }
  std::string person(const std::string& who) const {
    return (box.box() / "people" / (who + ".key")).string();
  }
  std::string path(const std::string& file) const { return (folder / file).string(); }
  Client client(const Anchor& anchor = {}) const {
    auto connected = Client::connect(box.socket(), anchor, std::chrono::seconds(20));
    INFO((connected ? "" : connected.error().message));
    REQUIRE(connected);
    return *std::move(connected);
  }
  int write_order(const std::string& what, unsigned sequence, const std::string& file,
                  const std::vector<std::string>& more) const {
    std::vector<std::string> arguments{"order",      what,
                                       "--box",      name,
                                       "--sequence", std::to_string(sequence),
                                       "--key",      person("officer-1"),
                                       "--out",      path(file)};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return run(kName, arguments).exit;
  }
  int approve(const std::string& file, const std::string& who) const {
    return run(kName, {"approve", path(file), "--key", person(who)}).exit;
  }
  int submit(const std::string& file) const {
    return run(kName, {"submit", path(file), "--socket", box.socket().string()}).exit;
  }
};

Dispense dispense(std::uint64_t number) {
  PieceOrder piece;
  piece.postage = {500};
  piece.service = 270;
  piece.mailed = std::chrono::year(2026) / 11 / 26;
  return {42, number, {piece}};
}

TEST_CASE("a limit is raised by two persons, in three commands") {
  Office office;
  const Client client = office.client();
  REQUIRE(client.open_account({42, 1, "900000042", {1000}}));
  CHECK(client.fund(42, 2, {2000}).error().kind == ErrorKind::refused);
  REQUIRE(office.write_order("fund-limit", 1, "raise", {"--meter", "42", "--limit", "5.000"}) == 0);
  CHECK(office.submit("raise") == 1);
  CHECK(office.approve("raise", "officer-1") == 1);
  REQUIRE(office.approve("raise", "operator") == 0);
  const auto shown = json_lines(run(kName, {"show", office.path("raise")}).out).at(0);
  CHECK(shown.at("what") == "fund-limit");
  CHECK(shown.at("approved_by").size() == 2);
  CHECK(office.submit("raise") == 0);
  CHECK(client.fund(42, 2, {2000}));
  REQUIRE(office.write_order("renew-issuer-key", 2, "renew", {}) == 0);
  REQUIRE(office.approve("renew", "operator") == 0);
  CHECK(office.submit("renew") == 1);
  REQUIRE(office.approve("renew", "officer-2") == 0);
  CHECK(office.submit("renew") == 0);
}

TEST_CASE("a backup is taken while the box works, and restored when it was lost") {
  Office office;
  const Client client = office.client();
  REQUIRE(client.open_account({42, 1, "900000042", {100'000}}));
  REQUIRE(client.fund(42, 2, {50'000}));
  REQUIRE(office.box.stop() == 0);
  const Ran backup =
      run(kName, {"backup", office.box.box().string(), "--to", office.path("backup"), "--json"});
  INFO(backup.err);
  REQUIRE(backup.exit == 0);
  CHECK(json_lines(backup.out).at(0).at("version") == 3);
  std::filesystem::rename(office.box.box(), office.folder / "lost");
  const Ran restored =
      run(kName, {"restore", office.box.box().string(), "--from", office.path("backup"), "--json"});
  INFO(restored.err);
  REQUIRE(restored.exit == 0);
  office.start();
  CHECK(office.client(client.anchor()).dispense(dispense(3)));
}

TEST_CASE("a backup cannot be used to roll back; with the signed records it is brought up") {
  Office office;
  Anchor heard;
  std::vector<Bytes> records;
  {
    const Client client = office.client();
    REQUIRE(client.open_account({42, 1, "900000042", {100'000}}));
    REQUIRE(client.fund(42, 2, {50'000}));
    REQUIRE(run(kName, {"backup", office.box.box().string(), "--to", office.path("backup")}).exit ==
            0);
    for (std::uint64_t number = 3; number < 6; ++number) {
      const auto dispensed = client.dispense(dispense(number));
      REQUIRE(dispensed);
      records.push_back(dispensed->record);
    }
    const auto opened = client.open_account({43, 1, "900000043", {100'000}});
    REQUIRE(opened);
    records.push_back(opened->record);
    const auto refunded = client.refund(42, 6, {7, 42, 2}, {500});
    REQUIRE(refunded);
    records.push_back(refunded->record);
    heard = client.anchor();
  }
  REQUIRE(office.box.stop() == 0);
  std::filesystem::rename(office.box.box(), office.folder / "lost");
  std::filesystem::create_directory(office.folder / "keys");
  const std::vector<std::string> restore{"restore", office.box.box().string(), "--from",
                                         office.path("backup")};
  const Ran refused = run(kName, restore);
  CHECK(refused.exit == 1);
  CHECK(refused.err.find("rolled back") != std::string::npos);
  CHECK_FALSE(std::filesystem::exists(office.box.box()));

  const auto person = [&](const char* who) { return office.path("lost/people/") + who + ".key"; };
  const auto order_with = [&](std::size_t count, std::uint64_t version, const std::string& file) {
    std::ofstream lines(office.folder / "records");
    for (std::size_t i = 0; i < count; ++i) lines << to_hex(records[i]) << "\n";
    lines.close();
    REQUIRE(run(kName,
                {"order", "recover", "--box", office.name, "--sequence", "1", "--version",
                 std::to_string(version), "--chain", to_hex(heard.chain), "--records",
                 office.path("records"), "--key", person("officer-1"), "--out", office.path(file)})
                .exit == 0);
    REQUIRE(run(kName, {"approve", office.path(file), "--key", person("officer-2")}).exit == 0);
    auto arguments = restore;
    arguments.insert(arguments.end(), {"--order", office.path(file)});
    return run(kName, arguments);
  };
  // An order that stops short of what the HSM knows does not help.
  CHECK(order_with(1, heard.version - 3, "short").exit == 1);
  const Ran done = order_with(records.size(), heard.version, "recover");
  INFO(done.err);
  REQUIRE(done.exit == 0);
  office.start();
  const Client client = office.client(heard);
  const auto stands = client.audit(42);
  REQUIRE(stands);
  CHECK(stands->registers.pieces == 3);
  CHECK(stands->registers.descending.mills == 50'000 - 3 * 500 + 500);
  CHECK(client.dispense(dispense(6)).error().kind == ErrorKind::refused);
  CHECK(client.refund(42, 7, {7, 42, 2}, {500}).error().kind == ErrorKind::refused);
  const auto dispensed = client.dispense(dispense(8));
  REQUIRE(dispensed);
  CHECK(dispensed->pieces[0].identity.counter == 4);
  CHECK(client.audit(43));
}

TEST_CASE("accounts move to a new box by commands, and work there alone") {
  Office old;
  Office next;
  Anchor heard;
  {
    const Client client = old.client();
    REQUIRE(client.open_account({42, 1, "900000042", {100'000}}));
    REQUIRE(client.fund(42, 2, {50'000}));
    REQUIRE(client.dispense(dispense(3)));
  }
  REQUIRE(old.write_order("hand-over", 1, "leave", {"--successor", next.name}) == 0);
  REQUIRE(old.approve("leave", "officer-2") == 0);
  REQUIRE(old.submit("leave") == 0);
  CHECK(old.client().dispense(dispense(4)).error().kind == ErrorKind::refused);
  const auto audit = old.box.audit().back();
  CHECK(audit.at("retired") == true);
  REQUIRE(old.box.stop() == 0);
  REQUIRE(run(kName, {"hand-over", old.box.box().string(), "--to", old.path("document")}).exit ==
          0);
  REQUIRE(next.write_order("take-over", 1, "enter",
                           {"--document", old.path("document"), "--transaction-key",
                            audit.at("transaction_key").get<std::string>()}) == 0);
  REQUIRE(next.approve("enter", "officer-2") == 0);
  REQUIRE(next.box.stop() == 0);
  const Ran taken = run(kName, {"take-over", next.box.box().string(), "--from",
                                old.path("document"), "--order", next.path("enter"), "--json"});
  INFO(taken.err);
  REQUIRE(taken.exit == 0);
  CHECK(json_lines(taken.out).at(0).at("control") == "50.000");
  next.start();
  const auto dispensed = next.client().dispense(dispense(4));
  REQUIRE(dispensed);
  CHECK(dispensed->pieces[0].identity.counter == 2);
  CHECK(next.box.audit().back().at("accounts") == 1);
}

}  // namespace
}  // namespace backstamp::test
