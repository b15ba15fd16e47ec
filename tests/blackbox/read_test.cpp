// backstamp-read among bad pictures: each costs one line that says why, and no other picture.
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <catch2/catch_test_macros.hpp>
#include <fstream>
#include <opencv2/core.hpp>
#include <opencv2/imgcodecs.hpp>
#include <random>

#include "base/bytes.h"
#include "datasets/dataset.h"
#include "meter/drawing.h"
#include "tests/support/programs.h"

namespace backstamp::test {
namespace {

void write_bytes(const std::string& path, ByteView bytes) {
  std::ofstream(path, std::ios::binary)
      .write(reinterpret_cast<const char*>(bytes.data()),
             static_cast<std::streamsize>(bytes.size()));
}

/// A picture of one Data Matrix with this text.
meter::Raster picture_of(const std::string& text) {
  meter::FacePlan plan;
  plan.width_mm = plan.height_mm = 24;
  meter::SymbolPlan symbol;
  symbol.content = Bytes(text.begin(), text.end());
  symbol.top_left = {5, 5};
  plan.symbols.push_back(symbol);
  auto drawn = meter::draw_face(plan, 8);
  REQUIRE(drawn);
  return std::move(drawn->raster);
}

Bytes encoded(const meter::Raster& raster, const std::string& extension) {
  const cv::Mat pixels(raster.height_px, raster.width_px, CV_8UC1,
                       const_cast<std::uint8_t*>(raster.pixels.data()));
  Bytes file;
  REQUIRE(cv::imencode(extension, pixels, file));
  return file;
}

Bytes png(const std::string& text) {
  return encoded(picture_of(text), ".png");
}

/// A PNG that declares a size and holds next to nothing.
Bytes huge_png(std::uint32_t side) {
  Bytes file = png("huge");
  for (int i = 0; i < 4; ++i) {
    file[16 + i] = file[20 + i] = static_cast<std::uint8_t>(side >> (24 - 8 * i));
  }
  std::uint32_t crc = 0xFFFFFFFF;  // of type and data, so that only the size is wrong
  for (int i = 12; i < 29; ++i) {
    crc ^= file[i];
    for (int bit = 0; bit < 8; ++bit) crc = (crc >> 1) ^ (crc & 1 ? 0xEDB88320u : 0u);
  }
  crc = ~crc;
  for (int i = 0; i < 4; ++i) file[29 + i] = static_cast<std::uint8_t>(crc >> (24 - 8 * i));
  return file;
}

Ran read(std::vector<std::string> arguments) {
  arguments.insert(arguments.begin(), "--json");
  return run("backstamp-read", arguments);
}

std::string hex(const std::string& text) {
  return to_hex(as_bytes(text));
}

/// Was exactly this text read, and nothing else?
bool is_read(const Json& line, const std::string& text) {
  return !line.contains("error") && line.at("reads").size() == 1 &&
         line.at("reads")[0].at("hex") == hex(text);
}

/// An error that names the file and gives a reason beyond its name.
void check_error(const Json& line, const std::string& name) {
  INFO(line.dump());
  CHECK(line.at("image") == name);
  REQUIRE(line.contains("error"));
  const auto error = line.at("error").get<std::string>();
  CHECK(error.find(name) != std::string::npos);
  CHECK(error.size() > name.size() + 8);
  CHECK(line.at("reads").empty());
  CHECK_FALSE(line.at("error_kind").get<std::string>().empty());
}

TEST_CASE("good pictures of every kind are read, and the exit status is 0") {
  const TemporaryFolder folder;
  const auto raster = picture_of("good");
  std::vector<std::string> arguments;
  for (const std::string extension : {".jpg", ".pgm", ".png", ".webp", ".tif"}) {
    write_bytes(folder / ("a" + extension), encoded(raster, extension));
    arguments.push_back(folder / ("a" + extension));
  }
  const Ran ran = read(arguments);
  INFO(ran.out << ran.err);
  CHECK(ran.exit == 0);
  const auto lines = json_lines(ran.out);
  REQUIRE(lines.size() == arguments.size());
  for (const Json& line : lines) CHECK(is_read(line, "good"));
}

TEST_CASE("a picture cut short at any length is an error with its name; the others are read") {
  const TemporaryFolder folder;
  const auto raster = picture_of("whole");
  std::vector<std::string> names;
  for (const std::string extension : {".jpg", ".pgm", ".png"}) {
    const Bytes file = encoded(raster, extension);
    for (const std::size_t percent : {0u, 1u, 4u, 10u, 35u, 60u, 90u, 98u}) {
      names.push_back("cut-" + std::to_string(percent) + extension);
      write_bytes(folder / names.back(), ByteView(file).first(file.size() * percent / 100));
    }
  }
  write_bytes(folder / "cut-99.png", png("whole"));  // named as they are, but whole
  const Ran ran = read({folder.path().string()});
  CHECK(ran.exit == 1);
  const auto lines = json_lines(ran.out);
  std::sort(names.begin(), names.end());
  REQUIRE(lines.size() == names.size() + 1);
  unsigned good = 0;
  for (const Json& line : lines) {
    if (line.at("image") == "cut-99.png") {
      CHECK(is_read(line, "whole"));
      ++good;
    } else {
      check_error(line, line.at("image"));
    }
  }
  CHECK(good == 1);
}

TEST_CASE("damaged bytes are an error or the right content, never another's") {
  const TemporaryFolder folder;
  const auto raster = picture_of("unharmed");
  std::mt19937_64 random(11);
  unsigned written = 0;
  for (const std::string extension : {".jpg", ".pgm", ".png"}) {
    const Bytes file = encoded(raster, extension);
    for (int i = 0; i < 20; ++i, ++written) {
      Bytes damaged = file;
      for (std::size_t flips = 1 + random() % 8; flips > 0; --flips) {
        damaged[random() % damaged.size()] ^= static_cast<std::uint8_t>(1 + random() % 255);
      }
      write_bytes(folder / (std::to_string(100 + i) + extension), damaged);
    }
  }
  const Ran ran = read({"--threads", "2", folder.path().string()});
  const auto lines = json_lines(ran.out);
  REQUIRE(lines.size() == written);
  unsigned errors = 0;
  for (const Json& line : lines) {
    INFO(line.dump());
    if (line.contains("error")) {
      check_error(line, line.at("image"));
      ++errors;
    } else {
      for (const Json& one : line.at("reads")) CHECK(one.at("hex") == hex("unharmed"));
    }
  }
  CHECK(errors >= 15);  // a PNG has checksums
  CHECK(ran.exit == 1);
}

TEST_CASE("pictures that cannot be looked at are named with the reason, and the rest goes on") {
  const TemporaryFolder folder;
  write_bytes(folder / "1-good.png", png("first"));
  write_bytes(folder / "2-huge.png", huge_png(100'000));
  write_bytes(folder / "3-huge.pgm", as_bytes(std::string_view("P5\n100000 100000\n255\n....")));
  write_bytes(folder / "4-empty.png", {});
  write_bytes(folder / "5-text.jpg", as_bytes(std::string_view("Dear Sir or Madam,\n")));
  std::filesystem::create_symlink("6-loop.png", folder / "6-loop.png");
  std::filesystem::create_directory(folder / "7-folder.png");
  write_bytes(folder / "9-good.png", png("last"));
  std::vector<std::string> names = {"1-good.png", "2-huge.png", "3-huge.pgm",    "4-empty.png",
                                    "5-text.jpg", "6-loop.png", "8-missing.png", "9-good.png"};
  std::vector<std::string> arguments;
  for (const std::string& name : names) arguments.push_back(folder / name);
  const Ran ran = read(arguments);
  INFO(ran.out << ran.err);
  CHECK(ran.exit == 1);
  const auto lines = json_lines(ran.out);
  REQUIRE(lines.size() == names.size());
  CHECK(is_read(lines.front(), "first"));
  CHECK(is_read(lines.back(), "last"));
  for (std::size_t i = 1; i + 1 < names.size(); ++i) check_error(lines[i], names[i]);
  CHECK(lines[1].at("error_kind") == "limit");
  CHECK(lines[2].at("error_kind") == "limit");
  CHECK(lines[6].at("error_kind") == "not_found");
}

TEST_CASE("a picture that may not be opened is named") {
  if (::geteuid() == 0) SKIP("root may open everything");
  const TemporaryFolder folder;
  write_bytes(folder / "secret.png", png("secret"));
  REQUIRE(::chmod((folder / "secret.png").c_str(), 0) == 0);
  const Ran ran = read({folder / "secret.png"});
  CHECK(ran.exit == 1);
  const auto lines = json_lines(ran.out);
  REQUIRE(lines.size() == 1);
  check_error(lines[0], "secret.png");
}

TEST_CASE("in a folder, what is no picture is passed over in silence") {
  const TemporaryFolder folder;
  write_bytes(folder / "a.png", png("a"));
  write_bytes(folder / "b.PNG", png("b"));
  write_text(folder / "notes.txt", "not a picture\n");
  write_text(folder / "a.json", "{}");
  write_text(folder / "Makefile", "all:\n");
  std::filesystem::create_directory(folder / "deeper.png");
  const Ran ran = read({folder.path().string()});
  CHECK(ran.exit == 0);
  CHECK(ran.err.empty());
  const auto lines = json_lines(ran.out);
  REQUIRE(lines.size() == 2);
  CHECK(is_read(lines[0], "a"));
  CHECK(is_read(lines[1], "b"));
}

TEST_CASE("three threads say the same as one, in the same order") {
  const TemporaryFolder folder;
  for (int i = 0; i < 24; ++i) {
    const std::string name = folder / (std::to_string(100 + i) + ".png");
    Bytes file = png("piece " + std::to_string(i));
    if (i % 6 == 5) file.resize(file.size() / 2);
    write_bytes(name, file);
  }
  const auto without_times = [&](const std::string& threads) {
    const Ran ran = read({"--threads", threads, folder.path().string()});
    CHECK(ran.exit == 1);
    auto lines = json_lines(ran.out);
    for (Json& line : lines) line.erase("ms");
    return lines;
  };
  const auto one = without_times("1");
  CHECK(one.size() == 24);
  CHECK(without_times("3") == one);
}

TEST_CASE("only the formats that were asked for are read") {
  const TemporaryFolder folder;
  write_bytes(folder / "a.png", png("matrix"));
  const auto reads = [&](const std::string& formats) {
    const Ran ran = read({"--formats", formats, folder / "a.png"});
    CHECK(ran.exit == 0);
    return json_lines(ran.out).at(0).at("reads").size();
  };
  CHECK(reads("datamatrix") == 1);
  CHECK(reads("qrcode,datamatrix") == 1);
  CHECK(reads("qrcode,imb") == 0);
}

TEST_CASE("a shard of a dataset is read picture by picture, a damaged one is named") {
  const TemporaryFolder folder;
  auto writer = datasets::DatasetWriter::create({folder.path() / "mail"});
  REQUIRE(writer);
  for (const std::string key : {"p1", "p2", "p3"}) {
    Bytes file = png(key);
    if (key == "p2") file.resize(file.size() / 3);
    const std::string truth = "{}";
    REQUIRE(writer->add({key, {{"png", file}, {"json", Bytes(truth.begin(), truth.end())}}}));
  }
  REQUIRE(writer->finish());
  const std::string shard = folder / "mail/shard-000000.tar";
  const Ran ran = read({shard});
  CHECK(ran.exit == 1);
  const auto lines = json_lines(ran.out);
  REQUIRE(lines.size() == 3);
  CHECK(is_read(lines[0], "p1"));
  check_error(lines[1], "p2.png");
  CHECK(is_read(lines[2], "p3"));

  write_text(folder / "torn.tar", read_text(shard).substr(0, 700));
  write_bytes(folder / "z.png", png("after"));
  const Ran torn = read({folder / "torn.tar", folder / "z.png"});
  INFO(torn.out);
  CHECK(torn.exit == 1);
  const auto rest = json_lines(torn.out);
  REQUIRE(rest.size() == 2);
  check_error(rest[0], "torn.tar");
  CHECK(is_read(rest[1], "after"));
}

TEST_CASE("words for people name the file and the reason too") {
  const TemporaryFolder folder;
  write_bytes(folder / "bad.png", {});
  write_bytes(folder / "good.png", png("fine"));
  const Ran ran = run("backstamp-read", {folder.path().string()});
  CHECK(ran.exit == 1);
  CHECK(ran.out.find("bad.png: error: ") != std::string::npos);
  CHECK(ran.out.find("fine") != std::string::npos);
}

TEST_CASE(
    "--explain says which rung read a symbol and what the rungs cost, and nothing else changes") {
  const TemporaryFolder folder;
  write_bytes(folder / "a.png", png("a"));
  const std::string a = folder / "a.png";
  Json plain = json_lines(read({a}).out).at(0);
  Json explained = json_lines(read({"--explain", a}).out).at(0);
  CHECK_FALSE(plain.contains("rungs"));
  CHECK_FALSE(plain["reads"][0].contains("us"));
  REQUIRE(explained["rungs"].is_array());
  for (const Json& rung : explained["rungs"]) {
    CHECK_FALSE(rung.at("rung").get<std::string>().empty());
    CHECK(rung.at("us") >= 0);
    CHECK(rung.at("reads") <= rung.at("tries"));
  }
  for (const char* more : {"rungs", "effort"}) CHECK(explained.erase(more) == 1);
  explained["reads"][0].erase("us");
  plain["ms"] = explained["ms"] = 0;
  CHECK(plain == explained);
  const Ran words = run("backstamp-read", {"--explain", a});
  CHECK(words.out.find("rung " + plain["reads"][0]["rung"].get<std::string>()) !=
        std::string::npos);
}

TEST_CASE(
    "--pictures draws each face with an outline around what was read, and nothing else changes") {
  const TemporaryFolder folder;
  write_bytes(folder / "a.png", png("a"));
  const std::string a = folder / "a.png", seen = folder / "seen/here";
  Json plain = json_lines(read({a}).out).at(0);
  Json drawn = json_lines(read({"--pictures", seen, a}).out).at(0);
  plain["ms"] = drawn["ms"] = 0;
  CHECK(plain == drawn);
  const cv::Mat face = cv::imread(a, cv::IMREAD_GRAYSCALE);
  const cv::Mat picture = cv::imread(seen + "/a.reads.png", cv::IMREAD_UNCHANGED);
  REQUIRE(picture.size() == face.size());
  // Black is left to what is drawn: the corners have it, the dark modules inside are paler.
  const Json& outline = plain["reads"][0]["outline"];
  for (const Json& corner : outline)
    CHECK(picture.at<std::uint8_t>(corner[1].get<int>(), corner[0].get<int>()) == 0);
  const auto side = [&](int axis) { return outline[0][axis].get<int>() + 6; };
  const cv::Rect inside(side(0), side(1), outline[2][0].get<int>() - side(0) - 6,
                        outline[2][1].get<int>() - side(1) - 6);
  double darkest = 0;
  cv::minMaxLoc(picture(inside), &darkest);
  CHECK(darkest > 50);
  // A folder that cannot be made is a wrong command line.
  write_bytes(folder / "file", {});
  const Ran refused = run("backstamp-read", {"--pictures", folder / "file", a});
  CHECK(refused.exit == 2);
}

TEST_CASE("the same effort gives the same lines, too little of it none") {
  const TemporaryFolder folder;
  write_bytes(folder / "a.png", png("a"));
  const std::string a = folder / "a.png";
  const auto lines = [&](const std::string& effort) {
    Json line = json_lines(read({"--explain", "--effort", effort, a}).out).at(0);
    line.erase("ms");
    line.erase("rungs");
    for (Json& one : line["reads"]) one.erase("us");
    return line;
  };
  const Json whole = lines("1000000");
  REQUIRE(whole["reads"].size() == 1);
  CHECK(lines(std::to_string(whole["effort"].get<unsigned>())) == whole);
  const Json none = lines("0");
  CHECK(none["reads"].empty());
  CHECK(none["cause"] == "out_of_time");
  CHECK(none["effort"] == 0);
}

TEST_CASE("a repair limit above the ceiling is refused with the ceiling and the remedy") {
  const TemporaryFolder folder;
  write_bytes(folder / "a.png", png("a"));
  const std::string a = folder / "a.png";
  CHECK(run("backstamp-read", {"--repair", "matrix_bits=24", a}).exit == 0);
  const Ran ran = run("backstamp-read", {"--repair", "pdf417_words=0", a});
  CHECK(ran.exit == 2);
  CHECK(ran.out.empty());
  CHECK(ran.err.find("--repair pdf417_words: wanted 1 to 64") != std::string::npos);
  CHECK(ran.err.find("once in 2048") != std::string::npos);
}

TEST_CASE("a command line that is wrong is exit status 2, and nothing is printed as result") {
  const TemporaryFolder folder;
  write_bytes(folder / "a.png", png("a"));
  const std::string a = folder / "a.png";
  const std::vector<std::vector<std::string>> wrong = {{},
                                                       {"--no-such-option", a},
                                                       {"--formats", "morse", a},
                                                       {"--threads", "0", a},
                                                       {"--threads", "many", a},
                                                       {"--budget", "soon", a},
                                                       {"--budget", "-1s", a}};
  for (const auto& arguments : wrong) {
    const Ran ran = run("backstamp-read", arguments);
    INFO((arguments.empty() ? "no arguments" : arguments[0]));
    CHECK(ran.exit == 2);
    CHECK(ran.out.empty());
    CHECK_FALSE(ran.err.empty());
  }
}

TEST_CASE("a folder without pictures says so; a dataset's folder is read as the dataset") {
  const TemporaryFolder folder;
  const Ran none = run("backstamp-read", {folder.path().string()});
  INFO(none.out << none.err);
  CHECK(none.exit == 1);
  CHECK(none.out.find("no pictures") != std::string::npos);
  const std::string faces = (folder / "faces").string();
  REQUIRE(run("backstamp-dataset", {"make", faces, "--count", "3", "--mix", "clean=1"}).exit == 0);
  const Ran read = run("backstamp-read", {faces});
  INFO(read.out << read.err);
  CHECK(read.exit == 0);
  CHECK(read.out.find("000002.png: ") != std::string::npos);
  CHECK(read.out.find("token, unverified: issuer 990, meter 9901, counter 1, postage ") !=
        std::string::npos);
}

}  // namespace
}  // namespace backstamp::test
