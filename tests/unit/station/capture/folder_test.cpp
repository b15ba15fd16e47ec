#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <catch2/catch_test_macros.hpp>
#include <fstream>
#include <set>
#include <thread>

#include "station/camera.h"
#include "station/capture/folder_driver.h"
#include "tests/support/temporary_folder.h"

namespace backstamp::station {
namespace {

using namespace std::chrono_literals;
namespace fs = std::filesystem;

void write(const fs::path& path, const std::string& content) {
  std::ofstream(path, std::ios::binary) << content;
}
/// As if it had been written an hour ago.
void age(const fs::path& path) {
  fs::last_write_time(path, fs::file_time_type::clock::now() - 1h);
}

struct Rig {
  explicit Rig(const fs::path& folder) {
    CameraConfig config;
    config.name = "inbox";
    config.kind = CameraKind::folder;
    config.folder = folder;
    auto ring = vision::FrameRing::create({.slot_bytes = 4096, .slots = 2});
    REQUIRE(ring.has_value());
    auto opened = open_camera(
        config, "LANE-1/inbox", *ring,
        [this](const Alarm& alarm) { alarms.push_back((alarm.raised ? "+" : "-") + alarm.name); },
        stop.get_token());
    REQUIRE(opened.has_value());
    camera = std::move(*opened);
  }
  vision::Capture pull() {
    auto capture = camera->next();
    REQUIRE(capture.has_value());
    REQUIRE(capture->has_value());
    return std::move(**capture);
  }
  /// What comes until the line is told to stop.
  std::vector<vision::Capture> pull_for(std::chrono::milliseconds time) {
    std::jthread later([this, time] {
      std::this_thread::sleep_for(time);
      stop.request_stop();
    });
    std::vector<vision::Capture> captures;
    while (true) {
      auto capture = camera->next();
      REQUIRE(capture.has_value());
      if (!*capture) return captures;
      captures.push_back(std::move(**capture));
    }
  }

