// The rules of docs/architecture.md, held as tests.
#include <algorithm>
#include <catch2/catch_test_macros.hpp>
#include <map>
#include <set>

#include "tests/tidy/source_tree.h"

namespace {

using backstamp::tidy::source_files;
using backstamp::tidy::SourceFile;

/// Which rooms a room may include, besides itself.
const std::map<std::string, std::set<std::string>> kMayInclude = {
    {"base", {}},
    {"postal", {"base"}},
    {"vision", {"base", "postal"}},
    {"meter", {"base", "postal"}},
    {"datasets", {"base", "postal", "vision", "meter"}},
    {"calibration", {"base", "postal", "vision", "datasets"}},
    {"uplink", {"base", "postal"}},
    {"station", {"base", "postal", "vision", "calibration", "datasets", "uplink"}},
    {"datacenter", {"base", "postal", "uplink"}},
    {"programs",
     {"base", "postal", "vision", "meter", "datasets", "calibration", "uplink", "station",
      "datacenter"}},
};

/// Where a third-party library may be known: by the beginning of what is included, the beginnings
/// of the paths that may.
struct Confinement {
  std::string library;
  std::vector<std::string> included;
  std::vector<std::string> places;
};
const std::vector<Confinement> kConfined = {
    {"OpenCV", {"opencv2/"}, {"vision/", "station/capture/video_module.cpp"}},
    {"Highway", {"hwy/"}, {"vision/"}},
    {"ZXing-cpp", {"ZXing/", "ReadBarcode.h"}, {"vision/zxing_adapter.cpp"}},
    {"OpenSSL", {"openssl/"}, {"postal/token/", "base/http", "base/certificate", "base/sha256"}},
    {"PKCS#11", {"p11-kit/"}, {"postal/token/"}},
    {"ZeroMQ", {"zmq"}, {"uplink/sender.cpp", "uplink/receiver.cpp", "uplink/curve_keys.cpp"}},
    {"protobuf", {"google/protobuf", "events.pb.h", "uplink/events.pb.h"}, {"uplink/"}},
    {"libzint", {"zint.h"}, {"meter/"}},
    {"cairo", {"cairo"}, {"meter/"}},
    {"libarchive", {"archive"}, {"datasets/"}},
    {"SQLite", {"sqlite3.h"}, {"datacenter/store/"}},
    {"yaml-cpp", {"yaml-cpp/"}, {"base/yaml"}},
    {"Boost", {"boost/"}, {"base/http"}},
    {"aravis", {"arv.h"}, {"station/capture/aravis_", "programs/fake-camera/camera.cpp"}},
    {"CLI11", {"CLI/"}, {"programs/"}},
    {"libmodbus", {"modbus"}, {"station/sorter/modbus_link.cpp"}},
};

constexpr std::size_t kFileLines = 500;
constexpr std::size_t kFunctionLines = 70;
constexpr std::size_t kMedianFileLines = 150;
constexpr std::size_t kColumns = 100;

bool in(const std::string& path, const std::vector<std::string>& places) {
  return std::any_of(places.begin(), places.end(),
                     [&](const std::string& place) { return path.starts_with(place); });
}

std::string at(const SourceFile& file, std::size_t line) {
  return file.path + ":" + std::to_string(line + 1);
}

std::string room_of(const std::string& included) {
  const std::size_t slash = included.find('/');
  const std::string room = slash == std::string::npos ? "" : included.substr(0, slash);
  return kMayInclude.contains(room) || room == "tests" ? room : "";
}

}  // namespace

TEST_CASE("rooms include only the rooms below them") {
  for (const SourceFile& file : source_files()) {
    if (file.room == "tests") continue;
    for (std::size_t i = 0; i < file.lines.size(); ++i) {
      const std::string room = room_of(backstamp::tidy::included_by(file.lines[i]));
      if (room.empty() || room == file.room) continue;
      INFO(at(file, i) << ": " << file.room << " may not include " << room);
      CHECK(kMayInclude.at(file.room).contains(room));
    }
  }
}

