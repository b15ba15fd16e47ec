#include "station/policy.h"

#include <catch2/catch_test_macros.hpp>

namespace {

using namespace backstamp;
using postal::Decision;
using postal::Reason;
using postal::Symbology;
using postal::Verdict;

const Date kToday = parse_date("2026-11-22").value();
const postal::Imb kCode = postal::Imb::parse("0027012345600000000112345678901").value();

/// A meter, its key and the bundle that believes it.
struct Meter {
  postal::SigningKey key = postal::SigningKey::generate(postal::SignatureAlgorithm::eddsa).value();
  postal::BundleKey entry{key.public_key(),
                          1,
                          42,
                          parse_date("2026-01-01").value(),
                          parse_date("2026-12-31").value(),
                          {}};

  postal::Verifier verifier() const {
    postal::KeyBundle bundle;
    bundle.keys.push_back(entry);
    return postal::Verifier::make(bundle).value();
  }
  postal::Token token(std::uint64_t counter = 1) const {
    postal::Token token;
    token.identity = {1, 42, counter};
    token.postage.mills = 406;
    token.mailed = kToday;
    token.service = 270;
    token.code = kCode;
    return token;
  }
  postal::SeenCode indicium(const postal::Token& token) const {
    return {Symbology::data_matrix, postal::mint_token(token, key).value(), {}};
  }
};

Bytes as_content(std::string_view text) {
  return {text.begin(), text.end()};
}

postal::SeenCode face_code(const postal::Imb& imb) {
  const std::string digits = imb.digits();
  const ByteView bytes = as_bytes(digits);
  return {Symbology::imb, Bytes(bytes.begin(), bytes.end()), imb};
}

}  // namespace

TEST_CASE("a genuine, unused token whose code is on the face is accepted") {
  const Meter meter;
  const auto judged =
      station::judge({meter.indicium(meter.token()), face_code(kCode)}, meter.verifier());
  CHECK(judged.verdict == Verdict::genuine);
  CHECK(judged.code == postal::MailpieceCode(kCode));
  CHECK_FALSE(judged.codes_disagree);
  const auto outcome = station::decide(judged, true, {}, kToday, {});
  CHECK(outcome.decision == Decision::accept);
  CHECK(outcome.reason == Reason::none);
}

TEST_CASE("a genuine token is diverted for each fault of its piece, in order") {
  const Meter meter;
  const postal::Imb other = postal::Imb::parse("0027012345600000000212345678901").value();
  const auto agreeing =
      station::judge({meter.indicium(meter.token()), face_code(kCode)}, meter.verifier());
  const auto mismatch =
      station::judge({meter.indicium(meter.token()), face_code(other)}, meter.verifier());
  CHECK(mismatch.codes_disagree);
  station::Policy policy;
  const auto reason = [&](const station::Judgement& judged, bool seen, const char* today) {
    const auto outcome = station::decide(
        judged, true, seen ? station::History{"two-inductions", false} : station::History{},
        parse_date(today).value(), policy);
    CHECK((outcome.decision == Decision::accept) == (outcome.reason == Reason::none));
    return outcome.reason;
  };
  CHECK(reason(agreeing, true, "2026-11-22") == Reason::duplicate);
  CHECK(reason(mismatch, false, "2026-11-22") == Reason::code_mismatch);
  CHECK(reason(mismatch, true, "2026-11-22") == Reason::duplicate);
  CHECK(reason(agreeing, false, "2026-12-22") == Reason::none);
  CHECK(reason(agreeing, false, "2026-12-23") == Reason::stale_date);
  CHECK(reason(agreeing, false, "2026-11-21") == Reason::none);
  CHECK(reason(agreeing, false, "2026-11-20") == Reason::stale_date);
  policy.minimum_postage.mills = 407;
  CHECK(reason(agreeing, false, "2026-11-22") == Reason::short_paid);
}

TEST_CASE("no byte of a token can be changed and stay accepted") {
  const Meter meter;
  const auto verifier = meter.verifier();
  const Bytes minted = meter.indicium(meter.token()).content;
  for (std::size_t i = 0; i < minted.size(); ++i) {
    Bytes changed = minted;
    changed[i] ^= static_cast<std::uint8_t>(1u << i % 8);
    const auto judged = station::judge({{Symbology::data_matrix, changed, {}}}, verifier);
    INFO("byte " << i);
    CHECK(judged.verdict != Verdict::genuine);
    CHECK(station::decide(judged, true, {}, kToday, {}).decision == Decision::divert);
  }
}

