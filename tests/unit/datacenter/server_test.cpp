// The data center as a whole: events by the real uplink in, registrations and notices by HTTPS.
#include "datacenter/server.h"

#include <mutex>
#include <nlohmann/json.hpp>
#include <sstream>
#include <thread>

#include "base/file.h"
#include "base/http.h"
#include "datacenter/administration.h"
#include "datacenter/report.h"
#include "datacenter/stations.h"
#include "mail.h"
#include "postal/key_bundle.h"
#include "uplink/event_log.h"
#include "uplink/sender.h"

namespace backstamp::datacenter {

using namespace testing;
using nlohmann::json;

namespace {

constexpr std::chrono::seconds kLongEnough{60};

/// A working folder with one meter and one station, and the running data center.
struct Center {
  Center() {
    NewFolder wanted;
    wanted.folder = folder / "dc";
    wanted.hosts = {"127.0.0.1"};
    wanted.https_port = 0;
    wanted.uplink_port = 0;
    wanted.waiting_period = "1s";
    const auto path = make_folder(wanted);
    if (!path) FAIL(path.error().message);
    config = load_config(*path).value();
    REQUIRE(add_account(config, "Acme"));
    key = add_meter(config, "Acme", kMeter, "lobby").value();
    station = uplink::generate_curve_keys().value();
    REQUIRE(add_station(config, "S1", station.public_key));
    start();
  }
  void start() {
    auto started = DataCenter::start(config, [](const std::string&) {});
    if (!started) FAIL(started.error().message);
    center = std::make_unique<DataCenter>(std::move(*started));
  }
  http::Client client() {
    http::ClientOptions options;
    options.base_url = center->https_url();
    options.authority = folder / "dc/tls/authority.pem";
    options.authorization = "Bearer " + key;
    return http::Client(options);
  }
  uplink::Sender sender(uplink::EventLog& log, const uplink::CurveKeyPair& keys,
                        std::optional<uplink::StationKeys> station_keys = {}) {
    uplink::SenderOptions options;
    options.endpoint = center->uplink_endpoint();
    options.keys = keys;
    options.server_public_key =
        uplink::load_curve_public_key(folder / "dc/curve/server.public").value();
    options.station_keys = std::move(station_keys);
    auto started = uplink::Sender::start(options, log);
    if (!started) FAIL(started.error().message);
    return std::move(*started);
  }
  uplink::EventLog log(const std::string& name) {
    uplink::EventLogOptions options;
    options.directory = folder / ("spool-" + name);
    options.station = name;
    auto opened = uplink::EventLog::open(options);
    if (!opened) FAIL(opened.error().message);
    return std::move(*opened);
  }
  json totals() {
    std::ostringstream out;
    REQUIRE(write_totals(config, true, out));
    return json::parse(out.str());
  }
  std::vector<json> list(Listing listing) {
    std::stringstream out;
    REQUIRE(write_listing(config, listing, out));
    std::vector<json> lines;
    for (std::string line; std::getline(out, line);) lines.push_back(json::parse(line));
    return lines;
  }

