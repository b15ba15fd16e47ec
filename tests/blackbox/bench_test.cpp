// backstamp-bench read and compare: what is counted as read, and what fails a gate.
#include <catch2/catch_test_macros.hpp>
#include <fstream>

#include "base/bytes.h"
#include "meter/drawing.h"
#include "tests/support/programs.h"

namespace backstamp::test {
namespace {

namespace fs = std::filesystem;

void write_bytes(const fs::path& path, ByteView bytes) {
  std::ofstream(path, std::ios::binary) << as_text(bytes);
}

std::string hex(std::string_view text) {
  return to_hex(as_bytes(text));
}

/// A face with a QR code of this text (ZXing-cpp 1.4 reads no small Data Matrix); without one when
/// it is empty.
void draw(const fs::path& path, const std::string& text) {
  meter::FacePlan plan;
  plan.width_mm = plan.height_mm = 24;
  if (!text.empty()) {
    meter::SymbolPlan symbol;
    symbol.symbology = postal::Symbology::qr_code;
    symbol.content = Bytes(text.begin(), text.end());
    symbol.top_left = {5, 5};
    plan.symbols.push_back(symbol);
  }
  const auto file = meter::draw_face_png(plan, 8);
  REQUIRE(file);
  write_bytes(path, *file);
}

Json truth_of(const std::string& image, const std::string& difficulty, const std::string& text) {
  Json line{{"image", image}, {"difficulty", difficulty}, {"symbols", Json::array()}};
  if (!text.empty()) {
    line["symbols"].push_back({{"type", "QRCode"}, {"role", "indicium"}, {"hex", hex(text)}});
  }
  return line;
}

/// Two faces whose symbols are read, one without any.
void make_mail(const fs::path& folder) {
  draw(folder / "a.png", "first");
  draw(folder / "b.png", "second");
  draw(folder / "c.png", "");
  write_text(folder / "truth.jsonl", truth_of("a.png", "clean", "first").dump() + "\n" +
                                         truth_of("b.png", "typical", "second").dump() + "\n" +
                                         truth_of("c.png", "blank", "").dump() + "\n");
}

Ran bench_read(const fs::path& mail, std::vector<std::string> more = {}) {
  more.insert(more.begin(), {"read", "--dataset", mail.string(), "--json"});
  return run("backstamp-bench", more);
}

TEST_CASE("a folder with its truth is read, scored and timed") {
  const TemporaryFolder folder;
  make_mail(folder.path());
  const Ran ran = bench_read(folder.path(), {"--peer", "zxing", "--threads", "2", "--plot",
                                             folder / "plot.svg", "--out", folder / "run.json"});
  INFO(ran.err);
  REQUIRE(ran.exit == 0);
  const Json out = Json::parse(ran.out);
  CHECK(out == Json::parse(read_text(folder / "run.json")));
  CHECK(out["faces"] == 3);
  for (const char* reader : {"ours", "peer"}) {
    INFO(reader);
    CHECK(out[reader]["misreads"].empty());
    CHECK(out[reader]["on_blanks"] == 0);
    const Json& all = out[reader]["rates"].back();
    CHECK(all["type"] == "all");
    CHECK(all["class"] == "all");
    CHECK(all["read"] == 2);
    CHECK(all["total"] == 2);
    CHECK(all["low"] > 0.3);
    CHECK(all["high"] == 1);
    CHECK(out[reader]["time"]["all"]["faces"] == 3);
    CHECK(out[reader]["time"]["blank"]["faces"] == 1);
    CHECK(out[reader]["time"]["all"]["mean_ms"] > 0);
  }
  CHECK(out["speedup"]["ratio_of_means"] > 0);
  REQUIRE(out["scaling"].size() == 2);
  CHECK(out["scaling"][1]["threads"] == 2);
  CHECK(out["results"][0]["symbols"][0]["read"] == true);
  CHECK(out["results"][1]["reads"][0]["hex"] == hex("second"));
  std::uint64_t right = 0;
  for (const Json& rung : out["rungs"]) right += rung["right"].get<std::uint64_t>();
  CHECK(right == 2);
  CHECK(read_text(folder / "plot.svg").starts_with("<svg "));
  const Ran compared =
      run("backstamp-bench", {"compare", folder / "run.json", folder / "run.json"});
  INFO(compared.out << compared.err);
  CHECK(compared.exit == 0);
}

TEST_CASE("a reading that the truth does not have is a misread, on a blank too") {
  const TemporaryFolder folder;
  make_mail(folder.path());
  draw(folder / "c.png", "ghost");
  write_text(folder / "truth.jsonl", truth_of("a.png", "clean", "first").dump() + "\n" +
                                         truth_of("b.png", "hard", "other").dump() + "\n" +
                                         truth_of("c.png", "blank", "").dump() + "\n");
  const Ran ran = bench_read(folder.path());
  CHECK(ran.exit == 1);
  const Json ours = Json::parse(ran.out)["ours"];
  REQUIRE(ours["misreads"].size() == 2);
  CHECK(ours["misreads"][0]["image"] == "b.png");
  CHECK(ours["misreads"][0]["hex"] == hex("second"));
  CHECK(ours["misreads"][1]["blank"] == true);
  CHECK(ours["on_blanks"] == 1);
  CHECK(bench_read(folder.path(), {"--allow-misreads"}).exit == 0);
}

TEST_CASE("a picture that cannot be looked at is named, and the others are still read") {
  const TemporaryFolder folder;
  make_mail(folder.path());
  write_text(folder / "b.png", "no picture");
  const Ran ran = bench_read(folder.path());
  CHECK(ran.exit == 1);
  const Json out = Json::parse(ran.out);
  CHECK(out["faces"] == 2);
  REQUIRE(out["unreadable"].size() == 1);
  CHECK(out["unreadable"][0].get<std::string>().find("b.png") != std::string::npos);
  CHECK(bench_read(folder.path() / "nowhere").exit == 1);
}

TEST_CASE("a dataset is measured as a folder is, and --limit ends it early") {
  const TemporaryFolder folder;
  const Ran made = run("backstamp-dataset", {"make", folder / "mail", "--seed", "5", "--count", "3",
                                             "--mix", "clean=100"});
  INFO(made.err);
  REQUIRE(made.exit == 0);
  const Ran ran = bench_read(folder.path() / "mail", {"--limit", "2", "--clock", "cpu"});
  INFO(ran.err);
  CHECK(ran.exit == 0);
  const Json out = Json::parse(ran.out);
  CHECK(out["faces"] == 2);
  CHECK(out["clock"] == "cpu");
  CHECK(out["ours"]["time"]["all"]["mean_ms"] > 0);
  CHECK(out["ours"]["rates"].back()["total"] >= 2);
}

/// A run as `bench read --out` writes it, as far as it is compared: faces with one symbol each.
Json made_up_run(std::size_t faces) {
  Json run{{"bench", "read"}, {"version", 1}, {"clock", "wall"}, {"results", Json::array()}};
  for (std::size_t i = 0; i < faces; ++i) {
    const std::string number = std::to_string(i);
    run["results"].push_back({{"image", number + ".png"},
                              {"class", i % 2 == 0 ? "typical" : "hard"},
                              {"blank", false},
                              {"ms", 2.0 + static_cast<double>(i % 7)},
                              {"reads", Json::array()},
                              {"misreads", Json::array()},
                              {"symbols",
                               {{{"type", i % 3 == 0 ? "IMb" : "DataMatrix"},
                                 {"hex", hex(number)},
                                 {"role", "id"},
                                 {"read", i % 5 != 0}}}}});
  }
  return run;
}

Json compared(const Json& before, const Json& after, int exit) {
  const TemporaryFolder folder;
  write_text(folder / "old.json", before.dump());
  write_text(folder / "new.json", after.dump());
  const Ran ran =
      run("backstamp-bench", {"compare", "--json", folder / "old.json", folder / "new.json"});
  INFO(ran.out << ran.err);
  CHECK(ran.exit == exit);
  return ran.out.empty() ? Json() : Json::parse(ran.out);
}

/// Unreads the first `count` symbols that are read.
void lose(Json& run, std::size_t count) {
  for (Json& face : run["results"]) {
    Json& read = face["symbols"][0]["read"];
    if (count > 0 && read == true) {
      read = false;
      --count;
    }
  }
}

TEST_CASE("a gate fails from the loss on that chance does not explain") {
  const Json before = made_up_run(100);
  Json after = before;
  CHECK_FALSE(compared(before, after, 0)["loss"]);
  lose(after, 7);  // 2 / 2^7 is more than one in a hundred
  CHECK(compared(before, after, 0)["lost"].size() == 7);
  after = before;
  lose(after, 8);
  const Json lost = compared(before, after, 1);
  CHECK(lost["loss"] == true);
  CHECK(lost["rates"][0]["lost"].get<int>() <= 8);
  CHECK(compared(after, before, 0)["gained"].size() == 8);  // and the other way it is a gain
}

TEST_CASE("as much gained as lost is no loss, but a class that pays for another is") {
  const Json before = made_up_run(400);
  Json after = before;
  std::size_t lost = 0;
  std::size_t gained = 0;
  for (Json& face : after["results"]) {
    Json& read = face["symbols"][0]["read"];
    if (read == true && face["class"] == "hard" && lost < 12) {
      read = false;
      ++lost;
    } else if (read == false && face["class"] == "typical" && gained < 12) {
      read = true;
      ++gained;
    }
  }
  const Json traded = compared(before, after, 1);
  for (const Json& rate : traded["rates"]) {
    if (rate["type"] == "all" && rate["class"] == "all") CHECK(rate["loss"] == false);
    if (rate["type"] == "all" && rate["class"] == "hard") CHECK(rate["loss"] == true);
  }
}

TEST_CASE("one new misread, one new crash, one missing face fail a gate") {
  const Json before = made_up_run(20);
  Json after = before;
  after["results"][3]["reads"].push_back({{"format", "KIX"}, {"hex", "31"}});
  after["results"][3]["misreads"].push_back(0);
  CHECK(compared(before, after, 1)["new_misreads"][0] == "3.png KIX 31");
  compared(after, after, 0);  // it was there before
  after = before;
  after["results"][3]["crashed"] = true;
  CHECK(compared(before, after, 1)["new_crashes"][0] == "3.png");
  after = before;
  after["results"].erase(3);
  CHECK(compared(before, after, 1)["missing"][0] == "3.png");
  CHECK(compared(after, before, 0)["added"] == 1);
}

TEST_CASE("a slower reader fails a gate, a slower machine does not") {
  const Json before = made_up_run(60);
  const auto slowed = [](Json run, double ours, double peer) {
    for (Json& face : run["results"]) {
      face["ms"] = face["ms"].get<double>() * ours;
      face["peer"] = {{"ms", 30 * peer}};
    }
    return run;
  };
  const Json steady = slowed(before, 1, 1);
  CHECK(compared(steady, slowed(before, 1.04, 1), 0)["time"]["loss"] == false);
  CHECK(compared(steady, slowed(before, 1.2, 1), 1)["time"]["loss"] == true);
  CHECK(compared(steady, slowed(before, 1.2, 1.2), 0)["time"]["loss"] == false);
  CHECK(compared(steady, slowed(before, 1, 0.8), 1)["time"]["loss"] == true);
  Json worse = before;  // one in three became much slower: the median does not see it
  for (std::size_t i = 0; i < 60; i += 3)
    worse["results"][i]["ms"] = 10 * worse["results"][i]["ms"].get<double>();
  CHECK(compared(before, worse, 1)["time"]["loss"] == true);
}

TEST_CASE("what is no run, or a run over other mail, is refused with its reason") {
  const Json run_of_20 = made_up_run(20);
  Json other = run_of_20;
  other["results"][7]["symbols"][0]["hex"] = "ff";
  CHECK(compared(run_of_20, other, 1).is_null());
  other = run_of_20;
  other["clock"] = "cpu";
  CHECK(compared(run_of_20, other, 1).is_null());
  for (const char* text : {"", "[]", "{}", R"({"bench": "read", "version": 2, "results": []})",
                           R"({"bench": "read", "version": 1, "results": [7]})",
                           R"({"bench": "read", "version": 1, "results": [{"image": "a"}]})"}) {
    const TemporaryFolder folder;
    write_text(folder / "old.json", run_of_20.dump());
    write_text(folder / "new.json", text);
    const Ran ran = run("backstamp-bench", {"compare", folder / "old.json", folder / "new.json"});
    INFO(text << ran.err);
    CHECK(ran.exit == 1);
    CHECK(ran.err.find("new.json") != std::string::npos);
  }
}

TEST_CASE("bench verify compares with OpenSSL's own loop, and asks a duplicate index") {
  const Ran ran = run("backstamp-bench", {"verify", "--json", "--rounds", "3", "--seconds", "0.01",
                                          "--entries", "20000", "--lookups", "2000"});
  INFO(ran.err);
  REQUIRE(ran.exit == 0);
  const Json figures = Json::parse(ran.out);
  for (const char* algorithm : {"es256", "eddsa"}) {
    CHECK(figures.at(algorithm).at("verify_per_s").get<double>() > 0);
    CHECK(figures.at(algorithm).at("openssl_per_s").get<double>() > 0);
  }
  CHECK(figures.at("duplicates").at("entries") == 20000);
  CHECK(figures.at("duplicates").at("lookup_us_p99").get<double>() > 0);
  CHECK(figures.at("duplicates").at("resident_mb").get<double>() > 0);
}

}  // namespace
}  // namespace backstamp::test
