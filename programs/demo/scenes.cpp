#include "programs/demo/scenes.h"

#include <algorithm>
#include <set>
#include <thread>

namespace backstamp::demo {
namespace {

constexpr std::size_t kOfEach = 3;  // pieces in a scene

std::string text(const Json& json, const char* key) {
  const auto found = json.find(key);
  return found != json.end() && found->is_string() ? found->get<std::string>() : "";
}

/// What is expected of a scene's readings.
struct Expected {
  std::string verdict;
  std::string decision;
  std::string reason;  ///< "none" for an accepted piece
  std::string center;  ///< "read", or the reason of the suspect
};

/// The data center's lists, by what a scene asks for.
class Registry {
 public:
  static Result<Registry> of(const PostOffice& office) {
    Registry registry;
    for (auto [list, target] : {std::pair{"--events", &registry.events_},
                                {"--pieces", &registry.pieces_},
                                {"--suspects", &registry.suspects_}}) {
      auto lines = office.report(list);
      if (!lines) return std::unexpected(lines.error());
      *target = std::move(*lines);
    }
    return registry;
  }

  /// What a station said of its piece of this number; none when it said nothing.
  const Json* event(const std::string& station, std::uint64_t piece) const {
    for (const Json& one : events_) {
      if (text(one, "station") == station && one.value("piece", 0ull) == piece) return &one;
    }
    return nullptr;
  }
  /// "duplicate" when the scan is a suspect one, else the state of its piece.
  std::string center(const Json& event) const {
    for (const Json& suspect : suspects_) {
      if (text(suspect, "station") == text(event, "station") &&
          suspect.value("epoch", 0ull) == event.value("epoch", 0ull) &&
          suspect.value("sequence", 0ull) == event.value("sequence", 0ull)) {
        return text(suspect, "suspect");
      }
    }
    for (const Json& piece : pieces_) {
      if (text(piece, "code") == text(event, "code")) return text(piece, "state");
    }
    return "";
  }

