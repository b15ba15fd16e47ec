// Value is conserved to the cent: meter box, data center and meters may be killed at any moment,
// and in the end every debit has its token, every token its signed record, and each account its
// sum.
//
// BACKSTAMP_SEED repeats a run as far as chance was ours.
#include <signal.h>

#include <catch2/catch_test_macros.hpp>
#include <map>
#include <random>
#include <set>

#include "base/file.h"
#include "datacenter/meterbox/client.h"
#include "tests/support/post_office.h"
#include "tests/support/programs.h"

namespace backstamp::test {
namespace {

using namespace std::chrono_literals;
namespace box = datacenter::meterbox;

constexpr unsigned kMeters = 3;
constexpr std::uint32_t kFirstMeter = 501;
constexpr std::int64_t kPostage_mills = 406;
constexpr unsigned kPiecesPerBatch = 120;  // two requests
constexpr const char* kFunds = "100000.00";

/// Meter box, data center and virtual meters, each its own process.
class Treasury {
 public:
  explicit Treasury(const TemporaryFolder& folder)
      : folder_(folder), https_port_(free_port()), uplink_port_(free_port()) {
    while (uplink_port_ == https_port_) uplink_port_ = free_port();
    succeed("backstamp-meterbox", {"init", path("box"), "--issuer", "1", "--softhsm", path("hsm"),
                                   "--open-limit", "1000000.00"});
    succeed("backstamp-datacenter",
            {"init", path("dc"), "--host", "127.0.0.1", "--https-port", std::to_string(https_port_),
             "--uplink-port", std::to_string(uplink_port_), "--meterbox", path("box.socket")});
    succeed("backstamp-datacenter", {"add-account", "--config", config(), "--account", "Mailer"});
    start_box();
    start_datacenter();
    await();
    std::string orders;
    for (unsigned i = 0; i < kPiecesPerBatch; ++i) {
      orders += R"({"lines":["Ada Byron","12 High Street"],"zip":"12345678901","service":270,)"
                R"("postage":"0.406"})"
                "\n";
    }
    write_text(path("batch"), orders);
    for (unsigned i = 0; i < kMeters; ++i) add_meter(kFirstMeter + i);
  }

  std::string path(const std::string& name) const { return folder_ / name; }
  std::string config() const { return path("dc/datacenter.yaml"); }

  void start_box() {
    std::filesystem::remove(path("box.ready"));
    box_ = start(
        "backstamp-meterbox",
        {"serve", path("box"), "--socket", path("box.socket"), "--ready-file", path("box.ready")},
        path("box.out"), path("box.err"));
  }
  void start_datacenter() {
    std::filesystem::remove(path("dc.ready"));
    datacenter_ =
        start("backstamp-datacenter", {"--config", config(), "--ready-file", path("dc.ready")},
              path("dc.out"), path("dc.err"));
  }
  /// Until both are at work.
  void await() {
    const bool ready = wait_until(
        [&] {
          return (std::filesystem::exists(path("box.ready")) &&
                  std::filesystem::exists(path("dc.ready"))) ||
                 !box_.running() || !datacenter_.running();
        },
        60s);
    INFO(read_text(path("box.err")) << read_text(path("dc.err")));
    REQUIRE(ready);
    REQUIRE(box_.running());
    REQUIRE(datacenter_.running());
  }
  void kill_box() { kill(box_); }
  void kill_datacenter() { kill(datacenter_); }
  void kill_meter(unsigned meter) {
    if (minting_[meter]) kill(*minting_[meter]);
  }

  /// Lets each meter that is idle mint its next batch, after what it has open.
  void keep_minting() {
    for (unsigned i = 0; i < kMeters; ++i) {
      if (minting_[i] && minting_[i]->running()) continue;
      const std::string number = std::to_string(kFirstMeter + i);
      const std::string out = path("tokens-" + number + "-" + std::to_string(++files_[i]));
      // Every other time what was left open is asked for again; it has the same files' form.
      std::vector<std::string> arguments =
          files_[i] % 2 == 0
              ? std::vector<std::string>{"recover", "--vault", path("meter-" + number)}
              : std::vector<std::string>{"mint", "--vault", path("meter-" + number), "--batch",
                                         path("batch")};
      arguments.insert(arguments.end(), {"--out", out});
      minting_[i] = start("backstamp-meter", arguments, path("meter.out"), path("meter.err"));
    }
  }