  std::stop_source stop;
  std::vector<std::string> alarms;
  std::unique_ptr<Camera> camera;
};

std::string text(const vision::Capture& capture) {
  return std::string(as_text(capture.file));
}

TEST_CASE("files that lie in a watched folder come in the order of their names, then new ones") {
  test::TemporaryFolder folder;
  for (const char* name : {"b.png", "a.png", "c.png"}) {
    write(folder.path() / name, name);
    age(folder.path() / name);
  }
  Rig rig(folder.path());
  for (const char* name : {"a.png", "b.png", "c.png"}) {
    const auto capture = rig.pull();
    CHECK(capture.name == name);
    CHECK(text(capture) == name);
    CHECK(capture.frame.empty());
  }
  write(folder.path() / "d.png", "closed after writing");
  CHECK(text(rig.pull()) == "closed after writing");
  write(folder.path() / "e.part", "moved in");
  fs::rename(folder.path() / "e.part", folder.path() / "e.png");
  CHECK(text(rig.pull()) == "moved in");
  CHECK_FALSE(fs::exists(folder.path() / "a.png"));
  CHECK(fs::exists(folder.path() / "taken" / "a.png"));
  CHECK(rig.camera->counters().frames == 5);
}

TEST_CASE("a file is taken once, and only when it has been written whole") {
  test::TemporaryFolder folder;
  Rig rig(folder.path());
  std::jthread writer([&] {
    std::this_thread::sleep_for(50ms);
    std::ofstream half(folder.path() / "half.png", std::ios::binary);
    for (int i = 0; i < 10; ++i) {
      half << "0123456789" << std::flush;
      std::this_thread::sleep_for(20ms);
    }
  });
  const auto captures = rig.pull_for(600ms);
  REQUIRE(captures.size() == 1);
  CHECK(captures[0].file.size() == 100);
}

TEST_CASE("a file that was being written when the watch began is taken when it is at rest") {
  test::TemporaryFolder folder;
  write(folder.path() / "fresh.png", "fresh");
  Rig rig(folder.path());
  const auto began = std::chrono::steady_clock::now();
  CHECK(text(rig.pull()) == "fresh");
  CHECK(std::chrono::steady_clock::now() - began > 1s);
}

TEST_CASE(
    "what is no plain file, or not meant for us, is left alone; hostile names are made plain") {
  test::TemporaryFolder folder;
  test::TemporaryFolder elsewhere;
  write(elsewhere.path() / "secret", "secret");
  fs::create_symlink(elsewhere.path() / "secret", folder.path() / "link.png");
  REQUIRE(::mkfifo((folder.path() / "pipe.png").c_str(), 0600) == 0);
  fs::create_directory(folder.path() / "folder.png");
  for (const char* name : {".hidden.png", "x.tmp", "x.part", "x.png~"}) {
    write(folder.path() / name, "no");
    age(folder.path() / name);
  }
  const std::string hostile = "\x1b[31m; rm -rf \xff\n.png";
  write(folder.path() / hostile, "hostile");
  age(folder.path() / hostile);
  write(folder.path() / std::string(250, 'n'), "long");
  age(folder.path() / std::string(250, 'n'));
  Rig rig(folder.path());
  const auto captures = rig.pull_for(400ms);
  REQUIRE(captures.size() == 2);
  CHECK(captures[0].name == "?[31m; rm -rf ??.png");
  CHECK(text(captures[0]) == "hostile");
  CHECK(captures[1].name == std::string(128, 'n'));
  CHECK(fs::is_symlink(folder.path() / "link.png"));
}

TEST_CASE("an empty file and one over the limit are pieces without a picture, told why") {
  test::TemporaryFolder folder;
  write(folder.path() / "empty.png", "");
  age(folder.path() / "empty.png");
  write(folder.path() / "huge.png", "x");
  fs::resize_file(folder.path() / "huge.png", (64u << 20) + 1);
  age(folder.path() / "huge.png");
  Rig rig(folder.path());
  const auto empty = rig.pull();
  CHECK(empty.file.empty());
  CHECK(empty.fault == "empty.png is empty");
  const auto huge = rig.pull();
  CHECK(huge.file.empty());
  CHECK(huge.fault == "huge.png cannot be read: limit");
  CHECK(rig.camera->counters().damaged == 2);
}

TEST_CASE("a flood of files comes whole, each once") {
  test::TemporaryFolder folder;
  constexpr int kFiles = 2400;
  for (int i = 0; i < kFiles / 2; ++i) {
    const auto path = folder.path() / ("old" + std::to_string(i));
    write(path, std::to_string(i));
    age(path);
  }
  Rig rig(folder.path());
  std::jthread writer([&] {
    for (int i = kFiles / 2; i < kFiles; ++i) {
      write(folder.path() / ("new" + std::to_string(i)), std::to_string(i));
    }
  });
  std::set<std::string> seen;
  for (int i = 0; i < kFiles; ++i) CHECK(seen.insert(text(rig.pull())).second);
  CHECK(seen.size() == kFiles);
  writer.join();
  std::size_t kept = 0;
  for ([[maybe_unused]] const auto& entry : fs::directory_iterator(folder.path() / "taken")) ++kept;
  CHECK(kept == capture::kTakenKept);
}

TEST_CASE("a folder that goes away and comes back is one alarm") {
  test::TemporaryFolder folder;
  const auto inbox = folder.path() / "inbox";
  fs::create_directory(inbox);
  Rig rig(inbox);
  write(inbox / "a", "a");
  std::jthread meanwhile([&] {
    std::this_thread::sleep_for(100ms);
    fs::rename(inbox, folder.path() / "gone");
    std::this_thread::sleep_for(300ms);
    fs::create_directory(inbox);
    std::this_thread::sleep_for(1500ms);
    write(inbox / "b", "b");
  });
  if (const auto first = rig.pull(); text(first) == "a") CHECK(text(rig.pull()) == "b");
  CHECK(rig.alarms == std::vector<std::string>{"+camera-lost", "-camera-lost"});
}

}  // namespace
}  // namespace backstamp::station