 private:
  std::vector<Json> events_;
  std::vector<Json> pieces_;
  std::vector<Json> suspects_;
};

/// Pieces of a station, one after the other.
struct Readings {
  std::string station;
  std::uint64_t first = 0;
  std::size_t count = 1;
};

/// The row of the first reading that is not as expected, else of the last.
Scene judge(const std::string& what, const Readings& readings, const Expected& expected,
            const Registry& registry) {
  Scene scene;
  scene.what = what;
  for (std::size_t i = 0; i < readings.count; ++i) {
    const Json* event = registry.event(readings.station, readings.first + i);
    if (!event) {
      scene.right = false;
      scene.verdict = "no event";
      return scene;
    }
    const std::string rule = text(*event, "rule");
    scene.verdict = text(*event, "verdict");
    scene.decision = text(*event, "decision");
    scene.reason = text(*event, "reason") + (rule.empty() ? "" : " (" + rule + ")");
    scene.center = registry.center(*event);
    scene.right = scene.verdict == expected.verdict && scene.decision == expected.decision &&
                  text(*event, "reason") == expected.reason && scene.center == expected.center;
    if (!scene.right) return scene;
  }
  return scene;
}

/// Clean genuine pieces that the first lane accepted, every code read, and that have no copy.
std::vector<PlannedFace> clean_ones(const PostOffice& office, const Books& books) {
  std::set<std::string> copied;
  for (const PlannedFace& face : office.faces()) {
    if (face.kind == Kind::copied) copied.insert(face.code);
  }
  std::set<std::string> whole;
  for (const Json& event : books.events) {
    if (text(event, "decision") == "accept" && event.at("codes").size() == 2) {
      whole.insert(text(event, "code"));
    }
  }
  std::vector<PlannedFace> found;
  for (const PlannedFace& face : office.faces()) {
    const bool fit = face.kind == Kind::genuine && face.face_class == "clean" &&
                     whole.contains(face.code) && !copied.contains(face.code);
    if (fit) found.push_back(face);
  }
  return found;
}

/// Renders some faces anew and has a station read them.
Result<void> pass_by(PostOffice& office, Lane lane, const std::string& dataset,
                     const std::vector<PlannedFace>& faces) {
  std::this_thread::sleep_for(std::chrono::milliseconds(1100));  // from machine to machine
  if (auto rendered = office.render(dataset, faces); !rendered) return rendered;
  lane.faces = dataset;
  const auto report = office.run_station(lane);
  if (!report) return std::unexpected(report.error());
  return {};
}

/// Where the first face of a kind stands on the belt, from 0.
std::size_t first_of(const PostOffice& office, Kind kind) {
  const auto& faces = office.faces();
  const auto found = std::find_if(faces.begin(), faces.end(),
                                  [&](const PlannedFace& face) { return face.kind == kind; });
  return static_cast<std::size_t>(found - faces.begin());
}

/// Does the meter box know the address that a virtual meter's token is bound to, and no other?
Result<Scene> bindings(const PostOffice& office) {
  Scene scene{"its address, asked of the box", "genuine", "", "", "", false};
  const MintedPiece* first = nullptr;
  const MintedPiece* second = nullptr;
  for (const MintedPiece& piece : office.minted()) {
    if (piece.meter != kFirstMeter + kVirtual) continue;
    (first == nullptr ? first : second) = &piece;
    if (second != nullptr) break;
  }
  if (first == nullptr || second == nullptr) return scene;
  const auto own = office.bound(first->token_hex, first->order);
  if (!own) return std::unexpected(own.error());
  const auto other = office.bound(first->token_hex, second->order);
  if (!other) return std::unexpected(other.error());
  scene.center = std::string("own: ") + (*own ? "bound" : "NOT bound") +
                 ", another's: " + (*other ? "BOUND" : "not bound");
  scene.right = *own && !*other;
  return scene;
}

}  // namespace

Result<std::vector<Scene>> play_scenes(PostOffice& office, const Books& books) {
  const Lane& lane_1 = lanes()[0];
  const Lane& lane_2 = lanes()[1];
  const Lane& second_pass = lanes()[2];
  const Lane& delivery = lanes()[3];
  const auto clean = clean_ones(office, books);
  const std::size_t each = std::min(kOfEach, clean.size() / 3);
  const auto part = [&](std::size_t n) {
    const auto from = clean.begin() + static_cast<std::ptrdiff_t>(n * each);
    return std::vector<PlannedFace>(from, from + static_cast<std::ptrdiff_t>(each));
  };
  const auto copies = part(0), travelled = part(1);
  auto fed = part(2);
  fed.push_back(office.faces().at(first_of(office, Kind::revoked)));

  Lane restarted = lane_1;
  restarted.standstill = "1s";
  restarted.bundle = "old.bundle";  // it holds a newer one than this that it is given now
  for (auto done :
       {pass_by(office, restarted, "fed-again", fed), pass_by(office, lane_2, "copies", copies),
        pass_by(office, second_pass, "second-pass", travelled),
        pass_by(office, delivery, "delivery", travelled)}) {
    if (!done) return std::unexpected(done.error());
  }
  const auto registry = Registry::of(office);
  if (!registry) return std::unexpected(registry.error());
  const auto on_belt = [&](Kind kind) {
    return Readings{lane_1.station, first_of(office, kind) + 1};
  };
  const std::uint64_t after = office.faces().size() + 1;  // what lane 1 saw since
  const Expected revoked{"revoked", "divert", "revoked", "revoked"};
  const Expected accepted{"genuine", "accept", "none", "read"};
  std::vector<Scene> scenes{
      judge("a revoked key", on_belt(Kind::revoked), revoked, *registry),
      judge("a key that has run out", on_belt(Kind::expired),
            {"expired", "divert", "expired", "expired"}, *registry),
      judge("a revoked key, its old bundle", {lane_1.station, after + each}, revoked, *registry),
      judge("a copy on the same lane", on_belt(Kind::copied),
            {"genuine", "divert", "duplicate", "duplicate"}, *registry),
      judge("a copy on another lane", {lane_2.station, 1, each},
            {"genuine", "accept", "none", "duplicate"}, *registry),
      judge("the second of three passes", {second_pass.station, 1, each}, accepted, *registry),
      judge("the last of three passes", {delivery.station, 1, each}, accepted, *registry),
      judge("fed once more after a stop", {lane_1.station, after, each}, accepted, *registry),
      judge("an indicium on another's letter", on_belt(Kind::moved),
            {"genuine", "divert", "code_mismatch", "code_mismatch"}, *registry)};
  auto bound = bindings(office);
  if (!bound) return std::unexpected(bound.error());
  scenes.push_back(std::move(*bound));
  return scenes;
}

}  // namespace backstamp::demo
