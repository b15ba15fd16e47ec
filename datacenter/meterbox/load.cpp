// A load on a served box that believes no answer.
#include <atomic>
#include <thread>

#include "datacenter/meterbox.h"
#include "datacenter/meterbox/client.h"

namespace backstamp::datacenter {

using namespace meterbox;

namespace {

constexpr postal::Money kFunds{1'000'000'000};
constexpr postal::Money kPostage{1};

/// What one thread knows of one of its meters.
struct Meter {
  std::uint32_t number = 0;
  std::uint64_t next_request = 0;
  Registers registers;
};

std::string mailer_id(std::uint32_t meter) {
  std::string digits = std::to_string(meter % 100'000'000);
  return "9" + std::string(8 - digits.size(), '0') + digits;
}

/// The account as it stands, opened and funded when it is new.
Result<Meter> ready_meter(const Client& client, std::uint32_t number) {
  Meter meter{number, 3, {}};
  auto stands = client.audit(number);
  if (!stands && stands.error().kind == ErrorKind::not_found) {
    auto opened = client.open_account({number, 1, mailer_id(number), kFunds});
    if (!opened) return std::unexpected(opened.error());
    stands = client.fund(number, 2, kFunds);
  }
  if (!stands) return std::unexpected(stands.error());
  meter.registers = stands->registers;
  // Numbers by the clock: greater than those of an earlier load.
  meter.next_request = static_cast<std::uint64_t>(utc_now().time_since_epoch().count());
  return meter;
}

Dispense request_of(Meter& meter, unsigned pieces) {
  PieceOrder piece;
  piece.routing = "12345678901";
  piece.service = 270;
  piece.postage = kPostage;
  piece.mailed = utc_date(utc_now());
  return {meter.number, ++meter.next_request, std::vector(pieces, piece)};
}

/// Is it what was asked for, no more and no less?
bool as_ordered(const Meter& meter, const Dispensed& answer, unsigned pieces) {
  const auto postage = static_cast<std::int64_t>(pieces) * kPostage.mills;
  const Registers& before = meter.registers;
  const Registers& after = answer.registers;
  if (answer.pieces.size() != pieces || after.pieces != before.pieces + pieces ||
      after.ascending.mills != before.ascending.mills + postage ||
      after.descending.mills != before.descending.mills - postage ||
      after.control.mills != after.ascending.mills + after.descending.mills) {
    return false;
  }
  for (unsigned i = 0; i < pieces; ++i) {
    const postal::TokenIdentity& identity = answer.pieces[i].identity;
    if (identity.meter != meter.number || identity.counter != before.pieces + i + 1) return false;
  }
  return true;
}

void work(const Client& client, const MintLoad& load, std::vector<Meter>& meters, SteadyTime end,
          MintFigures& figures) {
  for (std::size_t turn = 0; std::chrono::steady_clock::now() < end; ++turn) {
    Meter& meter = meters[turn % meters.size()];
    const Dispense request = request_of(meter, load.pieces);
    const auto begin = std::chrono::steady_clock::now();
    const auto answer = client.dispense(request);
    const auto took = std::chrono::steady_clock::now() - begin;
    figures.times.record_ns(static_cast<std::uint64_t>(
        std::chrono::duration_cast<std::chrono::nanoseconds>(took).count()));
    ++figures.requests;
    if (!answer || !as_ordered(meter, *answer, load.pieces)) {
      ++figures.faults;
      continue;
    }
    meter.registers = answer->registers;
    figures.tokens += load.pieces;
  }
}

}  // namespace

Result<MintFigures> measure_minting(const MintLoad& load) {
  const auto client = Client::connect(load.socket, {}, std::chrono::seconds(60));
  if (!client) return std::unexpected(client.error());
  const unsigned threads = std::min<unsigned>(load.threads, load.meters);
  std::vector<std::vector<Meter>> meters(threads);
  for (std::uint32_t number = 1; number <= load.meters; ++number) {
    auto meter = ready_meter(*client, number);
    if (!meter) return std::unexpected(meter.error());
    meters[number % threads].push_back(*meter);
  }
  std::vector<MintFigures> parts(threads);
  std::vector<std::thread> working;
  const auto begin = std::chrono::steady_clock::now();
  for (unsigned i = 0; i < threads; ++i) {
    working.emplace_back(
        [&, i] { work(*client, load, meters[i], begin + load.duration, parts[i]); });
  }
  for (std::thread& thread : working) thread.join();
  MintFigures all;
  all.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
  for (const MintFigures& part : parts) {
    all.tokens += part.tokens;
    all.requests += part.requests;
    all.faults += part.faults;
    all.times.merge(part.times);
  }
  all.version = client->anchor().version;
  return all;
}

}  // namespace backstamp::datacenter