TEST_CASE("a forged sticker beside a genuine indicium does not hide it, nor the other way round") {
  const Meter meter;
  const Meter stranger;
  const auto genuine = meter.indicium(meter.token());
  const auto forged = stranger.indicium(meter.token(2));
  for (const auto& codes : {std::vector{genuine, forged}, std::vector{forged, genuine}}) {
    const auto judged = station::judge(codes, meter.verifier());
    CHECK(judged.verdict == Verdict::genuine);
    CHECK(judged.token->identity.counter == 1);
  }
}

TEST_CASE("the code of a token that is not genuine is not believed") {
  const Meter meter;
  const Meter stranger;
  const auto alone = station::judge({stranger.indicium(meter.token())}, meter.verifier());
  CHECK(alone.verdict == Verdict::unknown_key);
  CHECK_FALSE(alone.code);
  const postal::Imb other = postal::Imb::parse("0027012345600000000212345678901").value();
  const auto faced =
      station::judge({stranger.indicium(meter.token()), face_code(other)}, meter.verifier());
  CHECK(faced.code == postal::MailpieceCode(other));
}

TEST_CASE("of several codes on a face the configured kind names the piece") {
  const postal::Verifier nobody = postal::Verifier::make({}).value();
  const postal::MailpieceCode s10 = postal::S10::parse("RR473124829GB").value();
  const postal::MailpieceCode other = postal::S10::parse("RA473124829GB").value();
  const postal::SeenCode seen_s10{Symbology::code128, as_content("RR473124829GB"), s10};
  const postal::SeenCode seen_other{Symbology::code128, as_content("RA473124829GB"), other};
  const std::vector<postal::SeenCode> codes{seen_s10, seen_other, face_code(kCode)};
  const auto named = [&](const char* precedence) {
    return station::judge(codes, nobody, station::Precedence::parse(precedence).value()).code;
  };
  CHECK(station::judge(codes, nobody).code == postal::MailpieceCode(kCode));
  CHECK(named("imb,s10") == postal::MailpieceCode(kCode));
  // Of two of one kind the one that was read first.
  CHECK(named("s10,imb") == s10);
  CHECK(named("s10") == s10);
  CHECK(named("mailmark,meter") == std::nullopt);
  CHECK(station::judge({seen_other, face_code(kCode), seen_s10}, nobody,
                       station::Precedence::parse("s10").value())
            .code == other);
}

TEST_CASE(
    "a genuine token names the piece whatever the precedence, and other codes still disagree") {
  const Meter meter;
  const auto none = station::Precedence::parse("s10").value();
  const std::vector<postal::SeenCode> agreeing{meter.indicium(meter.token()), face_code(kCode)};
  const auto judged = station::judge(agreeing, meter.verifier(), none);
  CHECK(judged.code == postal::MailpieceCode(kCode));
  CHECK_FALSE(judged.codes_disagree);
  const auto other = postal::Imb::parse("0027012345600000001112345678901").value();
  const auto disagreeing =
      station::judge({meter.indicium(meter.token()), face_code(other)}, meter.verifier(), none);
  CHECK(disagreeing.codes_disagree);
}

TEST_CASE("what is no order of kinds of codes is refused") {
  for (const char* list : {"", "imb,", "imb,imb", "IMb", "imb s10", "ean"})
    CHECK_FALSE(station::Precedence::parse(list));
  CHECK(station::Precedence::parse("imb,mailmark,impb,s10,meter").value().kinds ==
        station::Precedence().kinds);
}

TEST_CASE("revoked, expired and not yet valid keys divert with their own reasons") {
  Meter meter;
  const auto reason = [&] {
    const auto judged = station::judge({meter.indicium(meter.token())}, meter.verifier());
    return station::decide(judged, true, {}, kToday, {}).reason;
  };
  meter.entry.revoked_from = parse_date("2026-11-01").value();
  CHECK(reason() == Reason::revoked);
  meter.entry.revoked_from.reset();
  meter.entry.valid_until = parse_date("2026-11-21").value();
  CHECK(reason() == Reason::expired);
  meter.entry.valid_from = parse_date("2026-11-23").value();
  meter.entry.valid_until = parse_date("2026-12-23").value();
  CHECK(reason() == Reason::not_yet_valid);
}

