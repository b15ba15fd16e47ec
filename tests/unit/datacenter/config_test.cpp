#include "datacenter/config.h"

#include <catch2/catch_test_macros.hpp>
#include <fstream>

#include "base/file.h"
#include "datacenter/administration.h"
#include "datacenter/stations.h"
#include "mail.h"

namespace backstamp::datacenter {

using namespace testing;

namespace {

const std::string kGood =
    "database: d.db\n"
    "waiting_period: 45d\n"
    "https:\n"
    "  port: 8443\n"
    "  certificate: c.pem\n"
    "  private_key: k.pem\n"
    "uplink:\n"
    "  endpoint: tcp://127.0.0.1:7443\n"
    "  keys: server.secret\n"
    "  stations: stations.yaml\n";

std::string with(const std::string& from, const std::string& to) {
  std::string text = kGood;
  const std::size_t at = text.find(from);
  REQUIRE(at != std::string::npos);
  return text.replace(at, from.size(), to);
}

NewFolder new_folder(const TemporaryFolder& place) {
  NewFolder folder;
  folder.folder = place / "dc";
  folder.name = "Hall 3: 'north'";
  folder.hosts = {"localhost", "127.0.0.1"};
  folder.https_port = 0;
  folder.uplink_port = 0;
  folder.waiting_period = "3s";
  return folder;
}

std::string other_key(char c) {
  return std::string(39, 'a') + c;
}

}  // namespace

TEST_CASE("A configuration is read with its paths beside it") {
  const auto config = parse_config(kGood, "dc.yaml", "/srv/dc");
  if (!config) FAIL(config.error().message);
  CHECK(config->database == "/srv/dc/d.db");
  CHECK(config->waiting_period == std::chrono::days(45));
  CHECK(config->https.address == "127.0.0.1");
  CHECK(config->https.port == 8443);
  CHECK(config->uplink.stations == "/srv/dc/stations.yaml");
}

TEST_CASE("A configuration with any fault is refused, with the key named") {
  for (const auto& [text, key] :
       {std::pair{with("45d", "401d"), "waiting_period"},
        {with("45d", "500ms"), "waiting_period"},
        {with("45d", "45"), "waiting_period"},
        {with("8443", "65536"), "port"},
        {with("tcp://127.0.0.1:7443", "udp://127.0.0.1:7443"), "endpoint"},
        {with("tcp://127.0.0.1:7443", "tcp://127.0.0.1"), "endpoint"},
        {with("database: d.db\n", ""), "database"},
        {with("waiting_period: 45d\n", "waiting_period: 45d\nwaiting_period: 4d\n"),
         "waiting_period"},
        {with("  port: 8443\n", "  port: 8443\n  prot: 1\n"), "prot"}}) {
    CAPTURE(text);
    const auto config = parse_config(text, "dc.yaml", "/srv/dc");
    REQUIRE_FALSE(config);
    CHECK(config.error().message.find(key) != std::string::npos);
  }
}

TEST_CASE("A new folder is whole, is not made twice, and takes accounts, meters and stations") {
  TemporaryFolder place;
  const auto path = make_folder(new_folder(place));
  if (!path) FAIL(path.error().message);
  CHECK(make_folder(new_folder(place)).error().kind == ErrorKind::refused);
  const auto config = load_config(*path);
  if (!config) FAIL(config.error().message);
  CHECK(config->name == "Hall 3: 'north'");
  for (const auto* file : {"tls/authority.pem", "tls/server.pem", "tls/server.key",
                           "curve/server.secret", "curve/server.public", "datacenter.db"}) {
    CHECK(std::filesystem::exists(path->parent_path() / file));
  }
  CHECK(load_stations(config->uplink.stations)->empty());

  CHECK(add_account(*config, "Acme"));
  CHECK_FALSE(add_account(*config, "Acme"));
  CHECK_FALSE(add_account(*config, ""));
  CHECK_FALSE(add_account(*config, "a\nb"));
  CHECK(add_meter(*config, "Acme", 7, "lobby")->size() == 68);
  CHECK_FALSE(add_meter(*config, "Acme", 0, "lobby"));
  CHECK_FALSE(add_meter(*config, "Acme", 100'000'000, "lobby"));

  CHECK(add_station(*config, "S1", other_key('#')));
  CHECK(add_station(*config, "S2", other_key('@')));
  CHECK(add_station(*config, "S1", other_key('b')).error().kind == ErrorKind::refused);
  CHECK(add_station(*config, "S3", other_key('#')).error().kind == ErrorKind::refused);
  CHECK_FALSE(add_station(*config, "S 3", other_key('c')));
  CHECK_FALSE(add_station(*config, "S3", "no such file or key"));
  const auto allowed = load_stations(config->uplink.stations);
  REQUIRE(allowed);
  CHECK(*allowed == uplink::AllowList{{other_key('#'), "S1"}, {other_key('@'), "S2"}});
}

TEST_CASE("a key's file is read even where its path could be a key itself") {
  TemporaryFolder place;
  const auto path = make_folder(new_folder(place));
  REQUIRE(path);
  const auto config = load_config(*path);
  REQUIRE(config);
  const std::string ending = ".public";
  std::string file = (place / "").string();
  if (file.size() + ending.size() >= 40) SKIP("the path of the temporary folder is too long");
  file.resize(40 - ending.size(), 's');
  const auto keys = uplink::generate_curve_keys();
  REQUIRE(keys);
  REQUIRE(uplink::save_curve_keys(*keys, file));
  file += ending;
  REQUIRE(uplink::valid_z85_key(file));
  REQUIRE(add_station(*config, "S1", file));
  const auto stations = load_stations(config->uplink.stations);
  REQUIRE(stations);
  CHECK(*stations == uplink::AllowList{{keys->public_key, "S1"}});
  file[file.size() - ending.size() - 1] = 't';  // and none is read that is not there
  CHECK(add_station(*config, "S2", file).error().kind == ErrorKind::not_found);
}

TEST_CASE("A wrong option of init leaves nothing behind that stands in the way") {
  TemporaryFolder place;
  NewFolder wrong = new_folder(place);
  wrong.waiting_period = "soon";
  CHECK_FALSE(make_folder(wrong));
  wrong.waiting_period = "3s\nx: 1";
  CHECK_FALSE(make_folder(wrong));
  CHECK(make_folder(new_folder(place)));
}

TEST_CASE("An allow-list laid out by hand is not damaged by adding to it") {
  TemporaryFolder place;
  const auto config = load_config(make_folder(new_folder(place)).value());
  REQUIRE(config);
  const std::string text =
      "stations: [{name: S1, public_key: \"" + other_key('a') + "\"}]  # flow style\n";
  REQUIRE(write_file_durably(config->uplink.stations, as_bytes(text)));
  CHECK_FALSE(add_station(*config, "S2", other_key('b')));
  CHECK(as_text(read_file(config->uplink.stations, 4096).value()) == text);
}

TEST_CASE("What one piece can do is told in the configuration, for pairs of places too") {
  const std::string rules =
      "duplicates:\n"
      "  between_machines: 90s\n"
      "  between_places: 45min\n"
      "  travel:\n"
      "    - from: LEEDS\n"
      "      to: YORK\n"
      "      time: 20min\n";
  const auto config = parse_config(kGood + rules, "d.yaml", "/x");
  REQUIRE(config);
  CHECK(config->duplicates.between_machines == std::chrono::seconds(90));
  CHECK(config->duplicates.between("YORK", "LEEDS") == std::chrono::minutes(20));
  CHECK(config->duplicates.between("YORK", "BATH") == std::chrono::minutes(45));
  CHECK_FALSE(parse_config(kGood + rules + "      via: BATH\n", "d.yaml", "/x"));
  CHECK_FALSE(parse_config(kGood + "duplicates:\n  travel:\n    - from: A B\n      to: C\n"
                                   "      time: 1h\n",
                           "d.yaml", "/x"));
}

}  // namespace backstamp::datacenter
