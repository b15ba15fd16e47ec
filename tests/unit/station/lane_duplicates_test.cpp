// Real faces through the lane: what is read again, copied, forged, and what people then see of it.
#include <catch2/catch_test_macros.hpp>
#include <cstring>

#include "datasets/synthesizer.h"
#include "station/lane.h"
#include "tests/unit/postal/key_fixtures.h"

namespace {

using namespace backstamp;
using postal::Decision;
using postal::Reason;
using postal::StationRole;
using postal::Verdict;

/// The faces of the pieces, in their order.
class Faces final : public vision::FrameSource {
 public:
  explicit Faces(std::vector<const vision::Frame*> faces) : faces_(std::move(faces)) {}
  Result<std::optional<vision::Capture>> next() override {
    if (at_ == faces_.size()) return std::nullopt;
    const vision::ImageView view = faces_[at_]->view();
    vision::Capture capture;
    capture.piece = ++at_;
    capture.frame = vision::Frame(view.width_px, view.height_px);
    for (int y = 0; y < view.height_px; ++y) {
      std::memcpy(capture.frame.row(y), view.row(y), static_cast<std::size_t>(view.width_px));
    }
    return capture;
  }
  Result<void> resume_after(std::uint64_t) override { return {}; }

 private:
  std::vector<const vision::Frame*> faces_;
  std::size_t at_ = 0;
};

vision::Frame face_of(const Bytes& token, const postal::MailpieceCode& code) {
  const std::string digits = std::get<postal::Imb>(code).digits();
  datasets::FaceRequest request;
  request.face_class = datasets::FaceClass::clean;
  request.symbols = {{postal::Symbology::data_matrix, token},
                     {postal::Symbology::imb, Bytes(digits.begin(), digits.end())}};
  auto face = datasets::synthesize_face(request, 5);
  REQUIRE(face);
  return std::move(face->picture);
}

/// A lane that notes what it read, and whose machine needs no time from one reading to the next.
struct Line {
  postal::SigningKey key = postal::seeded_key(42);
  postal::Verifier verifier =
      postal::Verifier::make(postal::bundle_of({postal::bundle_key(key)})).value();
  station::DuplicateIndex index = station::DuplicateIndex::in_memory();
  std::vector<postal::ScanEvent> events;

  void run(const std::vector<const vision::Frame*>& pieces, StationRole role) {
    vision::DecodePoolOptions pool_options;
    pool_options.program_folder = BACKSTAMP_BIN_DIR;
    auto pool = vision::DecodePool::start(pool_options);
    REQUIRE(pool);
    postal::DuplicateRules rules;
    rules.same_machine = std::chrono::milliseconds(0);
    station::DuplicateJudge judge(index, rules);
    station::LaneOptions options;
    options.deadline = std::chrono::seconds(60);
    options.role = role;
    options.today = postal::example_token().mailed;
    const auto sink = [this](const postal::ScanEvent& event, station::LaneFace&) -> Result<void> {
      events.push_back(event);
      index.note(event);
      return {};
    };
    Faces source(pieces);
    REQUIRE(station::run_lane(source, *pool, station::always(verifier), judge, options, sink, {}));
  }
};

}  // namespace

TEST_CASE(
    "a piece on its passes is accepted; a copy at the induction is diverted, with its picture") {
  Line line;
  const auto token = postal::example_token();
  const auto face = face_of(postal::mint_token(token, line.key).value(), token.code);
  line.run({&face, &face}, StationRole::induction);
  line.run({&face, &face}, StationRole::pass);
  line.run({&face}, StationRole::induction);
  REQUIRE(line.events.size() == 5);
  const Decision accept = Decision::accept;
  const Decision divert = Decision::divert;
  const Decision expected[] = {accept, divert, accept, accept, divert};
  for (std::size_t i = 0; i < 5; ++i) {
    const auto& event = line.events[i];
    CAPTURE(i, event.rule);
    CHECK(event.verdict == Verdict::genuine);
    CHECK(event.decision == expected[i]);
    const bool copy = expected[i] == divert;
    CHECK(event.reason == (copy ? Reason::duplicate : Reason::none));
    CHECK(event.rule == (copy ? "two-inductions" : ""));
    CHECK(postal::looks_like_picture(event.evidence) == copy);
    CHECK(event.evidence.size() <= postal::kEvidenceBytes);
  }
}

TEST_CASE("an indicium on another face, and a forged one, are diverted for what they are") {
  Line line;
  const auto token = postal::example_token();
  auto other = token;
  other.code = postal::Imb::parse("0027090000000000200101234567891").value();
  const Bytes genuine = postal::mint_token(token, line.key).value();
  Bytes forged = genuine;
  forged.back() ^= 1;
  const auto moved_face = face_of(genuine, other.code);
  const auto own_face = face_of(genuine, token.code);
  const auto forged_face = face_of(forged, token.code);
  line.run({&moved_face, &own_face, &moved_face, &forged_face}, StationRole::induction);
  REQUIRE(line.events.size() == 4);
  CHECK(line.events[0].reason == Reason::code_mismatch);
  CHECK(line.events[0].rule == "code-on-face");
  CHECK(line.events[1].decision == Decision::accept);  // the wrong face did not use it up
  CHECK(line.events[2].reason == Reason::duplicate);
  CHECK(line.events[3].verdict == Verdict::forged);
  CHECK(line.events[3].reason == Reason::forged);
  for (const std::size_t i : {0U, 2U, 3U}) CHECK_FALSE(line.events[i].evidence.empty());
}
