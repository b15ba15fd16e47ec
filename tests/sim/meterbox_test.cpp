// The promise of the meter box: it may be killed at any moment, as often as one likes, and in the
// end each request was done exactly once, each token has its signed record, and the value is what
// was put in, to the mill.
//
// BACKSTAMP_SEED repeats a run as far as chance was ours.
#include <signal.h>

#include <atomic>
#include <catch2/catch_test_macros.hpp>
#include <map>
#include <random>
#include <set>
#include <thread>

#include "datacenter/meterbox/client.h"
#include "tests/support/meterbox.h"

namespace backstamp::test {
namespace {

using namespace std::chrono_literals;
using namespace datacenter::meterbox;

constexpr std::uint32_t kMeters = 8;
constexpr unsigned kThreads = 4;

/// What a mailer knows: what was asked, and what was answered.
struct Mailer {
  std::uint32_t meter = 0;
  std::uint64_t number = 0;
  Registers registers;
  AccountState state = AccountState::active;
  std::set<std::uint64_t> refunded;
  std::vector<std::string> tokens;   ///< by counter, from 1
  std::vector<std::string> records;  ///< by request
  std::uint64_t retries = 0;
};

/// Threads cannot use the test's own checks; they note what is wrong.
struct Faults {
  std::mutex mutex;
  std::vector<std::string> notes;
  void note(std::string text) {
    const std::lock_guard guard(mutex);
    if (notes.size() < 20) notes.push_back(std::move(text));
  }
};

class Load {
 public:
  Load(std::filesystem::path socket, std::uint64_t seed) : socket_(std::move(socket)) {
    for (std::uint32_t meter = 1; meter <= kMeters; ++meter) mailers_.emplace_back().meter = meter;
    for (unsigned i = 0; i < kThreads; ++i) {
      threads_.emplace_back([this, i, seed] { work(i, seed + i); });
    }
  }
  ~Load() {
    given_up_ = !stop_;
    end();
  }
  void end() {
    stop_ = true;
    for (std::thread& thread : threads_) {
      if (thread.joinable()) thread.join();
    }
  }
  const std::vector<Mailer>& mailers() const { return mailers_; }
  Faults& faults() { return faults_; }

 private:
  void work(unsigned thread, std::uint64_t seed);
  void ask_something(Mailer& mailer, std::mt19937_64& random);
  void dispense(Mailer& mailer, std::mt19937_64& random);

  /// Asks until there is an answer, always with the same number: it was chosen before.
  template <typename Ask>
  auto persist(Mailer& mailer, Ask&& ask) {
    for (;;) {
      if (!client_of_thread_) connect();
      if (!client_of_thread_ && given_up_) {
        using Answer = decltype(ask(*client_of_thread_));
        return Answer(fail(ErrorKind::unavailable, "the box is gone"));
      }
      if (client_of_thread_) {
        auto answer = ask(*client_of_thread_);
        if (answer || (answer.error().kind != ErrorKind::unavailable &&
                       answer.error().kind != ErrorKind::timeout)) {
          return answer;
        }
        ++mailer.retries;
        if (given_up_) return answer;
      }
      std::this_thread::sleep_for(3ms);
    }
  }
  void connect() {
    auto client = Client::connect(socket_, {}, 20s);
    if (client) client_of_thread_ = std::make_unique<Client>(*std::move(client));
  }