TEST_CASE("headers in a room's subfolders are private to the room") {
  for (const SourceFile& file : source_files()) {
    if (file.room == "tests") continue;
    for (std::size_t i = 0; i < file.lines.size(); ++i) {
      const std::string included = backstamp::tidy::included_by(file.lines[i]);
      const std::string room = room_of(included);
      const bool nested = std::count(included.begin(), included.end(), '/') > 1;
      INFO(at(file, i) << ": " << included << " is private to " << room);
      CHECK((room.empty() || room == file.room || !nested));
    }
  }
}

TEST_CASE("each third-party library is known to its own place only") {
  for (const SourceFile& file : source_files()) {
    if (file.room == "tests") continue;
    for (std::size_t i = 0; i < file.lines.size(); ++i) {
      const std::string included = backstamp::tidy::included_by(file.lines[i]);
      if (included.empty() || !room_of(included).empty()) continue;
      for (const Confinement& confined : kConfined) {
        INFO(at(file, i) << ": " << confined.library << " is confined");
        CHECK((!in(included, confined.included) || in(file.path, confined.places)));
      }
    }
  }
}

TEST_CASE("no public header shows a third-party type") {
  for (const SourceFile& file : source_files()) {
    if (file.room == "tests" || file.room == "programs" || !file.path.ends_with(".h")) continue;
    if (std::count(file.path.begin(), file.path.end(), '/') != 1) continue;
    for (std::size_t i = 0; i < file.lines.size(); ++i) {
      const std::string included = backstamp::tidy::included_by(file.lines[i]);
      INFO(at(file, i) << ": " << included);
      CHECK(included.find("nlohmann") == std::string::npos);
      for (const Confinement& confined : kConfined) {
        CHECK((!room_of(included).empty() || !in(included, confined.included)));
      }
    }
  }
}

TEST_CASE("files can be read in a sitting, and lines on a screen") {
  std::vector<std::size_t> sizes;
  for (const SourceFile& file : source_files()) {
    sizes.push_back(file.lines.size());
    INFO(file.path << ": " << file.lines.size() << " lines");
    CHECK(file.lines.size() <= kFileLines);
    for (std::size_t i = 0; i < file.lines.size(); ++i) {
      // A string that cannot be broken may be longer; UTF-8 counts by characters.
      const auto columns = static_cast<std::size_t>(
          std::count_if(file.lines[i].begin(), file.lines[i].end(),
                        [](char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; }));
      INFO(at(file, i) << ": " << columns << " columns");
      CHECK((columns <= kColumns || file.lines[i].find('"') != std::string::npos));
    }
  }
  REQUIRE_FALSE(sizes.empty());
  std::nth_element(sizes.begin(), sizes.begin() + static_cast<long>(sizes.size() / 2), sizes.end());
  CHECK(sizes[sizes.size() / 2] <= kMedianFileLines);
}

TEST_CASE("functions can be held in mind") {
  for (const SourceFile& file : source_files()) {
    for (const auto& function : backstamp::tidy::function_lengths(file)) {
      INFO(file.path << ":" << function.first_line << ": " << function.lines << " lines");
      CHECK(function.lines <= kFunctionLines);
    }
  }
}

TEST_CASE("headers guard themselves and sources carry no machine's paths") {
  const std::vector<std::string> foreign = {
      "/wo"
      "rk/",
      "/ro"
      "ot/",
      "/ho"
      "me/"};
  for (const SourceFile& file : source_files()) {
    if (file.path.ends_with(".h")) {
      // Code for each kind of vector unit is included once for each of them.
      const bool for_each_unit = file.path.ends_with("_inl.h");
      INFO(file.path << ": #pragma once, or in an _inl.h a guard by HWY_TARGET_TOGGLE, is wanted");
      CHECK(std::any_of(file.lines.begin(), file.lines.end(), [&](const std::string& line) {
        return for_each_unit ? line.find("HWY_TARGET_TOGGLE") != std::string::npos
                             : line == "#pragma once";
      }));
    }
    for (std::size_t i = 0; i < file.lines.size(); ++i) {
      for (const std::string& path : foreign) {
        INFO(at(file, i) << ": a path of one machine");
        CHECK(file.lines[i].find(path) == std::string::npos);
      }
    }
  }
}
