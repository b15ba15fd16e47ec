// The promise of the whole loop: station and data center may be killed at any moment, as often as
// one likes, and in the end the data center holds each piece's event exactly once.
//
// BACKSTAMP_SEED repeats a run as far as chance was ours (which process is killed, how long after
// its start); what the processes were doing at that moment is the machine's.
#include <signal.h>

#include <algorithm>
#include <catch2/catch_test_macros.hpp>
#include <map>
#include <random>
#include <set>

#include "tests/support/post_office.h"

namespace backstamp::test {
namespace {

using namespace std::chrono_literals;

constexpr const char* kStation = "LANE-1";
constexpr std::uint32_t kEarlyMeter = 101;  ///< registers before the mail comes
constexpr std::uint32_t kLateMeter = 102;   ///< registers while everything is being killed
constexpr unsigned kMissing = 5;            ///< registered by each meter, and never seen
/// The rates at which the station is started: a slow line, a fast one, a very fast one.
constexpr unsigned kPiecesPerHour[] = {36'000, 144'000, 600'000};

/// What goes past the camera: indicia of two meters, one in twelve a copy, one in twelve blank.
std::vector<Face> plan_faces(const std::vector<Minted>& early, const std::vector<Minted>& late,
                             std::mt19937_64& random) {
  std::vector<Face> faces;
  for (const auto* minted : {&early, &late}) {
    for (std::size_t i = kMissing; i < minted->size(); ++i) {
      faces.push_back({(*minted)[i].token_hex, (*minted)[i].code, false});
    }
  }
  std::shuffle(faces.begin(), faces.end(), random);
  const std::size_t pieces = faces.size();
  for (std::size_t i = 0; i < pieces / 10; ++i) {
    const std::size_t original = random() % (faces.size() - 1);
    Face copy = faces[original];
    const auto place =
        static_cast<std::ptrdiff_t>(original + 1 + random() % (faces.size() - original - 1));
    if (!copy.token_hex.empty()) {
      copy.copied = true;
      faces.insert(faces.begin() + place, std::move(copy));
    }
    faces.insert(faces.begin() + static_cast<std::ptrdiff_t>(random() % faces.size()), Face{});
  }
  return faces;
}

/// The processes, and what must hold each time that one of them comes back.
class Loop {
 public:
  explicit Loop(const PostOffice& office) : office_(office) {}

  void start_datacenter() { datacenter_ = office_.start_datacenter(); }
  void await_datacenter() {
    // A data center that comes up badly says why in dc.err.
    const bool ready =
        wait_until([&] { return office_.datacenter_ready() || !datacenter_.running(); }, 60s);
    INFO(read_text(office_.path("dc.err")));
    REQUIRE(ready);
    REQUIRE(datacenter_.running());
  }
  void start_station(unsigned pieces_per_hour) {
    const std::string config = office_.station_config(kStation, pieces_per_hour);
    log_ = office_.path("station-" + std::to_string(++starts_) + ".log");
    station_ = start("backstamp-station", {"--config", config, "--json"},
                     office_.path("station.out"), log_);
  }
  /// Reads its source, or has ended.
  bool station_at_work() {
    return wait_until(
        [&] {
          return read_text(log_).find("source: going on") != std::string::npos ||
                 (resumed_after_ == 0 && read_text(log_).find("keys: ") != std::string::npos) ||
                 !station_.running();
        },
        30s);
  }

  void kill_datacenter() { kill(datacenter_); }
  void kill_station() {
    kill(station_);
    check_log();
  }
  bool station_running() { return station_.running(); }

  /// Lets the station come to its end; its report.
  Json finish() {
    start_station(0);
    const int exit = exit_of(station_, 240s);
    check_log();
    INFO(read_text(log_));
    REQUIRE(exit == 0);
    return json_lines(read_text(office_.path("station.out"))).back();
  }
  void stop_datacenter() {
    datacenter_.signal(SIGTERM);
    CHECK(exit_of(datacenter_, 30s) == 0);
  }

 private:
  static void kill(ChildProcess& process) {
    process.signal(SIGKILL);
    REQUIRE(process.wait_for(10s));
  }
  /// The number behind `words` in the station's log.
  std::optional<std::uint64_t> said(const std::string& log, const std::string& words) const {
    const std::size_t at = log.find(words);
    if (at == std::string::npos) return {};
    return std::strtoull(log.c_str() + at + words.size(), nullptr, 10);
  }
  /// A station that was killed goes on behind the last piece that it had committed: it forgets
  /// none that it had on record before, and its numbering has no hole.
  void check_log() {
    const std::string log = read_text(log_);
    INFO("start " << starts_ << ":\n" << log);
    CHECK(log.find("damaged") == std::string::npos);
    const auto found = said(log, "journal: ");
    const auto resumed = said(log, "going on after piece ");
    if (!resumed) return;  // killed before it came so far, or nothing was committed yet
    REQUIRE(found);
    CHECK(*resumed == *found);
    CHECK(*resumed >= resumed_after_);
    resumed_after_ = *resumed;
  }

  const PostOffice& office_;
  std::string log_;
  unsigned starts_ = 0;
  std::uint64_t resumed_after_ = 0;
  ChildProcess datacenter_;
  ChildProcess station_;
};

std::map<std::string, std::size_t> numbers_of(const std::vector<std::string>& names) {
  std::map<std::string, std::size_t> numbers;
  for (std::size_t i = 0; i < names.size(); ++i) numbers[names[i]] = i + 1;
  return numbers;
}

/// One event for each piece, its own, in one epoch without gaps.
void check_events(const PostOffice& office, const std::vector<Face>& faces,
                  const std::vector<std::string>& names) {
  const auto numbers = numbers_of(names);
  const auto events = office.report("--events");
  CHECK(events.size() == faces.size());
  std::set<std::uint64_t> sequences;
  std::set<std::uint64_t> epochs;
  for (const Json& event : events) {
    INFO(event.dump());
    const auto sequence = event.at("sequence").get<std::uint64_t>();
    CHECK(sequences.insert(sequence).second);
    epochs.insert(event.at("epoch").get<std::uint64_t>());
    CHECK(event.at("piece") == sequence);
    const auto number = numbers.find(event.at("sample").get<std::string>());
    REQUIRE(number != numbers.end());
    CHECK(number->second == sequence);
    const Face& face = faces[number->second - 1];
    if (face.token_hex.empty()) {
      CHECK(event.at("cause") == "bad_image");  // drawn, not seen: as even as no blank piece is
      continue;
    }
    REQUIRE(event.at("codes").size() == 1);
    CHECK(event.at("codes")[0].at("hex") == face.token_hex);
    CHECK(event.at("code") == face.code);
    CHECK(event.at("verdict") == "genuine");
    CHECK(event.at("reason") == (face.copied ? "duplicate" : "none"));
    CHECK(event.at("decision") == (face.copied ? "divert" : "accept"));
  }
  CHECK(epochs.size() == 1);
  REQUIRE(sequences.size() == faces.size());
  CHECK(*sequences.begin() == 1);
  CHECK(*sequences.rbegin() == faces.size());
}

void check_totals(const PostOffice& office, const std::vector<Face>& faces) {
  const Json totals = office.totals();
  INFO(totals.dump(2));
  CHECK(totals.at("events") == faces.size());
  CHECK(totals.at("conflicts") == 0);
  REQUIRE(totals.at("stations").size() == 1);
  CHECK(totals.at("stations")[0].at("contiguous") == faces.size());
  CHECK(totals.at("stations")[0].at("events") == faces.size());
  for (const char* never : {"uplink_malformed", "uplink_oversized", "uplink_impostors"}) {
    CHECK_FALSE(totals.at("counters").contains(never));
  }
}

/// Each registered piece is read, or was never seen; copies speak against nobody's honest mail.
void check_pieces(const PostOffice& office, const std::vector<Face>& faces,
                  std::map<std::string, std::string>& states) {
  std::set<std::string> seen;
  std::size_t copies = 0;
  for (const Face& face : faces) {
    if (!face.token_hex.empty()) seen.insert(face.code);
    copies += face.copied;
  }
  const auto pieces = office.report("--pieces");
  CHECK(pieces.size() == seen.size() + 2 * kMissing);
  for (const Json& piece : pieces) {
    INFO(piece.dump());
    const auto code = piece.at("code").get<std::string>();
    const auto state = piece.at("state").get<std::string>();
    CHECK(piece.at("registered") == true);
    CHECK(state == (seen.contains(code) ? "read" : "not_read"));
    states[code] = state;
  }
  const auto suspects = office.report("--suspects");
  CHECK(suspects.size() == copies);
  for (const Json& suspect : suspects) CHECK(suspect.at("suspect") == "duplicate");
}

/// What a meter heard: every notice once and in order, the last word the data center's state.
bool heard_all(const PostOffice& office, std::uint32_t meter, std::size_t pieces,
               const std::map<std::string, std::string>& states) {
  const std::string text = read_text(office.path("notices-" + std::to_string(meter) + ".jsonl"));
  std::map<std::string, std::string> heard;
  std::uint64_t last = 0;
  for (const Json& notice : json_lines(text.substr(0, text.rfind('\n') + 1))) {
    CHECK(notice.at("notice") == ++last);
    heard[notice.at("code")] = notice.at("state");
  }
  return heard.size() == pieces && std::all_of(heard.begin(), heard.end(), [&](const auto& word) {
           const auto state = states.find(word.first);
           return state != states.end() && state->second == word.second;
         });
}

/// Kills one or both; half of the time while they work, else at any moment after their start.
void kill_once(Loop& loop, const PostOffice& office, std::mt19937_64& random, bool& registered) {
  const auto roll = random() % 5;  // 0, 1: the station; 2, 3: the data center; 4: both
  if (random() % 2 == 0) {
    loop.await_datacenter();
    CHECK(loop.station_at_work());
    ::usleep(static_cast<useconds_t>(random() % 1'000'000));
  }
  ::usleep(static_cast<useconds_t>(random() % 500'000));
  if (roll != 0 && roll != 1) loop.kill_datacenter();
  if (roll != 2 && roll != 3) loop.kill_station();
  ::usleep(static_cast<useconds_t>(random() % 2 * (random() % 300'000)));
  if (roll != 0 && roll != 1) loop.start_datacenter();
  if (roll != 2 && roll != 3) loop.start_station(kPiecesPerHour[random() % 3]);
  if (!registered && random() % 3 == 0) registered = office.register_pieces(kLateMeter);
}

TEST_CASE("each piece has exactly one event, however often station and data center are killed") {
  const unsigned kills = long_run() ? 50 : 8;
  std::mt19937_64 random(printed_seed());
  const TemporaryFolder folder;
  PostOffice office(folder, "2s");
  office.add_station(kStation);
  office.add_meter(kEarlyMeter);
  office.add_meter(kLateMeter);
  office.publish_keys({kEarlyMeter, kLateMeter});
  const unsigned each = kMissing + 60 + 25 * kills;
  const auto early = office.mint(kEarlyMeter, each);
  const auto late = office.mint(kLateMeter, each);
  const auto faces = plan_faces(early, late, random);
  const auto names = draw_faces(office.path("faces"), faces);

  Loop loop(office);
  loop.start_datacenter();
  loop.await_datacenter();
  REQUIRE(office.register_pieces(kEarlyMeter));
  std::vector<ChildProcess> listeners;
  for (const auto meter : {kEarlyMeter, kLateMeter}) listeners.push_back(office.listen(meter));
  loop.start_station(kPiecesPerHour[0]);
  bool registered = false;
  unsigned amid_work = 0;
  for (unsigned i = 0; i < kills; ++i) {
    amid_work += loop.station_running();
    kill_once(loop, office, random, registered);
  }
  CHECK(amid_work >= kills / 2);  // else the mail was too little for this machine
  loop.await_datacenter();
  loop.kill_station();
  const Json report = loop.finish();
  INFO(report.dump());
  CHECK(report.at("committed") == faces.size());
  CHECK(report.at("acknowledged") == faces.size());
  std::printf("%u kills, the station at work at %u of them; %zu pieces, %llu after the last kill\n",
              kills + 1, amid_work, faces.size(),
              static_cast<unsigned long long>(faces.size() -
                                              report.at("resumed_after").get<std::uint64_t>()));

  for (int tries = 0; !registered && tries < 20; ++tries) {
    registered = office.register_pieces(kLateMeter);
  }
  REQUIRE(registered);
  const auto pieces_settled = [&] {
    const auto pieces = office.report("--pieces");
    return std::none_of(pieces.begin(), pieces.end(),
                        [](const Json& piece) { return piece.at("state") == "registered"; });
  };
  REQUIRE(wait_until(pieces_settled, 60s));
  check_events(office, faces, names);
  check_totals(office, faces);
  std::map<std::string, std::string> states;
  check_pieces(office, faces, states);
  for (const auto meter : {kEarlyMeter, kLateMeter}) {
    CHECK(wait_until([&] { return heard_all(office, meter, each, states); }, 60s));
  }
  loop.stop_datacenter();
}

}  // namespace
}  // namespace backstamp::test
