#include "programs/demo/post_office.h"

#include <signal.h>

#include <thread>

#include "base/clock.h"
#include "base/file.h"
#include "base/limits.h"
#include "postal/keys.h"

namespace backstamp::demo {
namespace {

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

/// Waits until a process says by a file that it is at work.
Result<void> await_file(const std::string& file, ChildProcess& process, const std::string& who,
                        const std::string& log) {
  for (int tries = 0; !std::filesystem::exists(file); ++tries) {
    if (tries > 300 || !process.running()) {
      return fail(ErrorKind::unavailable, who + " did not start; see " + log);
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(100));
  }
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
              run("meterbox", {"init", path("meterbox"), "--softhsm", path("meterbox-hsm"),
                               "--issuer", "1", "--open-limit", "100000.00"}),
              run("datacenter",
                  {"init", path("datacenter"), "--name", "Demo post", "--host", "127.0.0.1",
                   "--https-port", "0", "--uplink-port", "0", "--waiting-period", waiting_period_,
                   "--keys", path("keys"), "--meterbox", path("meterbox.socket")}),
              run("datacenter", {"add-account", "--config", config(), "--account", "Mailer"}),
              [this] { return quicken(); });
  for (const Lane& lane : lanes()) {
    if (!done) break;
    done = in_turn(run("keys", {"station", "--out", path(lane.name)}),
                   run("datacenter", {"add-station", "--config", config(), "--name", lane.station,
                                      "--public-key", path(lane.name + ".public")}));
  }
  if (done) done = start_box();
  if (done) done = start_datacenter();
  for (unsigned meter = 0; done && meter < kMeters; ++meter) done = add_meter(meter);
  return done;
}

/// Somebody keeps a copy of the bundle of before a revocation, to bring it back later.
Result<void> PostOffice::keep_old_bundle() {
  std::error_code error;
  std::filesystem::copy_file(path("keys/keys.bundle"), path("old.bundle"), error);
  if (error) return fail(ErrorKind::io, path("old.bundle") + ": " + error.message());
  return {};
}

/// In the demo mail comes from machine to machine within seconds.
Result<void> PostOffice::quicken() {
  const auto text = read_file(config(), limits::kConfigFileBytes);
  if (!text) return std::unexpected(text.error());
  const std::string quick =
      std::string(as_text(*text)) + "\nduplicates:\n  same_machine: 1s\n  between_machines: 1s\n";
  return write_file_durably(config(), as_bytes(quick));
}

Result<void> PostOffice::start_box() {
  auto started = commands_.start("meterbox",
                                 {"serve", path("meterbox"), "--socket", path("meterbox.socket"),
                                  "--ready-file", path("meterbox.ready")},
                                 "meterbox.out");
  if (!started) return std::unexpected(started.error());
  box_ = std::move(*started);
  return await_file(path("meterbox.ready"), box_, "the meter box", path("demo.log"));
}

Result<void> PostOffice::start_datacenter() {
  const std::string ready = path("datacenter.ready");
  auto started = commands_.start("datacenter", {"--config", config(), "--ready-file", ready},
                                 "datacenter.out");
  if (!started) return std::unexpected(started.error());
  datacenter_ = std::move(*started);
  if (auto there = await_file(ready, datacenter_, "the data center", path("demo.log")); !there) {
    return there;
  }
  const auto line = read_json_lines(ready);
  if (!line) return std::unexpected(line.error());
  https_ = line->front().at("https").get<std::string>();
  uplink_ = line->front().at("uplink").get<std::string>();
  return {};
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
  if (meter == kVirtual) return add_virtual_meter(number, key_file);
  std::vector<std::string> arguments = {
      "init",        meter_folder(meter),          "--issuer", "1",       "--meter", number,
      "--mailer-id", "9000001" + number.substr(1), "--funds",  "10000.00"};
  if (meter == 0) {
    arguments.emplace_back("--soft-token");  // its key lies in a device
  } else {
    arguments.insert(arguments.end(), {"--algorithm", meter % 2 == 0 ? "eddsa" : "es256"});
  }
  return only_status(commands_.run("meter", arguments));
}

/// No key and no funds of its own: an account in the meter box.
Result<void> PostOffice::add_virtual_meter(const std::string& number, const std::string& key_file) {
  const auto postage = [&](const char* action, std::vector<std::string> more) {
    std::vector<std::string> arguments{"postage", action, "--config", config(), "--meter", number};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return [this, arguments] { return only_status(commands_.run("datacenter", arguments)); };
  };
  return in_turn(
      postage("open", {"--mailer-id", "9000001" + number.substr(1), "--fund-limit", "100000.00"}),
      postage("fund", {"--amount", "50000.00"}), [&] {
        return only_status(commands_.run(
            "meter",
            {"init", path("meter-" + number), "--virtual", "--meter", number, "--url", https_,
             "--authority", path("datacenter/tls/authority.pem"), "--api-key-file", key_file}));
      });
}

/// A file with the public key of a meter's tokens.
Result<std::string> PostOffice::public_key_file(unsigned meter) const {
  if (meter != kVirtual) {
    auto file = commands_.run("meter", {"public-key", "--vault", meter_folder(meter)});
    if (file && file->ends_with("\n")) file->pop_back();
    return file;
  }
  const std::string number = std::to_string(kFirstMeter + meter);
  const auto account = commands_.run_json(
      "datacenter", {"postage", "show", "--config", config(), "--meter", number, "--json"});
  if (!account) return std::unexpected(account.error());
  const auto key = from_hex(account->front().at("public_key").get<std::string>());
  if (!key) return std::unexpected(key.error());
  std::string file = path("meter-" + number + ".pub");
  if (auto saved = postal::save_public_key(*key, file); !saved) {
    return std::unexpected(saved.error());
  }
  return file;
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
    const auto file = public_key_file(meter);
    if (!file) return std::unexpected(file.error());
    const auto until = std::chrono::days(meter == kExpired ? -1 : 365);
    list += "  - public_key: " + *file + "\n";
    list += "    meter: " + std::to_string(kFirstMeter + meter) + "\n";
    list += "    valid_from: " + format_date(Date(today - std::chrono::days(30))) + "\n";
    list += "    valid_until: " + format_date(Date(today + until)) + "\n";
  }
  if (auto written = write_file_durably(path("keys.yaml"), as_bytes(list)); !written) {
    return written;
  }
  const auto keys = [this](std::vector<std::string> arguments) {
    return [this, arguments] { return only_status(commands_.run("keys", arguments)); };
  };
  return in_turn(
      keys({"issue", path("keys"), "--issuer", "1", "--list", path("keys.yaml")}),
      [this] { return keep_old_bundle(); },
      keys({"revoke", path("keys"), "--issuer", "1", "--meter",
            std::to_string(kFirstMeter + kRevoked), "--from",
            format_date(Date(today - std::chrono::days(7)))}));
}

