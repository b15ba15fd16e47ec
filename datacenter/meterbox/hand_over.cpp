#include "datacenter/meterbox/hand_over.h"

#include "postal/signed_message.h"

namespace backstamp::datacenter::meterbox {
namespace {

constexpr std::string_view kDomain = "backstamp meterbox hand-over 1";
constexpr std::size_t kKeyBytes = 256;
constexpr std::size_t kAccounts = 10'000'000;
constexpr std::size_t kRefunds = 100'000'000;

void write_account(FieldWriter& out, std::uint32_t meter, const Account& of, bool with_remembered) {
  out.array(9).natural(meter).text(of.mailer_id).natural(static_cast<std::uint64_t>(of.state));
  out.money(of.fund_limit).registers(of.registers).bytes(of.public_key);
  out.natural(of.last_number).natural(of.last_printed_s);
  out.array(with_remembered ? of.remembered.size() : 0);
  if (!with_remembered) return;
  for (const Remembered& done : of.remembered) {
    out.array(3).natural(done.number).bytes(done.request).natural(done.version);
  }
}

Account read_account(FieldReader& in, std::uint32_t& meter) {
  Account of;
  in.array(9);
  meter = in.natural32();
  of.mailer_id = in.text(9);
  of.state =
      static_cast<AccountState>(in.natural(static_cast<std::uint64_t>(AccountState::withdrawn)));
  of.fund_limit = in.money();
  of.registers = in.registers();
  of.public_key = in.bytes(kKeyBytes);
  of.last_number = in.natural(kMost64);
  of.last_printed_s = in.natural(kMost64 / 2);
  const std::size_t count = in.count(kRememberedRequests);
  for (std::size_t i = 0; i < count && in.good(); ++i) {
    in.array(3);
    Remembered& done = of.remembered.emplace_back();
    done.number = in.natural(kMost64);
    done.request = in.hash();
    done.version = in.natural(kMost64);
  }
  return of;
}

}  // namespace

void write_accounts(FieldWriter& out, const std::map<std::uint32_t, Account>& accounts,
                    bool with_remembered) {
  out.array(accounts.size());
  for (const auto& [meter, account] : accounts) {
    write_account(out, meter, account, with_remembered);
  }
}

std::map<std::uint32_t, Account> read_accounts(FieldReader& in) {
  std::map<std::uint32_t, Account> accounts;
  const std::size_t count = in.count(kAccounts);
  for (std::size_t i = 0; i < count && in.good(); ++i) {
    std::uint32_t meter = 0;
    Account account = read_account(in, meter);
    in.refuse_unless(accounts.empty() || meter > accounts.rbegin()->first);
    accounts.emplace_hint(accounts.end(), meter, std::move(account));
  }
  return accounts;
}

void write_refunded(FieldWriter& out,
                    const std::set<std::pair<std::uint32_t, std::uint64_t>>& refunded) {
  out.array(refunded.size());
  for (const auto& [meter, counter] : refunded) out.array(2).natural(meter).natural(counter);
}

std::set<std::pair<std::uint32_t, std::uint64_t>> read_refunded(FieldReader& in) {
  std::set<std::pair<std::uint32_t, std::uint64_t>> all;
  const std::size_t count = in.count(kRefunds);
  for (std::size_t i = 0; i < count && in.good(); ++i) {
    in.array(2);
    const std::uint32_t meter = in.natural32();
    const std::pair refunded(meter, in.natural(kMost64));
    in.refuse_unless(all.empty() || *all.rbegin() < refunded);
    if (in.good()) all.insert(all.end(), refunded);
  }
  return all;
}

Bytes encode_hand_over(const BoxState& retired) {
  FieldWriter out;
  out.array(7).text(kDomain).bytes(retired.settings.box).bytes(retired.settings.successor);
  out.anchor(retired.anchor).natural(retired.settings.issuer);
  write_accounts(out, retired.accounts, false);
  write_refunded(out, retired.refunded);
  return out.take();
}

Result<HandOverDocument> decode_hand_over(ByteView payload) {
  FieldReader in(payload);
  in.array(7);
  in.refuse_unless(in.text(64) == kDomain);
  HandOverDocument document;
  document.from = in.hash();
  document.to = in.hash();
  document.anchor = in.anchor();
  document.issuer = in.natural32();
  document.accounts = read_accounts(in);
  document.refunded = read_refunded(in);
  if (!in.at_good_end()) return fail(ErrorKind::invalid, "hand-over: not a document of a box");
  for (const auto& [meter, account] : document.accounts) {
    if (auto sound = check_registers(account.registers); !sound) {
      return fail(ErrorKind::invalid, sound.error().message);
    }
    if (!account.remembered.empty()) {
      return fail(ErrorKind::invalid, "hand-over: requests are not handed over");
    }
  }
  return document;
}

Result<HandOverDocument> check_take_over(const BoxState& state, const TakeAccounts& request,
                                         UtcTime at) {
  const auto order = verify_order(request.order, state.settings.people);
  if (!order) return std::unexpected(order.error());
  if (auto stands = check_order(*order, state, at); !stands) {
    return std::unexpected(stands.error());
  }
  const auto* action = std::get_if<TakeOver>(&order->action);
  if (action == nullptr || action->document != sha256(request.document)) {
    return fail(ErrorKind::refused, "order: it is none to take over this document");
  }
  const auto payload = postal::open_message(request.document, action->transaction_key);
  if (!payload) return fail("hand-over", payload.error());
  auto document = decode_hand_over(*payload);
  if (!document) return std::unexpected(document.error());
  if (document->to != state.settings.box || document->issuer != state.settings.issuer) {
    return fail(ErrorKind::refused, "hand-over: it is for another box or issuer");
  }
  std::set<std::string> mailers = state.mailers;
  for (const auto& [meter, account] : document->accounts) {
    if (state.accounts.contains(meter) || !mailers.insert(account.mailer_id).second) {
      return fail(ErrorKind::refused, "hand-over: meter " + std::to_string(meter) +
                                          " or its mailer id has an account here already");
    }
  }
  return document;
}

Result<void> take_accounts(BoxState& state, HandOverDocument document, ByteView new_keys,
                           Undo& undo) {
  const auto keys = decode_keys(new_keys);
  if (!keys) return std::unexpected(keys.error());
  if (keys->size() != document.accounts.size()) {
    return fail(ErrorKind::invalid, "hand-over: each account needs a new key");
  }
  std::size_t next = 0;
  for (auto& [meter, account] : document.accounts) {
    account.public_key = (*keys)[next++];
    undo.accounts.emplace(meter, std::nullopt);
    undo.mailers.push_back(account.mailer_id);
    state.mailers.insert(account.mailer_id);
    state.accounts.emplace(meter, std::move(account));
  }
  for (const auto& refunded : document.refunded) {
    if (state.refunded.insert(refunded).second) undo.refunded.push_back(refunded);
  }
  return {};
}

Bytes encode_keys(const std::vector<Bytes>& keys) {
  FieldWriter out;
  out.array(keys.size());
  for (const Bytes& key : keys) out.bytes(key);
  return out.take();
}

Result<std::vector<Bytes>> decode_keys(ByteView bytes) {
  FieldReader in(bytes);
  std::vector<Bytes> keys;
  const std::size_t count = in.count(kAccounts);
  for (std::size_t i = 0; i < count && in.good(); ++i) {
    keys.push_back(in.bytes(kKeyBytes));
    in.refuse_unless(postal::public_key_algorithm(keys.back()).has_value());
  }
  if (!in.at_good_end()) return fail(ErrorKind::invalid, "hand-over: not a list of keys");
  return keys;
}

}  // namespace backstamp::datacenter::meterbox
