// bench verify: tokens from bytes to verdict, against OpenSSL's own loop; and the duplicate index.
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <fstream>
#include <nlohmann/json.hpp>
#include <random>
#include <vector>

#include "base/histogram.h"
#include "postal/keys.h"
#include "postal/openssl_speed.h"
#include "programs/bench/commands.h"
#include "programs/command_line.h"
#include "station/duplicate_index.h"

namespace backstamp::bench {
namespace {

using postal::SignatureAlgorithm;

constexpr unsigned kMeters = 64;  // of each as many tokens as it takes to fill the caches a little
constexpr std::size_t kTokens = 1024;
constexpr std::uint64_t kPiecesADay = 720'000;  // 60,000 an hour, 12 hours

double seconds_of_thread() {
  timespec now{};
  ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) / 1e9;
}

/// Tokens of many meters and the verifier that believes them.
struct Mail {
  postal::Verifier verifier;
  std::vector<Bytes> tokens;
};

Result<Mail> make_mail(SignatureAlgorithm algorithm) {
  postal::KeyBundle bundle;
  std::vector<Bytes> tokens;
  const Date today = utc_date(utc_now());
  for (std::uint32_t meter = 1; meter <= kMeters; ++meter) {
    const auto key = postal::SigningKey::generate(algorithm);
    if (!key) return std::unexpected(key.error());
    bundle.keys.push_back({key->public_key(), 1, meter, today, today, {}});
    for (std::uint64_t counter = 1; counter <= kTokens / kMeters; ++counter) {
      postal::Token token;
      token.identity = {1, meter, counter};
      token.postage.mills = 406;
      token.mailed = today;
      token.service = 270;
      token.code = postal::Imb::parse("0027012345600000000112345678901").value();
      auto bytes = postal::mint_token(token, *key);
      if (!bytes) return std::unexpected(bytes.error());
      tokens.push_back(std::move(*bytes));
    }
  }
  std::shuffle(tokens.begin(), tokens.end(), std::mt19937(1));
  auto verifier = postal::Verifier::make(bundle);
  if (!verifier) return std::unexpected(verifier.error());
  return Mail{std::move(*verifier), std::move(tokens)};
}

struct Rates {
  double ours = 0;
  double openssl = 0;
};

double median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  return values[values.size() / 2];
}

/// What one of the two did in a round, by the processor's time of the thread.
struct Tally {
  std::size_t done = 0;
  double seconds = 0;

  /// `batch` does `times` verifications; false when one was wrong.
  template <typename Batch>
  bool add(std::size_t times, Batch batch) {
    const double start = seconds_of_thread();
    if (!batch()) return false;
    seconds += seconds_of_thread() - start;
    done += times;
    return true;
  }
  double per_s() const { return static_cast<double>(done) / seconds; }
};

/// Both in turn, batch by batch, so that what else the machine does meets both; the median of the
/// rounds.
Result<Rates> compare(SignatureAlgorithm algorithm, const VerifyArguments& arguments) {
  constexpr std::size_t kBatch = 64;
  const auto mail = make_mail(algorithm);
  if (!mail) return std::unexpected(mail.error());
  auto loop = postal::OpensslVerifyLoop::make(algorithm);
  if (!loop) return std::unexpected(loop.error());
  std::size_t next = 0;
  const auto ours = [&] {
    for (std::size_t i = 0; i < kBatch; ++i) {
      const auto token = postal::parse_token(mail->tokens[next++ % mail->tokens.size()]);
      if (!token || mail->verifier.verify(*token) != postal::Verdict::genuine) return false;
    }
    return true;
  };
  std::vector<double> ours_per_s;
  std::vector<double> openssl_per_s;
  for (unsigned round = 0; round < arguments.rounds; ++round) {
    Tally mine;
    Tally theirs;
    while (mine.seconds < arguments.seconds || theirs.seconds < arguments.seconds) {
      if (!theirs.add(kBatch, [&] { return loop->run(kBatch); }) || !mine.add(kBatch, ours)) {
        return fail(ErrorKind::internal, "a genuine signature did not verify");
      }
    }
    ours_per_s.push_back(mine.per_s());
    openssl_per_s.push_back(theirs.per_s());
  }
  return Rates{median(ours_per_s), median(openssl_per_s)};
}

std::uint64_t resident_bytes() {
  std::ifstream file("/proc/self/statm");
  std::uint64_t pages = 0;
  file >> pages >> pages;
  return pages * static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
}

struct IndexFigures {
  std::uint64_t entries = 0;
  std::uint64_t resident = 0;
  Histogram lookups;  ///< of tokens that are there and that are not, half and half
  Histogram notes;
  std::uint64_t wrong = 0;
};

