#include "tests/support/post_office.h"

#include <algorithm>
#include <catch2/catch_test_macros.hpp>
#include <fstream>

#include "base/bytes.h"
#include "base/clock.h"
#include "base/file.h"
#include "meter/drawing.h"

namespace backstamp::test {

std::string succeed(const std::string& name, const std::vector<std::string>& arguments) {
  const Ran ran = run(name, arguments);
  INFO(name << " " << (arguments.empty() ? "" : arguments.front()) << ": " << ran.err);
  REQUIRE(ran.exit == 0);
  return ran.out;
}

PostOffice::PostOffice(const TemporaryFolder& folder, const std::string& waiting_period)
    : folder_(folder), https_port_(free_port()), uplink_port_(free_port()) {
  while (uplink_port_ == https_port_) uplink_port_ = free_port();
  succeed("backstamp-keys", {"ceremony", path("keys"), "--issuer", "1"});
  succeed("backstamp-datacenter",
          {"init", path("dc"), "--keys", path("keys"), "--host", "127.0.0.1", "--https-port", std::to_string(https_port_),
           "--uplink-port", std::to_string(uplink_port_), "--waiting-period", waiting_period});
  succeed("backstamp-datacenter", {"add-account", "--config", config(), "--account", "Mailer"});
}

std::string PostOffice::uplink_endpoint() const {
  return "tcp://127.0.0.1:" + std::to_string(uplink_port_);
}

void PostOffice::add_station(const std::string& name) const {
  succeed("backstamp-keys", {"station", "--out", path(name)});
  succeed("backstamp-datacenter", {"add-station", "--config", config(), "--name", name,
                                   "--public-key", path(name + ".public")});
}

void PostOffice::add_meter(std::uint32_t meter) const {
  const std::string number = std::to_string(meter);
  const auto added =
      json_lines(succeed("backstamp-datacenter", {"add-meter", "--config", config(), "--account",
                                                  "Mailer", "--meter", number, "--json"}));
  const std::string key_file = path("meter-" + number + ".apikey");
  const std::string key = added.at(0).at("api_key").get<std::string>() + "\n";
  REQUIRE(write_file_durably(key_file, as_bytes(key), 0600));
  succeed("backstamp-meter", {"init", vault(meter), "--issuer", "1", "--meter", number,
                              "--mailer-id", "900000" + number, "--funds", "1000.00", "--url",
                              "https://127.0.0.1:" + std::to_string(https_port_), "--authority",
                              path("dc/tls/authority.pem"), "--api-key-file", key_file});
}

std::vector<Minted> PostOffice::mint(std::uint32_t meter, unsigned count) const {
  std::string orders;
  for (unsigned i = 0; i < count; ++i) {
    orders += R"({"zip":"12345678901","service":270,"postage":"0.406"})"
              "\n";
  }
  const std::string number = std::to_string(meter);
  write_text(path("orders-" + number), orders);
  succeed("backstamp-meter", {"mint", "--vault", vault(meter), "--batch", path("orders-" + number),
                              "--out", path("minted-" + number), "--no-register"});
  std::vector<Minted> minted;
  for (const Json& line : json_lines(read_text(path("minted-" + number)))) {
    minted.push_back({line.at("token"), line.at("code"), meter});
  }
  REQUIRE(minted.size() == count);
  return minted;
}

void PostOffice::publish_keys(const std::vector<std::uint32_t>& meters) const {
  const auto today = std::chrono::sys_days(utc_date(utc_now()));
  std::string list = "keys:\n";
  for (const std::uint32_t meter : meters) {
    list +=
        "  - public_key: " + succeed("backstamp-meter", {"public-key", "--vault", vault(meter)});
    list += "    meter: " + std::to_string(meter) + "\n";
    list += "    valid_from: " + format_date(Date(today - std::chrono::days(30))) + "\n";
    list += "    valid_until: " + format_date(Date(today + std::chrono::days(30))) + "\n";
  }
  write_text(path("keys.yaml"), list);
  succeed("backstamp-keys",
          {"issue", path("keys"), "--issuer", "1", "--list", path("keys.yaml")});
}

std::string PostOffice::station_config(const std::string& station, unsigned pieces_per_hour) const {
  const std::string file = path(station + ".yaml");
  // The deadline is one that a machine with much else to do can keep: what is tested is whether
  // pieces are lost, not how fast they are read.
  write_text(file, "station: " + station + "\nsource:\n  path: faces\n  pieces_per_hour: " +
                       std::to_string(pieces_per_hour) +
                       "\nread:\n  deadline: 60s\n  formats: DataMatrix\n"
                       "keys:\n  bundle: keys/keys.bundle\n  root: keys/root.pub\n"
                       "journal:\n  directory: journal\n  segment_megabytes: 1\n"
                       "  commit_interval: 20ms\n"
                       "uplink:\n  endpoint: " +
                       uplink_endpoint() + "\n  station_key: " + station +
                       ".secret\n  server_key: dc/curve/server.public\n  drain: 120s\n"
                       "evidence:\n  directory: evidence\n");
  return file;
}

ChildProcess PostOffice::start_datacenter() const {
  std::filesystem::remove(path("dc.ready"));
  return start("backstamp-datacenter", {"--config", config(), "--ready-file", path("dc.ready")},
               path("dc.out"), path("dc.err"));
}

bool PostOffice::datacenter_ready() const {
  return std::filesystem::exists(path("dc.ready"));
}

bool PostOffice::register_pieces(std::uint32_t meter) const {
  return run("backstamp-meter", {"register", "--vault", vault(meter)}).exit == 0;
}

ChildProcess PostOffice::listen(std::uint32_t meter) const {
  return start("backstamp-meter", {"notices", "--vault", vault(meter), "--follow", "--json"},
               path("notices-" + std::to_string(meter) + ".jsonl"), path("meters.err"));
}

Json PostOffice::totals() const {
  return json_lines(succeed("backstamp-datacenter", {"report", "--config", config(), "--json"}))
      .at(0);
}

std::vector<Json> PostOffice::report(const std::string& list) const {
  return json_lines(succeed("backstamp-datacenter", {"report", "--config", config(), list}));
}

std::vector<std::string> draw_faces(const std::filesystem::path& folder,
                                    const std::vector<Face>& faces) {
  std::filesystem::create_directories(folder);
  std::vector<std::string> names;
  for (const Face& face : faces) {
    meter::FacePlan plan;
    plan.width_mm = plan.height_mm = 32;
    if (!face.token_hex.empty()) {
      auto content = from_hex(face.token_hex);
      REQUIRE(content);
      meter::SymbolPlan symbol;
      symbol.content = std::move(*content);
      symbol.top_left = {4, 4};
      plan.symbols.push_back(std::move(symbol));
    }
    const auto drawn = meter::draw_face(plan, 8);
    REQUIRE(drawn);
    const meter::Raster& raster = drawn->raster;
    std::string file = "P5\n" + std::to_string(raster.width_px) + " " +
                       std::to_string(raster.height_px) + "\n255\n";
    file.append(raster.pixels.begin(), raster.pixels.end());
    std::string number = std::to_string(names.size() + 1);
    names.push_back(std::string(6 - std::min<std::size_t>(6, number.size()), '0') + number +
                    ".pgm");
    std::ofstream(folder / names.back(), std::ios::binary) << file;
  }
  return names;
}

}  // namespace backstamp::test
