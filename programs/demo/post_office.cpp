#include "programs/demo/post_office.h"

#include <signal.h>

#include <thread>

#include "base/clock.h"
#include "base/file.h"

namespace backstamp::demo {
namespace {

constexpr const char* kStation = "SORTER-1.LANE-1";

/// Runs steps until one fails.
template <typename... Steps>
Result<void> in_turn(Steps&&... steps) {
  Result<void> done;
  (void)((done = steps(), done.has_value()) && ...);
  return done;
}

Result<void> only_status(const Result<std::string>& output) {
  if (!output) return std::unexpected(output.error());
  return {};
}

}  // namespace

std::string PostOffice::meter_folder(unsigned meter) const {
  return path("meter-" + std::to_string(kFirstMeter + meter));
}

Result<void> PostOffice::found() {
  const auto run = [this](const char* name, std::vector<std::string> arguments) {
    return [this, name, arguments] { return only_status(commands_.run(name, arguments)); };
  };
  auto done =
      in_turn(run("keys", {"ceremony", path("keys"), "--issuer", "1"}),
              run("datacenter", {"init", path("datacenter"), "--name", "Demo post", "--host",
                                 "127.0.0.1", "--https-port", "0", "--uplink-port", "0",
                                 "--waiting-period", waiting_period_, "--keys", path("keys")}),
              run("keys", {"station", "--out", path("lane-1")}),
              run("datacenter", {"add-station", "--config", config(), "--name", kStation,
                                 "--public-key", path("lane-1.public")}),
              run("datacenter", {"add-account", "--config", config(), "--account", "Mailer"}));
  for (unsigned meter = 0; done && meter < kMeters; ++meter) done = add_meter(meter);
  return done;
}

Result<void> PostOffice::add_meter(unsigned meter) {
  const std::string number = std::to_string(kFirstMeter + meter);
  const auto key = commands_.run_json("datacenter", {"add-meter", "--config", config(), "--account",
                                                     "Mailer", "--meter", number, "--json"});
  if (!key) return std::unexpected(key.error());
  const std::string api_key = key->front().at("api_key").get<std::string>() + "\n";
  const auto key_file = path("meter-" + number + ".apikey");
  if (auto written = write_file_durably(key_file, as_bytes(api_key), 0600); !written) {
    return written;
  }
  return only_status(
      commands_.run("meter", {"init", meter_folder(meter), "--issuer", "1", "--meter", number,
                              "--mailer-id", "9000001" + number.substr(1), "--funds", "10000.00",
                              "--algorithm", meter % 2 == 0 ? "eddsa" : "es256"}));
}

Result<void> PostOffice::mint() {
  const auto orders = plan_orders(faces_, kMeters, seed_);
  for (unsigned meter = 0; meter < kMeters; ++meter) {
    std::vector<Json> lines;
    for (const MintOrder& order : orders[meter]) {
      lines.push_back({{"name", order.name},
                       {"lines", order.address},
                       {"zip", order.zip},
                       {"service", 270},
                       {"postage", "0.406"}});
    }
    const std::string suffix = std::to_string(kFirstMeter + meter) + ".jsonl";
    if (auto written = write_json_lines(path("orders-" + suffix), lines); !written) return written;
    auto ran = commands_.run(
        "meter", {"mint", "--vault", meter_folder(meter), "--batch", path("orders-" + suffix),
                  "--out", path("minted-" + suffix), "--no-register"});
    if (!ran) return std::unexpected(ran.error());
    const auto tokens = read_json_lines(path("minted-" + suffix));
    if (!tokens) return std::unexpected(tokens.error());
    if (tokens->size() != orders[meter].size()) {
      return fail(ErrorKind::internal, "meter " + suffix + " minted too few pieces");
    }
    for (std::size_t i = 0; i < tokens->size(); ++i) {
      const Json& token = (*tokens)[i];
      minted_.push_back({orders[meter][i], token.at("token").get<std::string>(),
                         token.at("code").get<std::string>(), kFirstMeter + meter});
    }
  }
  auto faces = plan_faces(minted_, faces_, seed_);
  if (!faces) return std::unexpected(faces.error());
  planned_ = std::move(*faces);
  return {};
}

Result<void> PostOffice::publish_keys() {
  const auto today = std::chrono::sys_days(utc_date(utc_now()));
  std::string list = "keys:\n";
  for (unsigned meter = 0; meter < kMeters; ++meter) {
    auto key = commands_.run("meter", {"public-key", "--vault", meter_folder(meter)});
    if (!key) return std::unexpected(key.error());
    list += "  - public_key: " + *key;
    list += "    meter: " + std::to_string(kFirstMeter + meter) + "\n";
    list += "    valid_from: " + format_date(Date(today - std::chrono::days(30))) + "\n";
    list += "    valid_until: " + format_date(Date(today + std::chrono::days(365))) + "\n";
    if (meter == kMeters - 1) {
      list += "    revoked_from: " + format_date(Date(today - std::chrono::days(7))) + "\n";
    }
  }
  if (auto written = write_file_durably(path("keys.yaml"), as_bytes(list)); !written) {
    return written;
  }
  return only_status(
      commands_.run("keys", {"issue", path("keys"), "--issuer", "1", "--list", path("keys.yaml")}));
}

Result<void> PostOffice::render() {
  std::vector<Json> pieces;
  for (const PlannedFace& face : planned_) {
    pieces.push_back({{"name", face.name},
                      {"lines", face.address},
                      {"token", face.token_hex},
                      {"code", face.code},
                      {"kind", to_string(face.kind)},
                      {"class", face.face_class},
                      {"imitations", false}});
  }
  if (auto written = write_json_lines(path("pieces.jsonl"), pieces); !written) return written;
  return only_status(commands_.run(
      "dataset", {"make", path("faces"), "--seed", std::to_string(seed_), "--pieces",
                  path("pieces.jsonl"), "--picture", "pgm", "--threads",
                  std::to_string(std::max(1u, std::thread::hardware_concurrency()))}));
}

Result<void> PostOffice::calibrate() {
  return in_turn(
      [this] {
        return only_status(commands_.run(
            "calibrate", {"make", path("faces"), "--camera", "synthetic camera 1", "--faces",
                          std::to_string(planned_.size()), "--out", path("profile.yaml")}));
      },
      [this] {
        return only_status(commands_.run("calibrate", {"check", path("profile.yaml"), path("faces"),
                                                       "--faces", "40", "--json"}));
      });
}

Result<void> PostOffice::connect(unsigned meter) {
  const std::string number = std::to_string(kFirstMeter + meter);
  const std::string vault = meter_folder(meter);
  auto done = in_turn(
      [&] {
        return only_status(
            commands_.run("meter", {"connect", "--vault", vault, "--url", https_, "--authority",
                                    path("datacenter/tls/authority.pem"), "--api-key-file",
                                    path("meter-" + number + ".apikey")}));
      },
      [&] {
        return only_status(commands_.run("meter", {"register", "--vault", vault, "--json"}));
      });
  if (!done) return done;
  auto listener = commands_.start("meter", {"notices", "--vault", vault, "--follow", "--json"},
                                  "notices-" + number + ".jsonl");
  if (!listener) return std::unexpected(listener.error());
  listeners_.push_back(std::move(*listener));
  return {};
}

Result<void> PostOffice::open() {
  const auto ready = commands_.folder() / "datacenter.ready";
  auto started = commands_.start(
      "datacenter", {"--config", config(), "--ready-file", ready.string()}, "datacenter.out");
  if (!started) return std::unexpected(started.error());
  datacenter_ = std::move(*started);
  for (int tries = 0; !std::filesystem::exists(ready); ++tries) {
    if (tries > 300 || !datacenter_.running()) {
      return fail(ErrorKind::unavailable, "the data center did not start; see " + path("demo.log"));
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(100));
  }
  const auto line = read_json_lines(ready);
  if (!line) return std::unexpected(line.error());
  https_ = line->front().at("https").get<std::string>();
  uplink_ = line->front().at("uplink").get<std::string>();
  for (unsigned meter = 0; meter < kMeters; ++meter) {
    if (auto connected = connect(meter); !connected) return connected;
  }
  return {};
}

Result<Json> PostOffice::run_station() {
  const std::string yaml = std::string("station: ") + kStation +
                           "\n"
                           "source:\n  path: faces\n"
                           "profile: profile.yaml\n"
                           "read:\n  deadline: 5s\n"
                           "keys:\n  bundle: keys/keys.bundle\n  root: keys/root.pub\n"
                           "journal:\n  directory: journal\n"
                           "uplink:\n"
                           "  endpoint: " +
                           uplink_ +
                           "\n"
                           "  station_key: lane-1.secret\n"
                           "  server_key: datacenter/curve/server.public\n"
                           "evidence:\n  directory: noreads\n";
  if (auto written = write_file_durably(path("station.yaml"), as_bytes(yaml)); !written) {
    return std::unexpected(written.error());
  }
  auto report = commands_.run_json("station", {"--config", path("station.yaml"), "--json"});
  if (!report) return std::unexpected(report.error());
  if (report->size() != 1) return fail(ErrorKind::internal, "the station gave no report");
  return std::move(report->front());
}

Result<std::vector<Json>> PostOffice::report(const std::string& list) const {
  return commands_.run_json("datacenter", {"report", "--config", config(), list});
}

Result<Json> PostOffice::totals() const {
  auto totals = commands_.run_json("datacenter", {"report", "--config", config(), "--json"});
  if (!totals) return std::unexpected(totals.error());
  return std::move(totals->front());
}

Result<std::vector<Json>> PostOffice::notices(unsigned meter) const {
  return read_json_lines(path("notices-" + std::to_string(kFirstMeter + meter) + ".jsonl"));
}

Result<void> PostOffice::settle(std::chrono::seconds limit) {
  const auto deadline = std::chrono::steady_clock::now() + limit;
  for (;;) {
    const auto pieces = report("--pieces");
    if (!pieces) return std::unexpected(pieces.error());
    std::size_t open = 0;
    std::size_t settled = 0;
    for (const Json& piece : *pieces) {
      open += piece.value("state", "") == "registered";
      settled += piece.value("registered", false);
    }
    std::size_t heard = 0;  // one "received" and at least one word more on every piece
    for (unsigned meter = 0; meter < kMeters; ++meter) {
      if (const auto lines = notices(meter)) heard += lines->size();
    }
    if (open == 0 && heard >= 2 * settled) return {};
    if (std::chrono::steady_clock::now() > deadline) {
      return fail(ErrorKind::timeout, std::to_string(open) + " pieces are still waiting and " +
                                          std::to_string(heard) + " of " +
                                          std::to_string(2 * settled) + " notices came");
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(500));
  }
}

void PostOffice::close() {
  for (ChildProcess& listener : listeners_) listener.signal(SIGTERM);
  for (ChildProcess& listener : listeners_) (void)listener.wait_for(std::chrono::seconds(5));
  datacenter_.signal(SIGTERM);
  (void)datacenter_.wait_for(std::chrono::seconds(10));
}

}  // namespace backstamp::demo