Result<void> PostOffice::render(const std::string& dataset, const std::vector<PlannedFace>& faces) {
  std::vector<Json> pieces;
  for (const PlannedFace& face : faces) {
    pieces.push_back({{"name", face.name},
                      {"lines", face.address},
                      {"token", face.token_hex},
                      {"code", face.code},
                      {"kind", to_string(face.kind)},
                      {"class", face.face_class},
                      {"imitations", false}});
  }
  const std::string list = path(dataset + ".jsonl");
  if (auto written = write_json_lines(list, pieces); !written) return written;
  return only_status(commands_.run(
      "dataset",
      {"make", path(dataset), "--seed", std::to_string(seed_), "--pieces", list, "--picture", "pgm",
       "--threads", std::to_string(std::max(1u, std::thread::hardware_concurrency()))}));
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
      [&]() -> Result<void> {
        if (meter == kVirtual)
          return {};  // the data center registered its pieces as they were paid
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
  for (unsigned meter = 0; meter < kMeters; ++meter) {
    if (auto connected = connect(meter); !connected) return connected;
  }
  return {};
}

const std::vector<Lane>& lanes() {
  static const std::vector<Lane> kLanes{{"SORTER-1.LANE-1", "lane-1"},
                                        {"SORTER-1.LANE-2", "lane-2"},
                                        {"SORTER-2.PASS-2", "pass-2", "pass", 2},
                                        {"CARRIER-1", "carrier-1", "delivery", 3}};
  return kLanes;
}

Result<Json> PostOffice::run_station() {
  Lane lane = lanes().front();
  lane.profile = "profile.yaml";
  return run_station(lane);
}

Result<Json> PostOffice::run_station(const Lane& lane) {
  const std::string yaml = "station: " + lane.station + "\nrole: " + lane.role +
                           "\nplace: DEMO\npass: " + std::to_string(lane.pass) +
                           "\nsource:\n  path: " + lane.faces + "\n" +
                           (lane.profile.empty() ? "" : "profile: " + lane.profile + "\n") +
                           "read:\n  deadline: 5s\n"
                           "keys:\n  bundle: " +
                           lane.bundle +
                           "\n  root: keys/root.pub\n"
                           "duplicates:\n  same_machine: 1s\n  standstill: " +
                           lane.standstill + "\njournal:\n  directory: journal-" + lane.name +
                           "\n"
                           "uplink:\n  endpoint: " +
                           uplink_ + "\n  station_key: " + lane.name +
                           ".secret\n  server_key: datacenter/curve/server.public\n"
                           // Mail that nobody wrote: it may be seen whole.
                           "evidence:\n  directory: evidence\n  redaction: none\n";
  const std::string file = path(lane.name + ".yaml");
  if (auto written = write_file_durably(file, as_bytes(yaml)); !written) {
    return std::unexpected(written.error());
  }
  auto report = commands_.run_json("station", {"--config", file, "--json"});
  if (!report) return std::unexpected(report.error());
  if (report->size() != 1) return fail(ErrorKind::internal, "the station gave no report");
  return std::move(report->front());
}

Result<bool> PostOffice::bound(const std::string& token_hex, const MintOrder& to) const {
  std::vector<std::string> arguments{"postage", "check-address", "--config", config(), "--token",
                                     token_hex, "--routing",     to.zip,     "--json"};
  for (const std::string& line : to.address) arguments.insert(arguments.end(), {"--to", line});
  const auto answer = commands_.run_json("datacenter", arguments);
  if (!answer) return std::unexpected(answer.error());
  return answer->front().at("bound").get<bool>();
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

Result<std::map<std::string, std::string>> PostOffice::heard() const {
  std::map<std::string, std::string> last;
  for (unsigned meter = 0; meter < kMeters; ++meter) {
    const auto lines = notices(meter);
    if (!lines) continue;  // half a line: asked again
    for (const Json& notice : *lines) last[notice.at("code")] = notice.at("state");
  }
  return last;
}

Result<void> PostOffice::settle(std::chrono::seconds limit) {
  const auto deadline = std::chrono::steady_clock::now() + limit;
  for (;;) {
    const auto pieces = report("--pieces");
    if (!pieces) return std::unexpected(pieces.error());
    const auto last = heard();
    if (!last) return std::unexpected(last.error());
    std::size_t open = 0, unheard = 0;
    for (const Json& piece : *pieces) {
      if (!piece.value("registered", false)) continue;
      open += piece.value("state", "") == "registered";
      const auto found = last->find(piece.at("code").get<std::string>());
      unheard += found == last->end() || found->second != piece.value("state", "");
    }
    if (open == 0 && unheard == 0) return {};
    if (std::chrono::steady_clock::now() > deadline) {
      return fail(ErrorKind::timeout, std::to_string(open) + " pieces are still waiting, and of " +
                                          std::to_string(unheard) +
                                          " the meters have not heard the last word");
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(500));
  }
}

void PostOffice::close() {
  for (ChildProcess& listener : listeners_) listener.signal(SIGTERM);
  for (ChildProcess& listener : listeners_) (void)listener.wait_for(std::chrono::seconds(5));
  datacenter_.signal(SIGTERM);
  (void)datacenter_.wait_for(std::chrono::seconds(10));
  box_.signal(SIGTERM);
  (void)box_.wait_for(std::chrono::seconds(10));
}

}  // namespace backstamp::demo
