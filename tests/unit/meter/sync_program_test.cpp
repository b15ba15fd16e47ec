// Meters and a data center as programs: registers compared, old copies caught, terms renewed.
#include <signal.h>

#include <catch2/catch_test_macros.hpp>

#include "base/file.h"
#include "tests/support/programs.h"

namespace backstamp::test {
namespace {

using namespace std::chrono_literals;

/// A data center with one meter's account, at work, and a meter that knows it.
class Office {
 public:
  explicit Office(const std::vector<std::string>& more = {}) {
    ready({"init", dc_, "--host", "127.0.0.1", "--https-port", std::to_string(port_),
           "--uplink-port", std::to_string(port_ == 20000 ? 20001 : port_ - 1)});
    ready({"add-account", "--config", config(), "--account", "Mailer"});
    const auto added =
        ready({"add-meter", "--config", config(), "--account", "Mailer", "--meter", "7", "--json"});
    write_text(folder_ / "api.key",
               json_lines(added).at(0).at("api_key").get<std::string>() + "\n");
    std::vector<std::string> init{"init",           vault(),
                                  "--issuer",       "1",
                                  "--meter",        "7",
                                  "--mailer-id",    "123456",
                                  "--url",          url(),
                                  "--authority",    dc_ + "/tls/authority.pem",
                                  "--api-key-file", (folder_ / "api.key").string()};
    init.insert(init.end(), more.begin(), more.end());
    const Ran made = run("backstamp-meter", init);
    INFO(made.err);
    REQUIRE(made.exit == 0);
  }
  void open() {
    std::filesystem::remove(folder_ / "ready");
    process_ = start("backstamp-datacenter",
                     {"--config", config(), "--ready-file", (folder_ / "ready").string()},
                     folder_ / "dc.out", folder_ / "dc.err");
    const bool up = wait_until([&] { return std::filesystem::exists(folder_ / "ready"); }, 60s);
    INFO(read_text(folder_ / "dc.err"));
    REQUIRE(up);
  }
  void close() {
    process_.signal(SIGTERM);
    REQUIRE(exit_of(process_, 30s) == 0);
  }
  Ran meter(std::vector<std::string> arguments) const {
    arguments.insert(arguments.begin() + 1, {"--vault", vault()});
    return run("backstamp-meter", arguments);
  }
  Ran print(const std::string& postage, const std::vector<std::string>& more = {}) const {
    std::vector<std::string> arguments{"print", "--to",  "Ada|Hill",
                                       "--zip", "12345", "--postage",
                                       postage, "--out", (folder_ / "face.pdf").string()};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return meter(arguments);
  }
  Json status() const { return json_lines(meter({"status", "--json"}).out).at(0); }
  std::string vault() const { return (folder_ / "vault").string(); }
  const TemporaryFolder& folder() const { return folder_; }

 private:
  std::string config() const { return dc_ + "/datacenter.yaml"; }
  std::string url() const { return "https://127.0.0.1:" + std::to_string(port_); }
  static std::string ready(const std::vector<std::string>& arguments) {
    const Ran ran = run("backstamp-datacenter", arguments);
    INFO(ran.err);
    REQUIRE(ran.exit == 0);
    return ran.out;
  }