  /// All meters come to an end, and get what they have paid for.
  void settle() {
    for (unsigned i = 0; i < kMeters; ++i) {
      if (minting_[i]) (void)exit_of(*minting_[i], 120s);
      const std::string number = std::to_string(kFirstMeter + i);
      succeed("backstamp-meter", {"recover", "--vault", path("meter-" + number), "--out",
                                  path("tokens-" + number + "-" + std::to_string(++files_[i]))});
    }
  }

  /// Tokens by counter, of all files of a meter. A file that was cut off by a kill ends in half a
  /// line; its pieces come again with what was recovered.
  std::map<std::uint64_t, std::string> tokens(unsigned meter) const {
    std::map<std::uint64_t, std::string> tokens;
    for (unsigned file = 1; file <= files_[meter]; ++file) {
      std::string text = read_text(
          path("tokens-" + std::to_string(kFirstMeter + meter) + "-" + std::to_string(file)));
      text.resize(text.rfind('\n') == std::string::npos ? 0 : text.rfind('\n') + 1);
      for (const Json& line : json_lines(text)) {
        const auto counter = line.at("counter").get<std::uint64_t>();
        const std::string token = line.at("token");
        const auto [known, fresh] = tokens.emplace(counter, token);
        if (!fresh) CHECK(known->second == token);
      }
    }
    return tokens;
  }

  Json account(unsigned meter) const {
    return json_lines(
               succeed("backstamp-datacenter", {"postage", "show", "--config", config(), "--meter",
                                                std::to_string(kFirstMeter + meter), "--json"}))
        .at(0);
  }
  std::vector<Json> transactions() const {
    return json_lines(
        succeed("backstamp-datacenter", {"report", "--config", config(), "--transactions"}));
  }
  Bytes transaction_key() const {
    const auto client = box::Client::connect(path("box.socket"), {}, 10s);
    REQUIRE(client);
    return client->transaction_key().value();
  }
  std::size_t registered() const {
    return json_lines(succeed("backstamp-datacenter", {"report", "--config", config(), "--pieces"}))
        .size();
  }
  void stop() {
    datacenter_.signal(SIGTERM);
    CHECK(exit_of(datacenter_, 30s) == 0);
    box_.signal(SIGTERM);
    CHECK(exit_of(box_, 30s) == 0);
  }

 private:
  static void kill(ChildProcess& process) {
    process.signal(SIGKILL);
    REQUIRE(process.wait_for(10s));
  }
  void add_meter(std::uint32_t meter) const {
    const std::string number = std::to_string(meter);
    const Json added =
        json_lines(succeed("backstamp-datacenter", {"add-meter", "--config", config(), "--account",
                                                    "Mailer", "--meter", number, "--json"}))
            .at(0);
    const std::string key = added.at("api_key").get<std::string>() + "\n";
    REQUIRE(write_file_durably(path(number + ".apikey"), as_bytes(key), 0600));
    succeed("backstamp-datacenter",
            {"postage", "open", "--config", config(), "--meter", number, "--mailer-id",
             "900000" + number, "--fund-limit", "1000000.00"});
    succeed("backstamp-datacenter", {"postage", "fund", "--config", config(), "--meter", number,
                                     "--amount", kFunds, "--request", "first-funds"});
    succeed("backstamp-meter",
            {"init", path("meter-" + number), "--virtual", "--meter", number, "--url",
             "https://127.0.0.1:" + std::to_string(https_port_), "--authority",
             path("dc/tls/authority.pem"), "--api-key-file", path(number + ".apikey")});
  }

