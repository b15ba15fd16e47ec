// A meter's program may be killed at any moment: no counter is printed twice, every token that left
// is on record, and value is conserved to the mill. With a device and without one.
//
// BACKSTAMP_SEED repeats which command is killed and how long after its start; what it was doing at
// that moment is the machine's.
#include <signal.h>

#include <catch2/catch_test_macros.hpp>
#include <map>
#include <random>
#include <set>

#include "base/bytes.h"
#include "meter/vault.h"
#include "tests/support/programs.h"

namespace backstamp::test {
namespace {

using namespace std::chrono_literals;

constexpr std::int64_t kFunds_mills = 1'000'000'000;

/// A meter and all that ever left it.
class Meter {
 public:
  explicit Meter(bool device) {
    meter::NewMeter wanted;
    wanted.identity = {1, 7, "123456"};
    wanted.funds = postal::Money{kFunds_mills};
    wanted.algorithm = postal::SignatureAlgorithm::es256;
    if (device) {
      auto token = postal::make_soft_token(folder_ / "token", "franker");
      REQUIRE(token);
      wanted.device = std::move(*token);
    }
    REQUIRE(meter::Vault::create(vault_, wanted));
    device_ = device;
  }

  /// Starts a command that prints `count` pieces and kills it after `time`, unless it ended.
  /// Returns whether it was killed.
  bool print_and_kill(unsigned count, bool by_second, std::chrono::microseconds time) {
    std::string lines;
    for (unsigned i = 0; i < count; ++i) {
      const std::int64_t mills = 100 + static_cast<std::int64_t>(i % 7);
      lines += R"({"zip":"12345","service":270,"postage":")" + postal::Money{mills}.to_string() +
               R"(","code_form":")" + (by_second ? "meter" : "imb") + "\"}\n";
    }
    write_text(folder_ / "batch", lines);
    const auto out = folder_ / ("tokens-" + std::to_string(++commands_));
    ChildProcess command = start("backstamp-meter",
                                 {"mint", "--vault", vault_.string(), "--batch",
                                  (folder_ / "batch").string(), "--out", out.string()},
                                 folder_ / "out", folder_ / "err");
    ::usleep(static_cast<useconds_t>(time.count()));
    const bool killed = command.running();
    command.signal(SIGKILL);
    REQUIRE(command.wait_for(10s));
    const std::string text = read_text(out);
    for (const Json& piece : json_lines(text.substr(0, text.rfind('\n') + 1))) take(piece);
    return killed;
  }

  void check() {
    auto vault = meter::Vault::open(vault_);
    INFO((vault ? "" : vault.error().message));
    REQUIRE(vault);
    const meter::Registers& registers = vault->registers();
    CHECK(registers.ascending.mills + registers.descending.mills == kFunds_mills);
    CHECK(registers.funded.mills == kFunds_mills);
    REQUIRE(vault->pending().size() == registers.counter);
    std::int64_t sum = 0;
    std::set<std::string> codes;
    for (const meter::PieceRecord& piece : vault->pending()) {
      sum += piece.postage.mills;
      CHECK(codes.insert(piece.code).second);
    }
    CHECK(sum == registers.ascending.mills);
    for (const auto& [counter, token] : left_) {
      REQUIRE(counter <= registers.counter);
      const meter::PieceRecord& record = vault->pending()[counter - 1];
      CHECK(postal::canonical(token.code) == record.code);
      CHECK(token.postage == record.postage);
    }
    CHECK(vault->in_device() == device_);
  }
  std::size_t left() const { return left_.size(); }

 private:
  void take(const Json& line) {
    const auto bytes = from_hex(line.at("token").get<std::string>());
    REQUIRE(bytes);
    const auto token = postal::parse_token(*bytes);
    REQUIRE(token);
    CHECK(left_.emplace(token->token.identity.counter, token->token).second);
  }

  TemporaryFolder folder_;
  std::filesystem::path vault_ = folder_ / "vault";
  bool device_ = false;
  unsigned commands_ = 0;
  std::map<std::uint64_t, postal::Token> left_;  ///< by counter
};

}  // namespace

TEST_CASE(
    "a meter's program that is killed at any moment prints nothing twice and loses no value") {
  const unsigned kills = long_run() ? 500 : 25;
  std::mt19937_64 random(printed_seed());
  for (const bool device : {false, true}) {
    Meter meter(device);
    unsigned killed = 0;
    unsigned commands = 0;
    std::chrono::microseconds longest = 60ms;
    for (; killed < kills && commands < 20 * kills; ++commands) {
      const auto time =
          std::chrono::microseconds(random() % static_cast<std::uint64_t>(longest.count()));
      const auto count = static_cast<unsigned>(1 + random() % 40);
      const bool was_killed = meter.print_and_kill(count, random() % 4 == 0, time);
      killed += was_killed;
      // Commands that never end in time, or always do, show nothing.
      longest = was_killed ? std::min<std::chrono::microseconds>(longest * 5 / 4, 5s)
                           : std::max<std::chrono::microseconds>(longest * 4 / 5, 5ms);
      if (commands % 5 == 0) meter.check();
    }
    meter.check();
    CHECK(killed == kills);
    CHECK(meter.left() > 0);
    std::printf("%s: %u of %u commands killed, %zu tokens left the meter\n",
                device ? "device" : "file", killed, commands, meter.left());
  }
}

}  // namespace backstamp::test
