// backstamp-meter as a person or a script meets it: what it prints, what it refuses, how it ends.
#include <sys/wait.h>

#include <catch2/catch_test_macros.hpp>
#include <cstdio>
#include <fstream>
#include <map>
#include <nlohmann/json.hpp>
#include <set>
#include <sstream>

#include "base/file.h"
#include "tests/support/temporary_folder.h"

using namespace backstamp;
using nlohmann::json;

namespace {

struct Run {
  int status = -1;
  std::string out;
};

/// Runs a program of ours through the shell in `folder`; `out` holds standard output, and
/// standard error too when it failed.
Run run(const std::filesystem::path& folder, const std::string& command) {
  const auto errors = folder / "stderr";
  const std::string line = "cd '" + folder.string() + "' && '" BACKSTAMP_BIN_DIR "/backstamp-'" +
                           command + " 2>'" + errors.string() + "'";
  std::FILE* pipe = ::popen(line.c_str(), "r");
  REQUIRE(pipe != nullptr);
  Run result;
  char buffer[4096];
  for (std::size_t got = 0; (got = std::fread(buffer, 1, sizeof buffer, pipe)) > 0;) {
    result.out.append(buffer, got);
  }
  const int status = ::pclose(pipe);
  result.status = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  if (result.status != 0) result.out += as_text(*read_file(errors, 1 << 20));
  return result;
}

bool says(const Run& result, std::string_view text) {
  return result.out.find(text) != std::string::npos;
}

constexpr const char* kInit =
    "meter init office --issuer 1 --meter 7 --mailer-id 123456 --funds 10.00";
constexpr const char* kPrint =
    "meter print --vault office --to 'Ada Byron|12 High Street' --zip 12345678901 "
    "--postage 0.406 --date 2026-11-22 ";

}  // namespace

TEST_CASE("A new meter prints against its funds and says where it stands") {
  const test::TemporaryFolder folder;
  REQUIRE(run(folder.path(), kInit).status == 0);
  const Run printed = run(folder.path(), kPrint + std::string("--out a.pdf --json"));
  REQUIRE(printed.status == 0);
  const json piece = json::parse(printed.out);
  CHECK(piece["file"] == "a.pdf");
  CHECK(piece["counter"] == 1);
  CHECK(piece["code"] == "imb:0027012345600000000112345678901");
  CHECK(piece["mailed"] == "2026-11-22");
  CHECK(as_text(*read_file(folder.path() / "a.pdf", 1 << 20)).substr(0, 5) == "%PDF-");
  REQUIRE(run(folder.path(), kPrint + std::string("--count 3 --out-dir out")).status == 0);
  CHECK(std::filesystem::exists(folder.path() / "out" / "piece-000004.png"));
  REQUIRE(run(folder.path(), "meter fund --vault office --amount 5").status == 0);
  const json status = json::parse(run(folder.path(), "meter status --vault office --json").out);
  CHECK(status["ascending"] == "1.624");
  CHECK(status["descending"] == "13.376");
  CHECK(status["funded"] == "15.000");
  CHECK(status["counter"] == 4);
  CHECK(status["pending"] == 4);
  CHECK(status["datacenter"].is_null());
  const Run key = run(folder.path(), "meter public-key --vault office");
  CHECK(key.out == (folder.path() / "office" / "public.pem").string() + "\n");
}

TEST_CASE("A batch is minted to tokens, and tokens that were paid for are never overwritten") {
  const test::TemporaryFolder folder;
  REQUIRE(run(folder.path(), kInit).status == 0);
  std::ofstream batch(folder.path() / "pieces.jsonl");
  for (int i = 0; i < 10; ++i) {
    batch << R"({"name":"p","zip":"12345","service":270,"postage":"0.5"})" << "\n";
  }
  batch.close();
  const std::string mint =
      "meter mint --vault office --batch pieces.jsonl --out tokens.jsonl --json";
  const Run minted = run(folder.path(), mint);
  REQUIRE(minted.status == 0);
  CHECK(json::parse(minted.out) == json{{"minted", 10}, {"pending", 10}});
  const Bytes tokens = *read_file(folder.path() / "tokens.jsonl", 1 << 20);
  CHECK(run(folder.path(), mint).status == 1);
  CHECK(*read_file(folder.path() / "tokens.jsonl", 1 << 20) == tokens);
  std::ofstream(folder.path() / "pieces.jsonl", std::ios::app) << "{}\n";
  const Run faulty =
      run(folder.path(), "meter mint --vault office --batch pieces.jsonl --out more.jsonl");
  CHECK(faulty.status == 1);
  CHECK(says(faulty, "pieces.jsonl: line 11: "));
  CHECK_FALSE(std::filesystem::exists(folder.path() / "more.jsonl"));
}