  TemporaryFolder folder_;
  std::uint16_t port_ = free_port();
  std::string dc_ = (folder_ / "dc").string();
  ChildProcess process_;
};

bool says(const Ran& ran, std::string_view text) {
  return (ran.out + ran.err).find(text) != std::string::npos;
}

}  // namespace

TEST_CASE("An old copy of a meter's folder prints until it meets its data center, and no more") {
  Office office({"--funds", "10"});
  office.open();
  REQUIRE(office.print("0.5").exit == 0);
  std::filesystem::copy(office.vault(), office.folder() / "old",
                        std::filesystem::copy_options::recursive);
  REQUIRE(office.print("0.5").exit == 0);
  CHECK(office.status()["pending"] == 0);
  std::filesystem::remove_all(office.vault());
  std::filesystem::rename(office.folder() / "old", office.vault());
  const Ran met = office.meter({"sync"});
  CHECK(met.exit == 1);
  CHECK(says(met, "AN OLD COPY"));
  const Ran refused = office.print("0.5");
  CHECK(refused.exit == 1);
  CHECK(says(refused, "AN OLD COPY"));
  CHECK(office.status()["prints"] == false);
  CHECK(office.meter({"register"}).exit == 1);
  office.close();
}

TEST_CASE(
    "Offline a meter prints up to its limit; as soon as its data center is there, it goes on") {
  Office office({"--funds", "10", "--offline-limit", "1", "--offline-period", "12h"});
  for (int i = 0; i < 2; ++i) REQUIRE(office.print("0.5", {"--meter-code"}).exit == 0);
  const Ran refused = office.print("0.5");
  CHECK(refused.exit == 1);
  CHECK(says(refused, "offline limit of 1.000"));
  CHECK(says(refused, "not synchronised"));
  const Json status = office.status();
  CHECK(status["key"] == "file");
  CHECK(status["pending"] == 2);
  CHECK(status["offline"]["limit"] == "1.000");
  CHECK(status["offline"]["spent"] == "1.000");
  CHECK(status["offline"]["period_s"] == 43200);
  office.open();
  REQUIRE(office.print("0.5").exit == 0);
  CHECK(office.status()["pending"] == 0);
  CHECK(office.status()["offline"]["spent"] == "0.000");
  const Ran synchronised = office.meter({"sync", "--json"});
  REQUIRE(synchronised.exit == 0);
  const Json report = json_lines(synchronised.out).at(0);
  CHECK(report["datacenter_counter"] == 3);
  CHECK(report["datacenter_ascending"] == "1.500");
  CHECK(report["counter"] == 3);
  CHECK(report["until"].is_string());
  REQUIRE(office.print("1", {"--no-register"}).exit == 0);
  REQUIRE(office.meter({"notices"}).exit == 0);  // a piece waits: nothing is renewed
  CHECK(office.status()["offline"]["spent"] == "1.000");
  REQUIRE(office.meter({"register"}).exit == 0);
  CHECK(office.status()["offline"]["spent"] == "0.000");
  office.close();
}

TEST_CASE("A meter with a fund authority is funded by what that signs alone") {
  const TemporaryFolder keys;
  const std::string root = (keys / "authority").string();
  REQUIRE(run("backstamp-keys", {"token-key", "--out", root}).exit == 0);
  Office office({"--fund-authority", root + ".pub"});
  const auto authorize = [&](const std::string& number, const std::string& amount,
                             const std::string& total, const std::string& out) {
    const Ran ran = run("backstamp-meter",
                        {"authorize-funds", "--key", root + ".key", "--issuer", "1", "--meter", "7",
                         "--number", number, "--amount", amount, "--total", total, "--out", out});
    INFO(ran.err);
    REQUIRE(ran.exit == 0);
  };
  const std::string first = (keys / "first").string();
  const std::string second = (keys / "second").string();
  authorize("1", "2.50", "2.50", first);
  authorize("2", "1", "3.50", second);
  CHECK(says(office.meter({"fund", "--amount", "5"}), "its authority alone"));
  CHECK(says(office.meter({"fund", "--authorization", second}), "comes before"));
  CHECK(office.meter({"fund", "--authorization", first}).exit == 0);
  CHECK(says(office.meter({"fund", "--authorization", first}), "used already"));
  CHECK(office.meter({"fund", "--authorization", second}).exit == 0);
  CHECK(office.meter({"fund"}).exit == 2);
  CHECK(office.status()["funded"] == "3.500");
  CHECK(office.status()["next_authorization"] == 3);
}

TEST_CASE("A meter with a soft token says where its key lies") {
  Office office({"--soft-token", "--funds", "1"});
  CHECK(office.print("0.5").exit == 0);
  CHECK(office.status()["key"] == "device");
  CHECK(says(office.meter({"status"}), "in a secure storage device"));
  std::filesystem::rename(office.vault() + "/hsm", office.vault() + "/gone");
  CHECK(office.status()["pending"] == 1);
  CHECK(office.status()["prints"] == false);
  CHECK(says(office.meter({"status"}), "without its device"));
  CHECK(office.print("0.5").exit == 1);
  office.open();
  CHECK(office.meter({"register"}).exit == 0);
  office.close();
  std::filesystem::rename(office.vault() + "/gone", office.vault() + "/hsm");
  CHECK(office.print("0.5", {"--no-register"}).exit == 0);
  CHECK(office.status()["pending"] == 1);
  CHECK(office.status()["counter"] == 2);
  CHECK(run("backstamp-meter", {"init", "x", "--issuer", "1", "--meter", "7", "--mailer-id",
                                "123456", "--soft-token", "--virtual"})
            .exit == 2);
  CHECK(run("backstamp-meter", {"init", "x", "--issuer", "1", "--meter", "7", "--mailer-id",
                                "123456", "--hsm-module", "m.so"})
            .exit == 2);
}

}  // namespace backstamp::test
