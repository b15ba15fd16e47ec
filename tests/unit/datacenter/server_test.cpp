// The data center as a whole: events by the real uplink in, registrations and notices by HTTPS.
#include "datacenter/server.h"

#include <nlohmann/json.hpp>
#include <sstream>

#include "base/http.h"
#include "datacenter/administration.h"
#include "datacenter/report.h"
#include "mail.h"
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
  uplink::Sender sender(uplink::EventLog& log, const uplink::CurveKeyPair& keys) {
    uplink::SenderOptions options;
    options.endpoint = center->uplink_endpoint();
    options.keys = keys;
    options.server_public_key =
        uplink::load_curve_public_key(folder / "dc/curve/server.public").value();
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

TEST_CASE("A second data center on the same database is refused") {
  Center c;
  const auto second = DataCenter::start(c.config, [](const std::string&) {});
  REQUIRE_FALSE(second);
  CHECK(second.error().kind == ErrorKind::refused);
}

}  // namespace backstamp::datacenter