  const TemporaryFolder& folder_;
  std::uint16_t https_port_;
  std::uint16_t uplink_port_;
  ChildProcess box_;
  ChildProcess datacenter_;
  std::array<std::optional<ChildProcess>, kMeters> minting_;
  std::array<unsigned, kMeters> files_{};
};

std::int64_t mills(const Json& registers, const char* key) {
  return postal::Money::parse(registers.at(key).get<std::string>()).value().mills;
}

/// Every record is signed by the box and follows on the one before; the hashes of the tokens that
/// were paid for, and how often each stands in a record.
std::map<std::string, unsigned> recorded_tokens(const Treasury& treasury) {
  const Bytes key = treasury.transaction_key();
  std::map<std::string, unsigned> hashes;
  std::map<std::uint32_t, box::Registers> registers;
  for (const Json& line : treasury.transactions()) {
    const auto record = from_hex(line.at("record").get<std::string>());
    REQUIRE(record);
    const auto transaction = box::open_transaction(*record, key);
    REQUIRE(transaction);
    CHECK(transaction->meter == line.at("meter").get<std::uint32_t>());
    CHECK(transaction->number == line.at("number").get<std::uint64_t>());
    CHECK(transaction->before == registers[transaction->meter]);
    CHECK(transaction->after.control.mills ==
          transaction->after.ascending.mills + transaction->after.descending.mills);
    registers[transaction->meter] = transaction->after;
    for (const Sha256& hash : transaction->tokens) ++hashes[to_hex(hash)];
  }
  return hashes;
}

}  // namespace

TEST_CASE("Whatever is killed and when, value is conserved and no token lacks its record") {
  std::mt19937_64 random(printed_seed());
  const TemporaryFolder folder;
  Treasury treasury(folder);
  const unsigned kills = long_run() ? 1000 : 50;
  for (unsigned kill = 0; kill < kills; ++kill) {
    treasury.keep_minting();
    std::this_thread::sleep_for(std::chrono::milliseconds(random() % 120));
    switch (random() % 4) {
      case 0:
        treasury.kill_box();
        treasury.start_box();
        break;
      case 1:
        treasury.kill_datacenter();
        treasury.start_datacenter();
        break;
      case 2:  // both at once, as when the machine goes down
        treasury.kill_box();
        treasury.kill_datacenter();
        treasury.start_box();
        treasury.start_datacenter();
        break;
      default:
        treasury.kill_meter(static_cast<unsigned>(random() % kMeters));
    }
    if (random() % 3 > 0) treasury.await();  // else the next kill meets one that is starting
  }
  treasury.await();
  treasury.settle();

  const auto hashes = recorded_tokens(treasury);
  std::size_t tokens_in_all = 0;
  for (unsigned meter = 0; meter < kMeters; ++meter) {
    const Json account = treasury.account(meter);
    INFO(account.dump());
    const Json& registers = account.at("registers");
    const auto tokens = treasury.tokens(meter);
    tokens_in_all += tokens.size();
    const std::int64_t funds = postal::Money::parse(kFunds).value().mills;
    CHECK(mills(registers, "control") == funds);
    CHECK(mills(registers, "control") ==
          mills(registers, "ascending") + mills(registers, "descending"));
    // Nothing was debited without its token in the mailer's hands, and none exists beside them.
    CHECK(registers.at("pieces").get<std::size_t>() == tokens.size());
    CHECK(mills(registers, "ascending") ==
          static_cast<std::int64_t>(tokens.size()) * kPostage_mills);
    if (!tokens.empty()) CHECK(tokens.rbegin()->first == tokens.size());
    for (const auto& [counter, token] : tokens) {
      const auto found = hashes.find(to_hex(sha256(*from_hex(token))));
      REQUIRE(found != hashes.end());
      CHECK(found->second == 1);
    }
  }
  CHECK(tokens_in_all > 0);
  CHECK(hashes.size() == tokens_in_all);
  CHECK(treasury.registered() == tokens_in_all);
  treasury.stop();
}

}  // namespace backstamp::test