/// The event of a genuine reading, as the journal would hold it.
postal::ScanEvent reading(std::uint64_t number) {
  postal::ScanEvent event;
  event.id = {"bench", 1, number};
  // Meters of very different sizes: one in eight pieces is of one meter, the rest of thousands.
  const auto meter =
      static_cast<std::uint32_t>(number % 8 == 0 ? 1 : 2 + number * 2654435761u % 5000);
  event.token = postal::TokenIdentity{1, meter, number};
  event.induced_at = UtcTime(std::chrono::microseconds(1'790'000'000'000'000)) +
                     std::chrono::days(number / kPiecesADay) +
                     std::chrono::milliseconds(60 * (number % kPiecesADay));
  event.verdict = postal::Verdict::genuine;
  event.decision = postal::Decision::accept;
  event.reason = postal::Reason::none;
  return event;
}

template <typename Work>
auto timed(Histogram& times, Work work) {
  const auto start = std::chrono::steady_clock::now();
  auto result = work();
  times.record_ns(static_cast<std::uint64_t>((std::chrono::steady_clock::now() - start).count()));
  return result;
}

/// Fills an index as a line would, day after day, then asks it.
IndexFigures measure_index(std::uint64_t entries, std::size_t lookups) {
  IndexFigures figures;
  const std::uint64_t before = resident_bytes();
  station::DuplicateIndex index = station::DuplicateIndex::in_memory();
  for (std::uint64_t number = 1; number <= entries; ++number) {
    const postal::ScanEvent event = reading(number);
    if (number % 32 != 0) {
      index.note(event);
      continue;
    }
    timed(figures.notes, [&] {
      index.note(event);
      return 0;
    });
  }
  index.settle();
  figures.entries = index.entries();
  figures.resident = resident_bytes() - before;
  std::mt19937_64 random(7);
  for (std::size_t i = 0; i < lookups; ++i) {
    postal::TokenIdentity token = *reading(1 + random() % entries).token;
    const bool there = i % 2 == 0;
    if (!there) token.issuer = 2;
    const auto found = timed(figures.lookups, [&] { return index.find(token); });
    if (found.has_value() != there) ++figures.wrong;
  }
  return figures;
}

double us(std::uint64_t value_ns) {
  return static_cast<double>(value_ns) / 1e3;
}

void print_text(const Rates& es256, const Rates& eddsa, const IndexFigures& index) {
  const auto line = [](const char* name, const Rates& rates) {
    std::printf("%-6s %9.0f /s from bytes to verdict, OpenSSL's own loop %9.0f /s: %.2f\n", name,
                rates.ours, rates.openssl, rates.ours / rates.openssl);
  };
  line("ES256", es256);
  line("EdDSA", eddsa);
  std::printf(
      "duplicate index: %llu entries, %.0f MB; lookup p50 %.2f p99 %.2f max %.1f us, lookup and "
      "insert p99 %.2f us%s\n",
      static_cast<unsigned long long>(index.entries), static_cast<double>(index.resident) / 1e6,
      us(index.lookups.percentile_ns(0.5)), us(index.lookups.percentile_ns(0.99)),
      us(index.lookups.max_ns()), us(index.notes.percentile_ns(0.99)),
      index.wrong > 0 ? "  WRONG" : "");
}

void print_json(const Rates& es256, const Rates& eddsa, const IndexFigures& index) {
  const auto rates = [](const Rates& one) {
    return nlohmann::ordered_json{{"verify_per_s", one.ours}, {"openssl_per_s", one.openssl}};
  };
  const nlohmann::ordered_json json{{"es256", rates(es256)},
                                    {"eddsa", rates(eddsa)},
                                    {"duplicates",
                                     {{"entries", index.entries},
                                      {"lookup_us_p99", us(index.lookups.percentile_ns(0.99))},
                                      {"note_us_p99", us(index.notes.percentile_ns(0.99))},
                                      {"resident_mb", static_cast<double>(index.resident) / 1e6}}}};
  std::puts(json.dump().c_str());
}

}  // namespace

CLI::App* add_verify_command(CLI::App& app, VerifyArguments& arguments) {
  CLI::App* command = app.add_subcommand(
      "verify",
      "Measures on one core how many tokens are verified a second, from their bytes to the "
      "verdict,\n"
      "beside OpenSSL's own verify loop (as `openssl speed` has it) in the same run, in turn; and "
      "the\n"
      "duplicate index: lookups and memory. Rates are by the processor's time of the thread.");
  command->add_option("--rounds", arguments.rounds, "Rounds of both; the median counts")
      ->check(CLI::Range(1u, 99u))
      ->capture_default_str();
  command->add_option("--seconds", arguments.seconds, "Processor's time of a round of each")
      ->check(CLI::Range(0.001, 60.0))
      ->capture_default_str();
  command->add_option("--entries", arguments.entries, "Tokens in the duplicate index")
      ->check(CLI::Range(std::uint64_t{1}, std::uint64_t{90'000'000}))
      ->capture_default_str();
  command
      ->add_option("--lookups", arguments.lookups, "Lookups in it, half of tokens that are there")
      ->check(CLI::Range(std::size_t{1}, std::size_t{100'000'000}))
      ->capture_default_str();
  command->add_flag("--json", arguments.json, "One line of JSON");
  return command;
}

int run_verify_command(const VerifyArguments& arguments) {
  const auto es256 = compare(SignatureAlgorithm::es256, arguments);
  if (!es256) return programs::failed("bench", es256.error());
  const auto eddsa = compare(SignatureAlgorithm::eddsa, arguments);
  if (!eddsa) return programs::failed("bench", eddsa.error());
  const IndexFigures index = measure_index(arguments.entries, arguments.lookups);
  arguments.json ? print_json(*es256, *eddsa, index) : print_text(*es256, *eddsa, index);
  return index.wrong == 0 ? programs::kDone : programs::kFailed;
}

}  // namespace backstamp::bench
