#include "programs/demo/scenes.h"

#include <algorithm>
#include <map>
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

  /// The last reading of a sample at a station; none when there is none.
  const Json* event(const std::string& station, const std::string& sample) const {
    const Json* last = nullptr;
    for (const Json& one : events_) {
      if (text(one, "station") == station && text(one, "sample").starts_with(sample + ".")) {
        last = &one;
      }
    }
    return last;
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

/// The row of the first reading that is not as expected, else of the last.
Scene judge(const std::string& what, const std::string& station,
            const std::vector<PlannedFace>& faces, const Expected& expected,
            const Registry& registry) {
  Scene scene;
  scene.what = what;
  for (const PlannedFace& face : faces) {
    const Json* event = registry.event(station, face.name);
    if (!event) {
      scene.verdict = "no event of " + face.name;
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

std::vector<PlannedFace> first_of(const PostOffice& office, Kind kind) {
  for (const PlannedFace& face : office.faces()) {
    if (face.kind == kind) return {face};
  }
  return {};
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
  auto again = part(2);
  const auto revoked = first_of(office, Kind::revoked);
  auto fed = again;
  fed.insert(fed.end(), revoked.begin(), revoked.end());

  Lane cloned = lane_1;  // it holds a newer bundle than the one that it is given now
  cloned.bundle = "old.bundle";
  for (auto done :
       {pass_by(office, cloned, "fed-again", fed), pass_by(office, lane_2, "copies", copies),
        pass_by(office, second_pass, "second-pass", travelled),
        pass_by(office, delivery, "delivery", travelled)}) {
    if (!done) return std::unexpected(done.error());
  }
  const auto registry = Registry::of(office);
  if (!registry) return std::unexpected(registry.error());
  const auto row = [&](const std::string& what, const Lane& lane,
                       const std::vector<PlannedFace>& faces, const Expected& expected) {
    return judge(what, lane.station, faces, expected, *registry);
  };
  const auto one = [&](Kind kind) { return first_of(office, kind); };
  std::vector<Scene> scenes{
      row("a revoked key", lane_1, one(Kind::revoked), {"revoked", "divert", "revoked", "revoked"}),
      row("a key that has run out", lane_1, one(Kind::expired),
          {"expired", "divert", "expired", "expired"}),
      row("a bundle of an older sequence, to the lane", lane_1, revoked,
          {"revoked", "divert", "revoked", "revoked"}),
      row("a copy on the same lane", lane_1, one(Kind::copied),
          {"genuine", "divert", "duplicate", "duplicate"}),
      row("a copy on another lane", lane_2, copies, {"genuine", "accept", "none", "duplicate"}),
      row("the second of three passes", second_pass, travelled,
          {"genuine", "accept", "none", "read"}),
      row("the last of three passes", delivery, travelled, {"genuine", "accept", "none", "read"}),
      row("fed once more after a stop", lane_1, again, {"genuine", "accept", "none", "read"}),
      row("an indicium on another's letter", lane_1, one(Kind::moved),
          {"genuine", "divert", "code_mismatch", "code_mismatch"})};
  auto bound = bindings(office);
  if (!bound) return std::unexpected(bound.error());
  scenes.push_back(std::move(*bound));
  return scenes;
}

}  // namespace backstamp::demo