  TemporaryFolder folder;
  Config config;
  std::string key;
  uplink::CurveKeyPair station;
  std::unique_ptr<DataCenter> center;
};

void append(uplink::EventLog& log, postal::ScanEvent event) {
  event.piece = 1;
  const auto sequence = log.append(std::move(event));
  REQUIRE(sequence);
  REQUIRE(log.wait_committed(*sequence, kLongEnough));
}

std::string body(std::uint64_t number) {
  const Registration piece = registration(number);
  return json{{"codes",
               {{{"code", piece.code},
                 {"issuer", 1},
                 {"meter", kMeter},
                 {"counter", number},
                 {"postage", "0.406"},
                 {"mailed", "2026-11-22"},
                 {"service", 270}}}}}
      .dump();
}

}  // namespace

TEST_CASE("Pieces go from registration and scan to their states, across a restart") {
  Center c;
  http::Client client = c.client();
  uplink::EventLog log = c.log("S1");
  append(log, scan(1));
  append(log, no_read(postal::NoReadCause::checksum));
  append(log, diverted(3, postal::Verdict::forged, postal::Reason::forged));
  {
    uplink::Sender sender = c.sender(log, c.station);
    REQUIRE(sender.drain(kLongEnough));
  }
  for (const std::uint64_t number : {1, 2}) {
    const auto response = client.post("/v1/meters/7/codes", body(number));
    REQUIRE(response);
    REQUIRE(response->status == 200);
  }
  std::vector<std::string> kinds;
  std::stop_source stop;
  REQUIRE(client.follow(
      "/v1/meters/7/notices", "",
      [&](const http::ServerEvent& event) {
        kinds.push_back(event.event);
        return kinds.size() < 4;  // the last one comes when the waiting period is over
      },
      stop.get_token()));
  CHECK(kinds == std::vector<std::string>{"received", "read", "received", "not_read"});

  c.center.reset();
  c.start();
  append(log, scan(2));
  uplink::Sender sender = c.sender(log, c.station);
  REQUIRE(sender.drain(kLongEnough));
  const json totals = c.totals();
  CHECK(totals["pieces"]["read"] == 2);
  CHECK(totals["pieces"]["suspect"] == 1);
  CHECK(totals["suspect_scans"]["forged"] == 1);
  CHECK(totals["no_reads"]["S1"]["checksum"] == 1);
  CHECK(totals["events"] == 4);
  CHECK(totals["stations"][0]["contiguous"] == 4);
  CHECK(c.list(Listing::events).size() == 4);
  CHECK(c.list(Listing::no_reads)[0]["cause"] == "checksum");
  CHECK(c.list(Listing::suspects)[0]["suspect"] == "forged");
  CHECK(c.list(Listing::pieces).size() == 3);
}

TEST_CASE("A station that is added later comes in when the list is read again") {
  Center c;
  const auto keys = uplink::generate_curve_keys().value();
  REQUIRE(add_station(c.config, "S2", keys.public_key));
  const std::string before = c.center->uplink_endpoint();
  const auto reloaded = c.center->reload_stations();
  if (!reloaded) FAIL(reloaded.error().message);
  CHECK(c.center->uplink_endpoint() == before);
  uplink::EventLog log = c.log("S2");
  append(log, scan(1));
  uplink::Sender sender = c.sender(log, keys);
  REQUIRE(sender.drain(kLongEnough));
  CHECK(c.totals()["stations"][0]["station"] == "S2");
}

namespace {

/// A data center that publishes keys of its own making.
struct PublishingCenter : Center {
  PublishingCenter() {
    center.reset();
    std::filesystem::create_directories(folder / "keys");
    REQUIRE(postal::save_public_key(root.public_key(), folder / "keys/root.pub"));
    REQUIRE(clock.save(folder / "keys/time.key"));
    config.keys = Config::Keys{folder / "keys/keys.bundle", folder / "keys/root.pub",
                               folder / "keys/time.key"};
    publish(1);
    start();
  }
  static postal::SigningKey key(std::uint8_t fill) {
    std::array<std::uint8_t, 32> seed{};
    seed.fill(fill);
    return postal::SigningKey::from_seed(seed).value();
  }
  postal::SignedBundle bundle(std::uint64_t sequence) const {
    using std::chrono::year;
    const UtcTime issued = std::chrono::sys_days(year(2026) / 6 / 1);
    const postal::IssuerStatement statement{
        1, issued, {{root.public_key(), 7, year(2026) / 1 / 1, year(2027) / 1 / 1, {}}}};
    postal::KeyList list{
        7, sequence, issued + std::chrono::seconds(sequence), {clock.public_key()}, {}};
    for (std::uint64_t i = 0; i < 20 + sequence; ++i) {
      list.keys.push_back({key(static_cast<std::uint8_t>(i)).public_key(),
                           7,
                           static_cast<std::uint32_t>(i),
                           year(2026) / 1 / 1,
                           year(2027) / 1 / 1,
                           {}});
    }
    const Bytes lists[] = {postal::sign_key_list(list, root).value()};
    return postal::make_bundle(postal::sign_issuers(statement, root).value(), lists,
                               root.public_key())
        .value();
  }
  void publish(std::uint64_t sequence) {
    REQUIRE(write_file_durably(folder / "keys/keys.bundle", bundle(sequence).file()));
  }

