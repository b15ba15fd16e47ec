// Scan events for tests, and folders that go away.
#pragma once

#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <random>
#include <string>

#include "postal/event.h"
#include "tests/support/temporary_folder.h"

namespace backstamp::uplink::test {

/// An empty folder, removed at the end: in memory where that is possible, for a sync costs nothing
/// there, and thousands of spools are opened.
class Folder : public backstamp::test::TemporaryFolder {
 public:
  Folder() : TemporaryFolder(parent()) {}

 private:
  static std::filesystem::path parent() {
    const std::filesystem::path memory = "/dev/shm";
    return ::access(memory.c_str(), W_OK) == 0 ? memory : std::filesystem::temp_directory_path();
  }
};

/// An event with every kind of content, different for each `piece`, the same every time.
inline postal::ScanEvent sample_event(std::uint64_t piece) {
  using namespace postal;
  std::mt19937_64 random(piece);
  ScanEvent event;
  event.id = {"leeds-7", 42, piece};
  event.piece = piece;
  event.sample = piece % 3 == 0 ? "face-" + std::to_string(piece) : "";
  event.induced_at =
      UtcTime(std::chrono::microseconds(1'790'000'000'000'000 + random() % 1'000'000));
  const Imb imb{"01", "234", "567094", "987654321", piece % 2 == 0 ? "01234567891" : ""};
  const S10 s10{"RR", "47312482", "GB"};
  if (piece % 5 != 0) event.codes.push_back({Symbology::imb, {'0', '1'}, imb});
  if (piece % 4 == 1) event.codes.push_back({Symbology::code128, {'R', 'R'}, s10});
  if (piece % 7 != 0) {
    Bytes content(random() % 200);
    for (auto& byte : content) byte = static_cast<std::uint8_t>(random());
    event.codes.push_back({Symbology::data_matrix, content, std::nullopt});
    event.token = TokenIdentity{7, 1234, piece};
    event.code = imb;
    event.verdict = Verdict::genuine;
    event.decision = Decision::accept;
    event.reason = Reason::none;
    event.cause = NoReadCause::none;
  }
  event.read_time = std::chrono::microseconds(random() % 20000);
  event.latency = std::chrono::microseconds(random() % 50000);
  event.role = static_cast<StationRole>(piece % 3);
  event.pass = 1 + piece % 8;
  event.place = piece % 2 == 0 ? "LEEDS" : "";
  event.late = piece % 11 == 0;
  event.effort = static_cast<std::uint32_t>(random() % 5000);
  event.keys = random() % 300;
  event.clock_trusted = piece % 13 != 0;
  event.for_box = piece % 9 == 0;
  if (piece % 6 == 0) {
    event.rule = "two-inductions";
    event.evidence = {0x89, 'P', 'N', 'G', '\r', '\n', 0x1A, '\n', 1, 2, 3};
  }
  if (piece % 10 == 3) {
    event.lane = "LANE-2";
    event.machine_piece = random();
    event.pictures = 2;
    event.marks = static_cast<std::uint32_t>(PieceMark::untriggered);
    event.shed = Shed::effort;
    event.outlet = static_cast<std::uint16_t>(random() % 300);
  }
  return event;
}

inline bool same(const postal::SeenCode& a, const postal::SeenCode& b) {
  return a.symbology == b.symbology && a.content == b.content && a.code == b.code;
}

/// Equal but for the id, which the log gives.
inline bool same_content(const postal::ScanEvent& a, const postal::ScanEvent& b) {
  return a.piece == b.piece && a.sample == b.sample && a.induced_at == b.induced_at &&
         std::equal(a.codes.begin(), a.codes.end(), b.codes.begin(), b.codes.end(),
                    [](const auto& x, const auto& y) { return same(x, y); }) &&
         a.token == b.token && a.code == b.code && a.verdict == b.verdict &&
         a.decision == b.decision && a.reason == b.reason && a.cause == b.cause &&
         a.read_time == b.read_time && a.latency == b.latency && a.role == b.role &&
         a.pass == b.pass && a.place == b.place && a.rule == b.rule && a.evidence == b.evidence &&
         a.late == b.late && a.effort == b.effort && a.keys == b.keys &&
         a.clock_trusted == b.clock_trusted && a.for_box == b.for_box && a.lane == b.lane &&
         a.machine_piece == b.machine_piece && a.pictures == b.pictures && a.marks == b.marks &&
         a.shed == b.shed && a.outlet == b.outlet;
}

}  // namespace backstamp::uplink::test
