// Writes what the fuzzers start from into FOLDER/TARGET/: sound inputs of each kind, made by the
// code that writes them, so that they never grow stale.
#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <map>
#include <string>

#include "datacenter/meterbox/hand_over.h"
#include "datacenter/meterbox/record.h"
#include "datasets/shard/index.h"
#include "datasets/shard/manifest.h"
#include "datasets/shard/tar_writer.h"
#include "meter/storage/store.h"
#include "postal/imb_bars.h"
#include "postal/key_bundle.h"
#include "postal/mailmark_bars.h"
#include "postal/rm4scc_bars.h"
#include "postal/token/code_packing.h"
#include "station/seen/part.h"
#include "tests/fuzz/harness/seeds.h"
#include "uplink/enrolment.h"
#include "uplink/envelope.h"
#include "uplink/spool/record.h"
#include "uplink/wire.h"

namespace backstamp {
namespace {

namespace fs = std::filesystem;
using std::chrono::year;

fs::path root;

}  // namespace

void seed(const std::string& target, ByteView content) {
  static std::map<std::string, int> counts;
  fs::create_directories(root / target);
  std::ofstream(root / target / std::to_string(++counts[target]), std::ios::binary)
      .write(as_text(content).data(), static_cast<std::streamsize>(content.size()));
}
void seed(const std::string& target, std::string_view text) {
  seed(target, as_bytes(text));
}

const postal::Imb kImb{"00", "270", "900000101", "000001", "68155525920"};

namespace {

const std::string kCode = postal::canonical(kImb);
const Date kDay = year(2026) / 11 / 22;

/// The targets' own key when `of` is 0: it would make what they hold to be impossible.
postal::SigningKey key(std::uint8_t of) {
  const std::array<std::uint8_t, 32> secret{of};
  return postal::SigningKey::from_seed(secret).value();
}

Bytes token(const postal::MailpieceCode& code) {
  postal::Token made{{7, 42, 1}, postal::Money{406}, kDay, 270, code, {}};
  Bytes bare = postal::mint_token(made, key(0)).value();
  for (std::size_t i = bare.size() - 64; i < bare.size(); ++i) bare[i] ^= 0x55;
  seed("token", bare);  // by a known key, forged
  made.address = postal::AddressBinding{1, 2, 3};
  const Bytes bound = postal::mint_token(made, key(1)).value();
  seed("token", bound);
  return bound;
}

void postal_seeds() {
  const postal::MailpieceCode codes[] = {kImb, postal::S10::parse("RR123456785GB").value(),
                                         postal::MeterSerial{7, std::chrono::sys_days(kDay)}};
  for (const auto& code : codes) {
    token(code);
    seed("codes", postal::canonical(code));
    seed("codes", postal::pack_code(code).value());
  }
  seed("codes", kImb.digits());
  seed("codes", "RR123456785GB");
  seed("codes", "21B2254800659JW5O9QA6Y");
  seed("codes", "mailmark:11000000000000000XY11");
  seed("codes", "12.345");
  seed("codes", postal::to_letters(postal::encode_imb(kImb)));
}

/// The target's own authority: a root with the key 0, a meter with the key 1, a clock with 2.
void bundle_seeds() {
  using namespace postal;
  const auto choose = [](char which, ByteView content) {
    const std::string input = which + std::string(as_text(content));
    seed("bundle", input);
  };
  const auto payload = [](ByteView item) {  // between an envelope of 17 bytes and a signature of 66
    const std::size_t head = item.size() - 83 > 258 ? 3 : item.size() - 83 > 25 ? 2 : 1;
    return item.subspan(17 + head, item.size() - 17 - head - 66);
  };
  IssuerStatement statement{
      1, {}, {{key(0).public_key(), 7, year(1970) / 1 / 1, year(2149) / 6 / 6, {}}}};
  const Bytes issuers = sign_issuers(statement, key(0)).value();
  KeyList list{7, 3, {}, {key(2).public_key()}, {}};
  list.keys = {{key(1).public_key(), 7, 42, year(2026) / 1 / 1, year(2026) / 12 / 31, {}}};
  const Bytes lists[] = {sign_key_list(list, key(0)).value()};
  const SignedBundle held = make_bundle(issuers, lists, key(0).public_key()).value();
  choose(0, held.file());
  choose(2, payload(lists[0]));
  choose(3, payload(issuers));
  list.sequence = 4;
  list.keys[0].revoked_from = year(2026) / 6 / 1;
  list.keys.push_back({key(3).public_key(), 7, 43, kDay, kDay, {}});
  statement.sequence = 2;
  statement.issuers[0].revoked = IssuerRevocation{year(2026) / 12 / 1, 4};
  const Bytes revoked = sign_issuers(statement, key(0)).value();
  const Bytes later[] = {sign_key_list(list, key(0)).value()};
  choose(1, make_delta(held, make_bundle(issuers, later, key(0).public_key()).value()).value());
  choose(1, make_delta(held, make_bundle(revoked, later, key(0).public_key()).value()).value());
  choose(2, payload(later[0]));
  choose(3, payload(revoked));
  choose(4, payload(sign_time({UtcTime(std::chrono::sys_days(kDay)), 4}, key(2)).value()));
}

/// A content behind the number of its symbology, by which the target chooses.
void payload_seed(postal::Symbology symbology, std::string_view content) {
  const std::string input = static_cast<char>(symbology) + std::string(content);
  seed("payload", input);
}

void payload_seeds() {
  using postal::Symbology;
  payload_seed(Symbology::imb, kImb.digits());
  payload_seed(Symbology::itf, "21348075016401");
  payload_seed(Symbology::itf, "563102430313");
  payload_seed(Symbology::mailmark, "41038422416563762EF61AH8T ");
  payload_seed(Symbology::rm4scc, "L580SE1P");
  payload_seed(Symbology::kix, "1231FZ13XHS");
  payload_seed(Symbology::australia_post, "5956439111ABA 9");
  payload_seed(Symbology::japan_post, "15400233-16-4-205");
  payload_seed(Symbology::postnet, "123455");
  payload_seed(Symbology::planet, "123456789014");
  payload_seed(Symbology::code128, "RR473124829GB");
  payload_seed(Symbology::code128, postal::MeterSerial{7, std::chrono::sys_days(kDay)}.to_string());
  payload_seed(Symbology::code128,
               "42020260\x1D"
               "9261299999812345678901");
  payload_seed(Symbology::code128,
               "]C102095212345678993712\x1D"
               "10ABC-1\x1D"
               "17260200");
  payload_seed(Symbology::data_matrix, "JGB 012100123412345678AB19XY1A 0EC2M2QS      www.xyz.com");
  payload_seed(Symbology::data_matrix, "JGBA025999L9X9000000000000");
  payload_seed(Symbology::data_matrix, as_text(token(kImb)));
  const auto hex_seed = [](Symbology symbology, std::string_view hex) {
    payload_seed(symbology, as_text(from_hex(hex).value()));
  };
  hex_seed(
      Symbology::data_matrix,
      "444541122101317b93ac00b93c9c00940262a201024c00aa4861000000000000000000000000000000000000");
  hex_seed(Symbology::data_matrix, "444541350001a692fea4010000");
  hex_seed(Symbology::data_matrix, "ff4713270011f50fce96010000009aca2921e3f1");
  const std::string signature(90, '5');
  hex_seed(Symbology::pdf417,
           "0501ffff0000303632533b477000f2ed100000141e0056523301593301000000000000000400020000"
           "5cda000038303334" +
               signature);
}

postal::ScanEvent event() {
  postal::ScanEvent event;
  event.id = {"LANE-1", 42, 1};
  event.piece = 1;
  event.sample = "000001";
  event.induced_at = UtcTime(std::chrono::sys_days(kDay));
  event.codes = {{postal::Symbology::data_matrix, token(kImb), kImb},
                 {postal::Symbology::imb, Bytes(), kImb}};
  event.token = postal::TokenIdentity{7, 42, 1};
  event.code = kImb;
  event.verdict = postal::Verdict::genuine;
  event.decision = postal::Decision::accept;
  event.reason = postal::Reason::none;
  event.cause = postal::NoReadCause::none;
  return event;
}

void uplink_seeds() {
  using namespace uplink;
  const Bytes whole = serialize_event(event()).value();
  const Bytes gap = serialize_event(make_gap({"LANE-1", 42, 3})).value();
  postal::ScanEvent copied = event();
  copied.role = postal::StationRole::delivery;
  copied.pass = 3;
  copied.place = "LEEDS";
  copied.rule = "another-face";
  copied.reason = postal::Reason::duplicate;
  copied.decision = postal::Decision::divert;
  copied.evidence = {0x89, 'P', 'N', 'G', '\r', '\n', 0x1A, '\n'};
  copied.late = copied.for_box = true;
  copied.clock_trusted = false;
  copied.effort = 2400;
  copied.keys = 12;
  postal::ScanEvent live = event();
  live.lane = "LANE-2";
  live.machine_piece = 4711;
  live.pictures = 2;
  live.marks = 16;
  live.shed = postal::Shed::effort;
  live.outlet = 7;
  seed("event", serialize_event(live).value());
  seed("event", whole);
  seed("event", gap);
  seed("event", serialize_event(copied).value());
  seed("envelope", serialize_message(BatchMessage{"LANE-1", 42, 1, {whole, gap}}).value());
  seed("envelope", serialize_message(AckMessage{42, 2}).value());
  seed("envelope", serialize_message(RefusalMessage{}).value());
  seed("envelope", serialize_message(KeysHeldMessage{key(0).id(), 12}).value());
  seed("envelope", serialize_message(KeysMessage{13, 184, 180, {1, 2, 3, 4}}).value());
  seed("envelope", serialize_message(TimeMessage{{1, 2, 3, 4}}).value());
  const std::string z85(40, 'a');
  seed("enrolment", write_enrolment({"LANE-1", z85, "tcp://hall:7443", z85, {1}, {2, 3}, {4}}));

  Bytes segment = spool::encode_segment_header({"LANE-1", 42, 1, {}});
  Sha256 previous = sha256(segment);
  for (const std::uint64_t sequence : {1, 2, 3}) {
    previous =
        spool::encode_record({spool::RecordType::event, sequence, previous, whole}, 42, segment);
  }
  spool::encode_record({spool::RecordType::gap, 5, previous, {}}, 42, segment);
  seed("spool", segment);
}

void station_seeds() {
  using namespace station::seen;
  const UtcTime base{std::chrono::sys_days(kDay)};
  Table table(40, 7, base);
  for (std::uint64_t counter = 1; counter <= 30; ++counter) {
    table.put({1, 42, counter}, {base, false, true, 1, 2});
  }
  table.coverage = {42, 1, 30};
  const auto part = Part::pack(table, 1);
  (void)part->save(root);
  const fs::path file = root / Part::file_name(1);
  seed("duplicate_index", read_file(file, 1 << 20).value());
  fs::remove(file);
}

void meter_seeds() {
  using namespace meter;
  VaultState state;
  state.identity = {7, 42, "900000101"};
  state.registers.descending = state.registers.funded = postal::Money{1000};
  const Record records[] = {SnapshotRecord{state},
                            FundedRecord{postal::Money{500}},
                            PrintedRecord{{{1, kCode, postal::Money{406}, kDay, 270}},
                                          {UtcTime(std::chrono::hours(500'000)), 7, {}},
                                          std::chrono::sys_seconds(std::chrono::hours(500'000))},
                            RegisteredRecord{1},
                            HeardRecord{{UtcTime(std::chrono::hours(500'001)), 7, {}}},
                            BehindRecord{9}};
  Bytes journal;
  std::uint64_t sequence = 0;
  for (const Record& record : records) {
    const Bytes one = encode_record(++sequence, record);
    journal.insert(journal.end(), one.begin(), one.end());
    seed("vault_journal", ByteView(one).subspan(8));  // the target frames its input itself
  }
  seed("vault_journal", journal);
  state.fund_authority = Bytes(44, 3);
  state.registers = {};
  state.offline = {postal::Money{5000}, std::chrono::hours(24)};
  seed("vault_journal", ByteView(encode_record(1, SnapshotRecord{state})).subspan(8));
  const AuthorizedRecord authorized{1, postal::Money{500}, Bytes(130, 9)};
  seed("vault_journal", ByteView(encode_record(2, authorized)).subspan(8));
  seed("vault_journal", encode_slot({2, 1, journal.size(), sequence, state.registers}));

  seed("meter_lines",
       R"({"zip":"12345678901","service":270,"postage":"0.406","mailed":"2026-11-22"})");
  seed("meter_lines", R"({"notice":12,"code":")" + kCode +
                          R"(","state":"read","reason":"none","station":"LANE-1",)"
                          R"("at":"2026-11-22T14:03:11.250000Z"})");
  seed("meter_lines", R"({"meter":7,"time":"2026-11-22T14:03:11.250000Z","pieces":3,"counter":3,)"
                      R"("ascending":"1.218"})");
  seed("meter_api_body", R"({"codes":[{"code":")" + kCode +
                             R"(","issuer":1,"meter":7,"counter":1,"postage":"0.406",)"
                             R"("mailed":"2026-11-22","service":270}]})");
}

/// As the target meterbox takes them: which kind, then its bytes.
void meterbox_seed(std::uint8_t kind, const Bytes& bytes) {
  Bytes input{kind};
  input.insert(input.end(), bytes.begin(), bytes.end());
  seed("meterbox", input);
}

void meterbox_seeds() {
  using namespace datacenter::meterbox;
  PieceOrder piece{"12345678901", 270, {406}, kDay, "12 HIGH ST|SPRINGFIELD", false};
  const Dispense dispense{42, 3, {piece}};
  for (const Request& request :
       {Request(Hello{}), Request(OpenAccount{43, 1, "900000043", {1000}}),
        Request(Fund{42, 3, {100}}), Request(dispense), Request(Refund{42, 4, {7, 42, 1}, {1}}),
        Request(ChangeState{42, 5, AccountState::locked}), Request(SubmitOrder{{1, 2, 3}}),
        Request(SignStatement{{1, 2, 3}}), Request(Audit{42}),
        Request(VerifyAddress{token(kImb), "12 HIGH ST"}), Request(AskKeys{}),
        Request(TakeAccounts{{1}, {2}})}) {
    meterbox_seed(0, encode_request(request));
  }
  const Registers registers{{1}, {2}, {3}, 4, {3}, {0}, {0}};
  meterbox_seed(1, encode_answer(Refusal{ErrorKind::refused, "no"}));
  meterbox_seed(1, encode_answer(AccountAnswer{registers, {}, {9}, {1}, {2}, {}}));
  meterbox_seed(1, encode_answer(MintedTokens{registers, {{1}, {2}}, {3}, {}}));
  meterbox_seed(1, encode_answer(BoxKeys{7, {1}, {2}, {}}));
  Founding founding;
  founding.issuer = 7;
  founding.open_limit = {1'000'000};
  founding.transaction_key = founding.issuer_key = key(5).public_key();
  founding.people = {{"Ada", Role::officer, key(6).public_key()},
                     {"Ben", Role::officer, key(7).public_key()}};
  const Bytes first = encode_entry({1, {}, UtcTime{}, founding});
  meterbox_seed(2, first);
  meterbox_seed(2, frame_entry(first, {}));
  meterbox_seed(2, encode_entry({2, sha256(first), UtcTime{}, Done{dispense, {}, {1}, {{2}}}}));
  BoxState state = found_box(founding, UtcTime{}).value();
  Account account;
  account.mailer_id = "900000042";
  account.registers = registers;
  account.public_key = key(5).public_key();
  state.accounts.emplace(42, account);
  state.mailers.insert(account.mailer_id);
  state.refunded.insert({42, 1});
  meterbox_seed(3, encode_state(state));
  for (const Action& action : {Action(SetFundLimit{42, {9}}), Action(AddPerson{founding.people[0]}),
                               Action(RenewIssuerKey{}), Action(Recover{{9, {}}, true, {{1, 2}}}),
                               Action(HandOver{}), Action(TakeOver{{}, founding.issuer_key})}) {
    const Order order{{}, 1, UtcTime{}, action};
    meterbox_seed(4, encode_order(order));
    meterbox_seed(4, sign_order(order, key(6)).value());
  }
  meterbox_seed(6, encode_hand_over(state));
  Transaction transaction;
  transaction.after = registers;
  transaction.tokens = {sha256(first)};
  meterbox_seed(5, encode_transaction(transaction));
}

void dataset_seeds() {
  using namespace datasets;
  const fs::path tar = root / "seed.tar";
  auto writer = TarWriter::create(tar).value();
  const std::string_view picture = "P5\n2 2\n255\n\x10\x20\x30\x40";
  for (const std::string name : {"000001", "000002"}) {
    (void)writer.add(name, "pgm", as_bytes(picture));
    (void)writer.add(name, "json", as_bytes(R"({"symbols":[]})"));
  }
  const ManifestShard shard = writer.finish().value();
  for (const auto& entry : fs::directory_iterator(root)) {
    if (!entry.is_regular_file() || entry.path().stem() != "seed") continue;
    const bool is_tar = entry.path() == tar;
    const Bytes bytes = read_file(entry.path(), 1 << 20).value();
    seed(is_tar ? "shard" : "shard_index", bytes);
    if (is_tar) {
      seed("open_shard", bytes);
      seed("open_shard", Bytes(bytes.begin(), bytes.begin() + 3600));  // torn in its last member
    }
    fs::remove(entry.path());
  }
  ManifestShard renamed = shard;
  renamed.file = shard_file(0);
  Manifest manifest{renamed.samples, {renamed}, "{}"};
  seed("shard_index", print_manifest(manifest).value());
  manifest.open_shard = 3;
  seed("shard_index", print_manifest(manifest).value());
}

void text_seeds() {
  seed("yaml",
       "a: text\nb: 3\nc: 0.5\nd: yes\ne: 10ms\nf: a\ng: some/path\nh: [x, y]\n"
       "i:\n  a: inner\nj:\n  - k:\n      b: 1\n");
  seed("http_target", "/v1/meters/7/codes?limit=10&after=%32");
  seed("http_target", "https://localhost:8443/base");
  seed("server_events",
       "id: 12\nevent: read\ndata: {\"notice\":12}\n\n: comment\n\ndata: a\ndata: b\r\n\r\n");
  seed("canary", "canary");
}

}  // namespace
}  // namespace backstamp

int main(int argc, char** argv) {
  if (argc != 2) {
    std::cerr << "usage: fuzz_seeds FOLDER\n";
    return 2;
  }
  backstamp::root = argv[1];
  std::filesystem::create_directories(backstamp::root);
  backstamp::postal_seeds();
  backstamp::bundle_seeds();
  backstamp::payload_seeds();
  backstamp::uplink_seeds();
  backstamp::meter_seeds();
  backstamp::meterbox_seeds();
  backstamp::station_seeds();
  backstamp::dataset_seeds();
  backstamp::vision_seeds();
  backstamp::sorter_seeds();
  backstamp::text_seeds();
  return 0;
}