TEST_CASE("pieces without our token follow the policy") {
  const Meter meter;
  const auto only_code = station::judge({face_code(kCode)}, meter.verifier());
  CHECK(only_code.verdict == Verdict::unsigned_);
  station::Policy policy;
  CHECK(station::decide(only_code, true, {}, kToday, policy).reason == Reason::no_postage);
  policy.accept_without_indicium = true;
  CHECK(station::decide(only_code, true, {}, kToday, policy).decision == Decision::accept);

  const ByteView mark = as_bytes("JGB 711123456700000001SW1A1AA");
  const auto foreign = station::judge(
      {{Symbology::data_matrix, Bytes(mark.begin(), mark.end()), {}}}, meter.verifier());
  CHECK(foreign.verdict == Verdict::unverified);
  CHECK(station::decide(foreign, true, {}, kToday, policy).decision == Decision::accept);
  policy.accept_unverified = false;
  CHECK(station::decide(foreign, true, {}, kToday, policy).decision == Decision::divert);

  const auto nothing = station::judge({}, meter.verifier());
  const auto outcome = station::decide(nothing, false, {}, kToday, policy);
  CHECK(outcome.decision == Decision::divert);
  CHECK(outcome.reason == Reason::no_read);
}

TEST_CASE("every fault of a genuine token says which rule found it") {
  const Meter meter;
  auto token = meter.token();
  station::Policy policy;
  const auto rule = [&](const char* today, station::History history = {}) {
    const auto judged = station::judge({meter.indicium(token)}, meter.verifier());
    REQUIRE(judged.verdict == Verdict::genuine);
    return station::decide(judged, true, history, parse_date(today).value(), policy).rule;
  };
  CHECK(rule("2026-11-22").empty());
  CHECK(rule("2026-11-22", {"two-inductions", false}) == "two-inductions");
  CHECK(rule("2026-11-22", {{}, true}) == "refed");
  CHECK(rule("2026-12-23") == "mailed-too-long-ago");
  CHECK(rule("2026-11-20") == "mailed-too-far-ahead");
  policy.minimum_postage.mills = 407;
  CHECK(rule("2026-11-22", {{}, true}) == "minimum-postage");
}

TEST_CASE("each service has its least postage, and services that are not named may be shut out") {
  const Meter meter;
  auto token = meter.token();
  station::Policy policy;
  policy.services = {station::ServicePolicy::parse("270-279").value(),
                     station::ServicePolicy::parse("310").value()};
  policy.services[0].minimum_postage.mills = 500;
  const auto decide = [&] {
    const auto judged = station::judge({meter.indicium(token)}, meter.verifier());
    return station::decide(judged, true, {}, kToday, policy);
  };
  CHECK(decide().reason == Reason::short_paid);
  CHECK(decide().rule == "service-postage");
  token.postage.mills = 500;
  CHECK(decide().decision == Decision::accept);
  token.service = 280;
  CHECK(decide().decision == Decision::accept);
  policy.other_services = false;
  CHECK(decide().reason == Reason::service_not_allowed);
  CHECK(decide().rule == "service-not-here");
  CHECK(decide().decision == Decision::divert);
  token.service = 310;
  CHECK(decide().decision == Decision::accept);
  for (const char* wrong : {"", "-", "270-", "-270", "279-270", "1000", "27x", "1-2-3"}) {
    INFO(wrong);
    CHECK_FALSE(station::ServicePolicy::parse(wrong));
  }
}

TEST_CASE("what only the meter box can verify is marked for it, and never genuine here") {
  const Meter meter;
  const Bytes content = from_hex("ff4713270011f50fce96010000009aca2921e3f1").value();
  const auto judged = station::judge({{Symbology::data_matrix, content, {}}}, meter.verifier());
  CHECK(judged.verdict == Verdict::unverified);
  CHECK(judged.for_box);
  const auto outcome = station::decide(judged, true, {}, kToday, {});
  CHECK(outcome.reason == Reason::unverified);
  CHECK(outcome.rule == "foreign-mark");

  auto token = meter.token();
  CHECK_FALSE(station::judge({meter.indicium(token)}, meter.verifier()).for_box);
  token.address = postal::AddressBinding{1, 2, 3};
  CHECK(station::judge({meter.indicium(token)}, meter.verifier()).for_box);
}
