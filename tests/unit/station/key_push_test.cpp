// A revocation on its way to a line that runs: over real sockets, through a lane that does not
// stop.
#include <atomic>
#include <mutex>
#include <thread>

#include "key_fixture.h"
#include "station/duplicate_index.h"
#include "station/lane.h"
#include "token_mail.h"
#include "uplink/event_log.h"
#include "uplink/receiver.h"
#include "uplink/sender.h"

namespace {

using namespace backstamp;
using namespace backstamp::station;
using namespace std::chrono_literals;
using postal::Verdict;

constexpr Date kDay = std::chrono::year(2026) / 11 / 2;

/// A data center that has two bundles, and publishes the second when it is told.
class Center {
 public:
  Center(const testing::Authority& authority, const uplink::CurveKeyPair& station)
      : keys_(uplink::generate_curve_keys().value()),
        before_(authority.bundle(1)),
        after_(authority.bundle(2, kDay)) {
    uplink::ReceiverOptions options;
    options.keys = keys_;
    options.allowed = {{station.public_key, "LANE-1"}};
    options.published = uplink::PublishedKeys{
        [this](const std::string&, const uplink::KeysHeldMessage& held) { return lacking(held); },
        [this, &authority] {
          return authority.time(utc_now(), revoked_ ? after_.sequence() : before_.sequence());
        }};
    const auto store = [](const uplink::EventBatch& batch) -> Result<std::uint64_t> {
      return batch.events.back().id.sequence;
    };
    receiver_.emplace(uplink::Receiver::start(options, store).value());
  }
  void revoke() {
    revoked_ = true;
    receiver_->publish();
  }
  std::string endpoint() const { return receiver_->endpoint(); }
  const std::string& public_key() const { return keys_.public_key; }

 private:
  std::optional<uplink::KeysToSend> lacking(const uplink::KeysHeldMessage& held) {
    if (!revoked_ || held.sequence >= after_.sequence()) return std::nullopt;
    return uplink::KeysToSend{after_.sequence(), std::make_shared<const Bytes>(
                                                     postal::make_delta(before_, after_).value())};
  }
  uplink::CurveKeyPair keys_;
  postal::SignedBundle before_;
  postal::SignedBundle after_;
  std::atomic<bool> revoked_{false};
  std::optional<uplink::Receiver> receiver_;
};

uplink::EventLog open_log(const std::filesystem::path& directory) {
  uplink::EventLogOptions options;
  options.directory = directory;
  options.station = "LANE-1";
  return uplink::EventLog::open(options).value();
}

}  // namespace

TEST_CASE("a revocation reaches a line that runs, and no piece is lost over it") {
  testing::Station station;
  const auto curve = uplink::generate_curve_keys().value();
  Center center(station.authority, curve);
  auto log = open_log(station.journal());
  auto keeper = KeyKeeper::open(station.config, station.journal(), [](const std::string&) {});
  REQUIRE(keeper);
  uplink::SenderOptions options;
  options.endpoint = center.endpoint();
  options.keys = curve;
  options.server_public_key = center.public_key();
  options.station_keys = keeper->for_uplink();
  const auto sender = uplink::Sender::start(options, log);
  REQUIRE(sender);

  vision::DecodePoolOptions pool_options;
  pool_options.program_folder = BACKSTAMP_BIN_DIR;
  auto pool = vision::DecodePool::start(pool_options);
  REQUIRE(pool);
  LaneOptions lane;
  lane.deadline = 60s;
  lane.pieces_per_hour = 72'000;
  lane.policy.mailed_at_most_ago = std::chrono::days(36'500);  // the test's mail is of one day
  lane.policy.mailed_at_most_ahead = std::chrono::days(36'500);
  testing::TokenMail mail(station.authority, [](std::uint64_t) { return kDay; });
  DuplicateIndex index = DuplicateIndex::in_memory();
  DuplicateJudge duplicates(index, {});
  std::stop_source stop;
  SteadyTime published{};
  SteadyTime revoked{};
  std::vector<postal::ScanEvent> events;
  const auto sink = [&](const postal::ScanEvent& event, station::LaneFace&) -> Result<void> {
    events.push_back(event);
    const bool held = sender->status().state == uplink::LinkState::connected;
    if (event.verdict == Verdict::revoked) {
      if (revoked == SteadyTime{}) revoked = std::chrono::steady_clock::now();
      stop.request_stop();
    } else if (published == SteadyTime{} && held && events.size() >= 10) {
      published = std::chrono::steady_clock::now();
      center.revoke();
    }
    if (events.size() == 1200) stop.request_stop();  // a minute: too long by far
    return {};
  };
  const auto report = run_lane(
      mail, *pool, [&] { return keeper->trust(); }, duplicates, lane, sink, stop.get_token());
  REQUIRE(report);
  REQUIRE(revoked != SteadyTime{});
  WARN("revoked on the line " << std::chrono::duration<double>(revoked - published).count()
                              << " s after publication");
  CHECK(revoked - published < 30s);
  for (std::size_t i = 0; i < events.size(); ++i) CHECK(events[i].piece == i + 1);
  CHECK(events.front().verdict == Verdict::genuine);
  CHECK(events.front().decision == postal::Decision::accept);
  CHECK(events.front().keys == 2);
  CHECK(events.back().verdict == Verdict::revoked);
  CHECK(events.back().decision == postal::Decision::divert);
  CHECK(events.back().keys == 3);
  CHECK(report->diverted == report->verdicts.at("revoked"));
}
