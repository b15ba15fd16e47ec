// backstamp-keys from outside: a root, keys of meters, a bundle, and what inspect says of them.
#include <sys/wait.h>

#include <catch2/catch_test_macros.hpp>
#include <cstdio>

#include "tests/unit/postal/key_fixtures.h"

using namespace backstamp;
using namespace backstamp::postal;

namespace {

struct Run {
  int status = -1;
  std::string out;  ///< standard output and error
};

Run keys(const TemporaryFolder& folder, const std::string& arguments) {
  const std::string command = "cd '" + (folder / "").string() +
                              "' && '" BACKSTAMP_BIN_DIR "/backstamp-keys' " + arguments + " 2>&1";
  std::FILE* pipe = ::popen(command.c_str(), "r");
  REQUIRE(pipe != nullptr);
  Run run;
  char buffer[4096];
  while (const std::size_t size = std::fread(buffer, 1, sizeof buffer, pipe)) {
    run.out.append(buffer, size);
  }
  run.status = WEXITSTATUS(::pclose(pipe));
  return run;
}

void write(const std::filesystem::path& path, const std::string& text) {
  REQUIRE(write_file_durably(path, as_bytes(text)).has_value());
}

bool holds(const Run& run, const std::string& text) {
  return run.out.find(text) != run.out.npos;
}

const std::string kList =
    "keys:\n"
    "  - public_key: meter.pub\n"
    "    issuer: 7\n"
    "    meter: 42\n"
    "    valid_from: 2026-01-01\n"
    "    valid_until: 2026-12-31\n";

}  // namespace

TEST_CASE("From a root and a meter's key to a bundle by which its tokens are genuine") {
  const TemporaryFolder folder;
  for (const std::string algorithm : {"eddsa", "es256"}) {
    const std::string bundle = algorithm + ".bundle";
    REQUIRE(keys(folder, "root --out root-" + algorithm).status == 0);
    REQUIRE(keys(folder, "token-key --out meter --algorithm " + algorithm).status == 0);
    write(folder / "keys.yaml", kList);
    const std::string signing = "bundle --root root-" + algorithm + ".key --list keys.yaml --out " +
                                bundle + " --sequence ";
    REQUIRE(keys(folder, signing + "12").status == 0);
    const Run listing =
        keys(folder, "inspect --json " + bundle + " --root root-" + algorithm + ".pub");
    CHECK(listing.status == 0);
    CHECK(listing.out.starts_with("{\"kind\":\"bundle\",\"sequence\":12,"));
    CHECK(holds(listing, "\"algorithm\":\"" + algorithm + "\",\"issuer\":7,\"meter\":42"));
    CHECK(keys(folder, signing + "12").status == 1);  // stations would not take it
    CHECK(keys(folder, signing + "13").status == 0);

    const SigningKey key = SigningKey::load(folder / "meter.key").value();
    const Bytes token = mint_token(example_token(), key).value();
    REQUIRE(write_file_durably(folder / "token", token).has_value());
    const Run verdict = keys(
        folder, "inspect token --json --bundle " + bundle + " --root root-" + algorithm + ".pub");
    CHECK(verdict.status == 0);
    CHECK(holds(verdict, "\"counter\":1001"));
    CHECK(holds(verdict, "\"verdict\":\"genuine\""));
    std::filesystem::remove(folder / "meter.key");
    std::filesystem::remove(folder / "meter.pub");
  }
}

TEST_CASE("Keys are never overwritten, nor their private halves shown") {
  const TemporaryFolder folder;
  REQUIRE(keys(folder, "root --out root").status == 0);
  CHECK(keys(folder, "root --out root").status == 1);
  CHECK(keys(folder, "token-key --out root").status == 1);
  const Run shown = keys(folder, "inspect root.key --json");
  CHECK(shown.status == 0);
  CHECK(holds(shown, "\"kind\":\"private_key\""));
  CHECK_FALSE(holds(shown, "PRIVATE"));
  std::filesystem::permissions(folder / "root.key", std::filesystem::perms::others_read,
                               std::filesystem::perm_options::add);
  const Run refused = keys(folder, "inspect root.key");
  CHECK(refused.status == 1);
  CHECK(holds(refused, "chmod 600"));
}

TEST_CASE("Every fault of a list of keys is named by its line, and no bundle is written") {
  const TemporaryFolder folder;
  REQUIRE(keys(folder, "root --out root").status == 0);
  REQUIRE(keys(folder, "token-key --out meter").status == 0);
  write(folder / "keys.yaml", kList +
                                  "    revoked_from: June\n    colour: red\n"
                                  "  - public_key: none.pub\n    issuer: -1\n");
  const Run run = keys(folder, "bundle --root root.key --list keys.yaml --out b --sequence 1");
  CHECK(run.status == 1);
  for (const char* line : {"keys.yaml:7:", "keys.yaml:8:", "keys.yaml:9:", "keys.yaml:10:"}) {
    CAPTURE(run.out, line);
    CHECK(holds(run, line));
  }
  CHECK_FALSE(std::filesystem::exists(folder / "b"));
}

TEST_CASE("A wrong command line of backstamp-keys is told from work that failed") {
  const TemporaryFolder folder;
  CHECK(keys(folder, "").status == 2);
  CHECK(keys(folder, "root").status == 2);
  CHECK(keys(folder, "root --out x --algorithm rsa").status == 2);
  CHECK(keys(folder, "--help").status == 0);
  CHECK(keys(folder, "inspect none").status == 1);
  write(folder / "noise", "noise");
  CHECK(keys(folder, "inspect noise").status == 1);
}

TEST_CASE("A station's pair of keys is made once and told by its public half") {
  const TemporaryFolder folder;
  REQUIRE(keys(folder, "station --out lane-1").status == 0);
  CHECK(keys(folder, "station --out lane-1").status == 1);
  const Run secret = keys(folder, "inspect lane-1.secret --json");
  const Run open = keys(folder, "inspect lane-1.public --json");
  CHECK(holds(secret, "station_secret"));
  CHECK(holds(open, "station_public"));
  const auto half = [](const Run& run) { return run.out.substr(run.out.find("\"public_key\"")); };
  CHECK(half(secret) == half(open));
}
