// The check of a whole journal, and what it shows.
#include <nlohmann/json.hpp>
#include <ostream>

#include "datacenter/meterbox.h"
#include "datacenter/meterbox/folder.h"
#include "datacenter/meterbox/hand_over.h"
#include "datacenter/meterbox/ledger.h"
#include "postal/signed_message.h"

namespace backstamp::datacenter {

using namespace meterbox;

namespace {

using Json = nlohmann::ordered_json;

constexpr const char* kOperations[] = {"hello",  "open_account",   "fund",        "dispense",
                                       "refund", "change_state",   "order",       "sign",
                                       "audit",  "verify_address", "public_keys", "take_accounts"};
static_assert(std::size(kOperations) == std::variant_size_v<Request>);

Json registers_json(const Registers& of) {
  return {{"ascending", of.ascending.to_string()}, {"descending", of.descending.to_string()},
          {"control", of.control.to_string()},     {"pieces", of.pieces},
          {"funded", of.funded.to_string()},       {"refunded", of.refunded.to_string()},
          {"withdrawn", of.withdrawn.to_string()}};
}

const Bytes* order_in(const Request& request) {
  if (const auto* submit = std::get_if<SubmitOrder>(&request)) return &submit->order;
  if (const auto* take = std::get_if<TakeAccounts>(&request)) return &take->order;
  return nullptr;
}

Json record_json(const Recorded& recorded) {
  const Entry& entry = recorded.entry;
  Json json{
      {"record", entry.version}, {"at", format_utc(entry.at)}, {"hash", to_hex(recorded.hash)}};
  const Done* done = std::get_if<Done>(&entry.what);
  if (done == nullptr) {
    json["operation"] = "found";
    return json;
  }
  json["operation"] = kOperations[done->request.index()];
  if (const auto of = account_number(done->request)) {
    json["meter"] = of->first;
    json["number"] = of->second;
    if (const auto message = postal::parse_signed_message(done->record)) {
      if (const auto transaction = decode_transaction(message->payload)) {
        json["before"] = registers_json(transaction->before);
        json["after"] = registers_json(transaction->after);
        json["state"] = to_string(transaction->state);
      }
    }
    json["transaction"] = to_hex(done->record);
    Json& tokens = json["tokens"] = Json::array();
    for (const Bytes& token : done->tokens) tokens.push_back(to_hex(token));
  } else if (const Bytes* order = order_in(done->request)) {
    if (const auto what = describe_meter_box_order(*order)) json["order"] = Json::parse(*what);
  }
  return json;
}

/// Do the signatures of a record verify? `public_keys` by meter grows with each account.
class SignatureCheck {
 public:
  void look_at(const Recorded& recorded) {
    if (!fault_.empty()) return;
    if (const auto* founding = std::get_if<Founding>(&recorded.entry.what)) {
      transaction_key_ = founding->transaction_key;
      issuer_key_ = founding->issuer_key;
      return;
    }
    const Done& done = std::get<Done>(recorded.entry.what);
    if (const auto* open = std::get_if<OpenAccount>(&done.request)) {
      public_keys_[open->meter] = done.new_key;
    } else if (const auto* take = std::get_if<TakeAccounts>(&done.request)) {
      take_keys(*take, done.new_key);
    } else if (std::holds_alternative<SubmitOrder>(done.request) && !done.new_key.empty()) {
      issuer_key_ = done.new_key;
    }
    const bool statement = std::holds_alternative<SignStatement>(done.request);
    if (!done.record.empty() &&
        !postal::open_message(done.record, statement ? issuer_key_ : transaction_key_)) {
      fault_ = "record " + std::to_string(recorded.entry.version) + ": its signature";
    }
    const auto of = account_number(done.request);
    for (const Bytes& token : done.tokens) {
      if (of && !postal::open_message(token, public_keys_[of->first])) {
        fault_ = "record " + std::to_string(recorded.entry.version) + ": a token's signature";
      }
    }
  }
  const std::string& fault() const { return fault_; }

 private:
  void take_keys(const TakeAccounts& take, ByteView new_keys) {
    const auto message = postal::parse_signed_message(take.document);
    const auto document = message ? decode_hand_over(message->payload)
                                  : Result<HandOverDocument>(std::unexpected(message.error()));
    const auto keys = decode_keys(new_keys);
    if (!document || !keys || keys->size() != document->accounts.size()) return;
    std::size_t next = 0;
    for (const auto& [meter, account] : document->accounts) public_keys_[meter] = (*keys)[next++];
  }

  Bytes transaction_key_;
  Bytes issuer_key_;
  std::map<std::uint32_t, Bytes> public_keys_;
  std::string fault_;
};

MeterBoxAudit summary(const LedgerAudit& audit) {
  MeterBoxAudit made;
  made.records = audit.records;
  made.version = audit.state.anchor.version;
  made.chain = audit.state.anchor.chain;
  made.box = audit.state.settings.box;
  made.issuer = audit.state.settings.issuer;
  made.accounts = audit.state.accounts.size();
  made.transaction_key = audit.state.settings.transaction_key;
  made.retired = audit.state.settings.retired;
  made.torn_bytes = audit.torn_bytes;
  for (const auto& [meter, account] : audit.state.accounts) {
    const Registers& of = account.registers;
    made.pieces += of.pieces;
    made.ascending.mills += of.ascending.mills;
    made.descending.mills += of.descending.mills;
    made.control.mills += of.control.mills;
    made.funded.mills += of.funded.mills;
    made.refunded.mills += of.refunded.mills;
    made.withdrawn.mills += of.withdrawn.mills;
  }
  return made;
}

}  // namespace

Result<MeterBoxAudit> audit_meter_box(const std::filesystem::path& folder, bool signatures,
                                      std::ostream* lines) {
  const auto keys = open_keyring(folder);
  if (!keys) return std::unexpected(keys.error());
  SignatureCheck check;
  const auto audit = Ledger::audit(folder, (*keys)->seal(), [&](const Recorded& recorded) {
    if (signatures) check.look_at(recorded);
    if (lines != nullptr) *lines << record_json(recorded).dump() << "\n";
  });
  if (!audit) return std::unexpected(audit.error());
  if (!check.fault().empty()) return fail(ErrorKind::refused, check.fault() + " does not verify");
  if (lines != nullptr) {
    for (const auto& [meter, account] : audit->state.accounts) {
      Json json{{"account", meter},
                {"mailer_id", account.mailer_id},
                {"state", to_string(account.state)},
                {"fund_limit", account.fund_limit.to_string()},
                {"last_number", account.last_number},
                {"public_key", to_base64(account.public_key)}};
      json.update(registers_json(account.registers));
      *lines << json.dump() << "\n";
    }
  }
  return summary(*audit);
}

}  // namespace backstamp::datacenter