  static thread_local std::unique_ptr<Client> client_of_thread_;
  std::filesystem::path socket_;
  std::vector<Mailer> mailers_;
  std::vector<std::thread> threads_;
  std::atomic<bool> stop_{false};
  std::atomic<bool> given_up_{false};  ///< the box is gone for good: the test has failed
  Faults faults_;
};

thread_local std::unique_ptr<Client> Load::client_of_thread_;

void Load::dispense(Mailer& mailer, std::mt19937_64& random) {
  Dispense request{mailer.meter, mailer.number, {}};
  std::int64_t postage = 0;
  for (std::size_t i = 1 + random() % 5; i > 0; --i) {
    PieceOrder& piece = request.pieces.emplace_back();
    piece.service = 270;
    piece.postage = {static_cast<std::int64_t>(random() % 700)};
    piece.mailed = utc_date(utc_now());
    if (random() % 2 == 0) piece.address = "12 HIGH ST|SPRINGFIELD|" + std::to_string(random());
    postage += piece.postage.mills;
  }
  const auto answer =
      persist(mailer, [&](const Client& client) { return client.dispense(request); });
  if (!answer) {
    const bool right =
        postage > mailer.registers.descending.mills || mailer.state != AccountState::active;
    if (!right) faults_.note("dispense was refused: " + answer.error().message);
    return;
  }
  Registers& of = mailer.registers;
  if (answer->pieces.size() != request.pieces.size() ||
      answer->registers.pieces != of.pieces + request.pieces.size() ||
      answer->registers.ascending.mills != of.ascending.mills + postage ||
      answer->registers.descending.mills != of.descending.mills - postage) {
    faults_.note("meter " + std::to_string(mailer.meter) + ": not what was asked for");
  }
  for (const MintedPiece& piece : answer->pieces) {
    mailer.tokens.push_back(to_hex(piece.token));
    if (piece.identity.counter != mailer.tokens.size()) faults_.note("a counter out of order");
  }
  mailer.records.push_back(to_hex(answer->record));
  of = answer->registers;
}

void Load::ask_something(Mailer& mailer, std::mt19937_64& random) {
  ++mailer.number;
  const auto roll = random() % 20;
  if (roll >= 5) return dispense(mailer, random);
  Registers expected = mailer.registers;
  Result<AccountAnswer> answer = AccountAnswer{};
  if (roll == 0 && mailer.registers.pieces > 0) {
    const std::uint64_t counter = 1 + random() % mailer.registers.pieces;
    const bool again = mailer.refunded.contains(counter);
    const postal::TokenIdentity token{7, mailer.meter, counter};
    answer = persist(mailer, [&](const Client& client) {
      return client.refund(mailer.meter, mailer.number, token, {1});
    });
    if (answer && again) faults_.note("a token was refunded twice");
    if (!answer) return;
    mailer.refunded.insert(counter);
    expected.descending.mills += 1;
    expected.control.mills += 1;
    expected.refunded.mills += 1;
  } else if (roll == 1) {
    const bool lock = mailer.state == AccountState::active;
    answer = persist(mailer, [&](const Client& client) {
      return lock ? client.lock(mailer.meter, mailer.number)
                  : client.unlock(mailer.meter, mailer.number);
    });
    if (answer) mailer.state = answer->state;
  } else {
    const postal::Money amount{static_cast<std::int64_t>(1 + random() % 5000)};
    answer = persist(mailer, [&](const Client& client) {
      return client.fund(mailer.meter, mailer.number, amount);
    });
    if (!answer && mailer.state == AccountState::locked) return;
    expected.descending.mills += amount.mills;
    expected.control.mills += amount.mills;
    expected.funded.mills += amount.mills;
  }
  if (!answer) return faults_.note("refused: " + answer.error().message);
  if (answer->registers != expected) faults_.note("registers are not what they should be");
  mailer.records.push_back(to_hex(answer->record));
  mailer.registers = answer->registers;
}

void Load::work(unsigned thread, std::uint64_t seed) {
  std::mt19937_64 random(seed);
  std::vector<Mailer*> mine;
  for (Mailer& mailer : mailers_) {
    if (mailer.meter % kThreads != thread) continue;
    mine.push_back(&mailer);
    mailer.number = 1;
    const OpenAccount open{
        mailer.meter, 1, "90000000" + std::to_string(mailer.meter), {100'000'000}};
    const auto opened =
        persist(mailer, [&](const Client& client) { return client.open_account(open); });
    if (opened)
      mailer.records.push_back(to_hex(opened->record));
    else
      faults_.note("open: " + opened.error().message);
  }
  while (!stop_) ask_something(*mine[random() % mine.size()], random);
  client_of_thread_.reset();
}

postal::Money money(const Json& json) {
  return postal::Money::parse(json.get<std::string>()).value();
}

/// The journal, checked by the audit itself, against what the mailers were told.
void compare(const std::vector<Json>& lines, const std::vector<Mailer>& mailers) {
  std::map<std::uint32_t, std::vector<std::string>> tokens;
  std::map<std::uint32_t, std::vector<std::string>> records;
  std::map<std::uint32_t, Json> accounts;
  std::uint64_t version = 0;
  for (const Json& line : lines) {
    if (line.contains("account")) accounts[line.at("account")] = line;
    if (!line.contains("record")) continue;
    CHECK(line.at("record") == ++version);
    if (!line.contains("meter")) continue;
    const std::uint32_t meter = line.at("meter");
    records[meter].push_back(line.at("transaction"));
    for (const Json& token : line.at("tokens")) tokens[meter].push_back(token);
  }
  CHECK(lines.back().at("version") == version);
  for (const Mailer& mailer : mailers) {
    INFO("meter " << mailer.meter);
    CHECK(tokens[mailer.meter] == mailer.tokens);
    CHECK(records[mailer.meter] == mailer.records);
    CHECK(std::set(mailer.tokens.begin(), mailer.tokens.end()).size() == mailer.tokens.size());
    REQUIRE(accounts.contains(mailer.meter));
    const Json& account = accounts.at(mailer.meter);
    const Registers& of = mailer.registers;
    CHECK(money(account.at("ascending")) == of.ascending);
    CHECK(money(account.at("descending")) == of.descending);
    CHECK(money(account.at("control")).mills == of.ascending.mills + of.descending.mills);
    CHECK(of.funded.mills + of.refunded.mills == of.control.mills + of.withdrawn.mills);
    CHECK(account.at("pieces") == of.pieces);
  }
}

TEST_CASE("value is conserved and no token comes twice, however often the meter box is killed") {
  const unsigned kills = long_run() ? 400 : 20;
  std::mt19937_64 random(printed_seed());
  const TemporaryFolder folder(quick_folder());
  MeterBoxProcess box(folder);
  box.init();
  box.start();
  REQUIRE(box.await());
  Load load(box.socket(), random());
  for (unsigned i = 0; i < kills; ++i) {
    // Mostly while it works, sometimes while it starts.
    if (random() % 5 != 0) {
      INFO(box.log());
      REQUIRE(box.await());
      ::usleep(static_cast<useconds_t>(random() % 400'000));
    } else {
      ::usleep(static_cast<useconds_t>(random() % 100'000));
    }
    box.kill();
    box.start();
  }
  INFO(box.log());
  REQUIRE(box.await());
  ::usleep(300'000);
  load.end();
  for (const std::string& note : load.faults().notes) FAIL_CHECK(note);
  CHECK(box.stop() == 0);
  compare(box.audit(), load.mailers());
  std::uint64_t tokens = 0;
  std::uint64_t retries = 0;
  for (const Mailer& mailer : load.mailers()) {
    tokens += mailer.tokens.size();
    retries += mailer.retries;
  }
  std::printf("%u kills, %llu tokens, %llu requests asked again\n", kills,
              static_cast<unsigned long long>(tokens), static_cast<unsigned long long>(retries));
}

}  // namespace
}  // namespace backstamp::test