  postal::SigningKey root = key(0xAA);
  postal::SigningKey clock = key(0xBB);
};

/// A station that takes what it is brought, and says what it was.
struct KeyHolder {
  explicit KeyHolder(const PublishingCenter& center) : root(center.root.public_key()) {}
  uplink::StationKeys keys() {
    return {
        [this] {
          const std::lock_guard lock(mutex);
          return uplink::KeysHeldMessage{postal::public_key_id(root), held ? held->sequence() : 0};
        },
        [this](const Bytes& file) {
          const std::lock_guard lock(mutex);
          const bool delta = postal::looks_like_delta(file);
          auto made = delta && held ? postal::apply_delta(*held, file, root)
                                    : postal::open_bundle(file, root);
          if (!made) return uplink::KeysTaken::refused;
          ++(delta ? deltas : bundles);
          held = std::move(*made);
          return uplink::KeysTaken::taken;
        },
        [this](const Bytes& statement) {
          const std::lock_guard lock(mutex);
          if (!held) return;
          if (const auto time = postal::open_time(statement, *held)) newest = time->sequence;
        }};
  }
  std::uint64_t sequence() {
    const std::lock_guard lock(mutex);
    return held ? held->sequence() : 0;
  }
  bool wait_for(std::uint64_t wanted) {
    const auto end = std::chrono::steady_clock::now() + kLongEnough;
    while (sequence() != wanted && std::chrono::steady_clock::now() < end) {
      std::this_thread::sleep_for(std::chrono::milliseconds(2));
    }
    return sequence() == wanted;
  }
  Bytes root;
  std::mutex mutex;
  std::optional<postal::SignedBundle> held;
  unsigned deltas = 0;
  unsigned bundles = 0;
  std::uint64_t newest = 0;
};

}  // namespace

TEST_CASE("A bundle that replaces the published one reaches a connected station by itself") {
  PublishingCenter c;
  KeyHolder holder(c);
  uplink::EventLog log = c.log("S1");
  std::optional<uplink::Sender> sender(c.sender(log, c.station, holder.keys()));
  REQUIRE(holder.wait_for(2));
  const auto from = std::chrono::steady_clock::now();
  c.publish(5);
  REQUIRE(holder.wait_for(6));
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - from;
  WARN("a published bundle was held by the station after " << took.count() << " s");
  CHECK(holder.bundles == 1);
  CHECK(holder.deltas == 1);
  CHECK(holder.held->file() == c.bundle(5).file());

  c.publish(3);  // an older one: nothing happens
  std::this_thread::sleep_for(std::chrono::milliseconds(600));
  CHECK(holder.sequence() == 6);

  // Nor does a restart go back, and it still knows what deltas are made from.
  sender.reset();
  c.center.reset();
  const auto back = DataCenter::start(c.config, [](const std::string&) {});
  REQUIRE_FALSE(back);
  CHECK(back.error().kind == ErrorKind::refused);
  c.publish(9);
  c.start();
  sender.emplace(c.sender(log, c.station, holder.keys()));
  REQUIRE(holder.wait_for(10));
  CHECK(holder.deltas == 2);
  const auto end = std::chrono::steady_clock::now() + kLongEnough;
  const auto told = [&] {
    const std::lock_guard lock(holder.mutex);
    return holder.newest == 10;
  };
  while (!told() && std::chrono::steady_clock::now() < end) {
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
  CHECK(told());
}

TEST_CASE("A second data center on the same database is refused") {
  Center c;
  const auto second = DataCenter::start(c.config, [](const std::string&) {});
  REQUIRE_FALSE(second);
  CHECK(second.error().kind == ErrorKind::refused);
}

}  // namespace backstamp::datacenter