TEST_CASE("Every refusal names its cause and costs nothing") {
  const test::TemporaryFolder folder;
  CHECK(says(run(folder.path(), "meter status --vault office"), "backstamp-meter init"));
  REQUIRE(run(folder.path(), kInit).status == 0);
  CHECK(says(run(folder.path(), kInit), "is there already"));
  const auto refused = [&](const std::string& command, int status, std::string_view text) {
    const Run result = run(folder.path(), command);
    CAPTURE(command, result.out);
    CHECK(result.status == status);
    CHECK(says(result, text));
  };
  refused(kPrint, 2, "--out FILE or --out-dir");
  refused(kPrint + std::string("--out a.gif"), 2, ".png or .pdf");
  refused(kPrint + std::string("--out nowhere/a.png"), 2, "nowhere");
  refused(kPrint + std::string("--count 3 --out a.png"), 2, "--out-dir");
  refused(kPrint + std::string("--count 50 --out-dir out"), 1, "do not cover postage of 20.300");
  refused("meter print --vault office --to A --zip 123 --postage 1 --out a.png", 1,
          "5, 9 or 11 digits");
  refused("meter print --vault office --to A --postage 0.1234 --out a.png", 1, "three decimals");
  refused("meter register --vault office", 1, "backstamp-meter connect");
  refused("meter notices --vault office", 1, "backstamp-meter connect");
  refused("meter connect --vault office --url http://x --authority a --api-key-file b", 1,
          "https://");
  refused("meter connect --vault office --url https://x --authority a --api-key-file b", 1,
          "the authority: open a: ");
  refused("meter init new --issuer 1 --meter 0 --mailer-id 123456", 1, "1 to 99999999");
  refused("meter", 2, "subcommand");
  const json status = json::parse(run(folder.path(), "meter status --vault office --json").out);
  CHECK(status["counter"] == 0);
}

TEST_CASE("A data center that is not there leaves the piece printed and pending") {
  const test::TemporaryFolder folder;
  REQUIRE(run(folder.path(), kInit).status == 0);
  std::ofstream(folder.path() / "key") << "sesame\n";
  // Port 1 of this machine: nobody listens there.
  REQUIRE(run(folder.path(),
              "meter connect --vault office --url https://127.0.0.1:1 "
              "--authority key --api-key-file key")
              .status == 0);
  REQUIRE(run(folder.path(), kPrint + std::string("--out a.png")).status == 0);
  CHECK(says({0, std::string(as_text(*read_file(folder.path() / "stderr", 1 << 20)))},
             "not registered yet: 1"));
  const json status = json::parse(run(folder.path(), "meter status --vault office --json").out);
  CHECK(status["pending"] == 1);
  CHECK(status["datacenter"].is_null());
}

TEST_CASE("What a meter prints, the reader reads") {
  const test::TemporaryFolder folder;
  REQUIRE(run(folder.path(), kInit).status == 0);
  const Run printed = run(folder.path(), kPrint + std::string("--count 3 --out-dir out --json"));
  REQUIRE(printed.status == 0);
  std::map<std::string, std::set<std::string>> expected;
  std::istringstream pieces(printed.out);
  for (std::string line; std::getline(pieces, line);) {
    const json piece = json::parse(line);
    const std::string name = std::filesystem::path(piece["file"].get<std::string>()).filename();
    const std::string digits = piece["code"].get<std::string>().substr(4);
    expected[name] = {piece["token"].get<std::string>(), to_hex(as_bytes(digits))};
  }
  REQUIRE(expected.size() == 3);
  std::map<std::string, std::set<std::string>> seen;
  std::istringstream images(run(folder.path(), "read --json out").out);
  for (std::string line; std::getline(images, line);) {
    const json image = json::parse(line);
    for (const json& read : image["reads"]) {
      seen[image["image"].get<std::string>()].insert(read["hex"].get<std::string>());
    }
  }
  CHECK(seen == expected);
}
