#include "datacenter/meterbox/account_change.h"

#include <algorithm>

#include "datacenter/meterbox/fields.h"

namespace backstamp::datacenter::meterbox {
namespace {

constexpr std::size_t kTrackingSuffixDigits = 15;  // mailer id and serial number
constexpr std::int64_t kPostageMost_mills = 0xFFFFFFFF;
/// How far the seconds in meter codes may run ahead of the clock.
constexpr std::uint64_t kAhead_s = 600;

std::string padded(std::uint64_t number, std::size_t digits) {
  std::string text = std::to_string(number);
  if (text.size() < digits) text.insert(0, digits - text.size(), '0');
  return text;
}

bool is_mailer_id(const std::string& id) {
  const bool digits =
      std::all_of(id.begin(), id.end(), [](char c) { return c >= '0' && c <= '9'; });
  return digits && ((id.size() == 6 && id[0] != '9') || (id.size() == 9 && id[0] == '9'));
}

Result<void> must_be_active(const Account& account, std::uint32_t meter) {
  if (account.state == AccountState::active) return {};
  return fail(ErrorKind::refused,
              "meter " + std::to_string(meter) + " is " + std::string(to_string(account.state)));
}

Result<postal::MailpieceCode> intelligent_mail(const Account& account, const PieceOrder& piece,
                                               std::uint64_t counter) {
  const std::size_t digits = kTrackingSuffixDigits - account.mailer_id.size();
  const std::string serial = padded(counter, digits);
  if (serial.size() > digits) {
    return fail(ErrorKind::limit, "the serial numbers of mailer id " + account.mailer_id +
                                      " are used up: open a new account");
  }
  const std::size_t routing = piece.routing.size();
  if (routing != 0 && routing != 5 && routing != 9 && routing != 11) {
    return fail(ErrorKind::invalid, "routing code: 5, 9 or 11 digits are wanted, or none");
  }
  const postal::Imb wanted{"00", padded(piece.service, 3), account.mailer_id, serial,
                           piece.routing};
  auto code = postal::Imb::parse(wanted.digits());
  if (!code) return fail("the identification code", code.error());
  return postal::MailpieceCode(*std::move(code));
}

/// Each second is given out once.
Result<postal::MailpieceCode> meter_code(const AccountContext& in, Account& account) {
  const auto now = static_cast<std::uint64_t>(
      std::chrono::floor<std::chrono::seconds>(in.change.at).time_since_epoch().count());
  const std::uint64_t second = std::max(now, account.last_printed_s + 1);
  if (second > now + kAhead_s) {
    return fail(ErrorKind::unavailable,
                "meter codes name a second each, and are ten minutes ahead: wait, or take IMbs");
  }
  account.last_printed_s = second;
  return postal::MailpieceCode(postal::MeterSerial{
      in.meter, std::chrono::sys_seconds(std::chrono::seconds(static_cast<std::int64_t>(second)))});
}

Result<void> open(const AccountContext& in, const OpenAccount& request, Account& account) {
  if (request.meter < 1 || request.meter > kMeterLast) {
    return fail(ErrorKind::invalid, "a meter's number is 1 to 99999999");
  }
  if (!is_mailer_id(request.mailer_id)) {
    return fail(ErrorKind::invalid, "mailer id: 6 digits, or 9 digits starting with 9, are wanted");
  }
  if (in.state.mailers.contains(request.mailer_id)) {
    return fail(ErrorKind::refused, "mailer id " + request.mailer_id + " is another account's");
  }
  if (request.fund_limit > in.state.settings.open_limit) {
    return fail(ErrorKind::refused, "accounts are opened with a limit of at most " +
                                        in.state.settings.open_limit.to_string());
  }
  if (auto key = postal::public_key_algorithm(in.change.new_key); !key) {
    return std::unexpected(key.error());
  }
  account.mailer_id = request.mailer_id;
  account.fund_limit = request.fund_limit;
  account.public_key = in.change.new_key;
  return {};
}

Result<void> fund(const AccountContext& in, const Fund& request, Account& account) {
  if (auto ok = must_be_active(account, in.meter); !ok) return ok;
  if (request.amount.mills <= 0) return fail(ErrorKind::invalid, "funds must be above zero");
  Registers& of = account.registers;
  if (request.amount.mills > account.fund_limit.mills - of.descending.mills) {
    return fail(ErrorKind::refused, "meter " + std::to_string(in.meter) + " may hold at most " +
                                        account.fund_limit.to_string());
  }
  of.descending.mills += request.amount.mills;
  of.control.mills += request.amount.mills;
  of.funded.mills += request.amount.mills;
  return {};
}

Result<void> dispense(const AccountContext& in, const Dispense& request, Account& account,
                      Plan& plan) {
  if (auto ok = must_be_active(account, in.meter); !ok) return ok;
  if (request.pieces.empty() || request.pieces.size() > kPiecesPerDispense) {
    return fail(ErrorKind::invalid, "1 to 100 pieces are dispensed at once");
  }
  Registers& of = account.registers;
  for (const PieceOrder& piece : request.pieces) {
    if (piece.service > 999 || piece.postage.mills < 0 ||
        piece.postage.mills > kPostageMost_mills) {
      return fail(ErrorKind::invalid,
                  "a piece's service is 0 to 999, its postage 0 to 4294967.295");
    }
    if (piece.postage > of.descending) {
      return fail(ErrorKind::refused,
                  "the funds of meter " + std::to_string(in.meter) + " do not cover the postage");
    }
    of.descending.mills -= piece.postage.mills;
    of.ascending.mills += piece.postage.mills;
    ++of.pieces;
    auto code =
        piece.meter_code ? meter_code(in, account) : intelligent_mail(account, piece, of.pieces);
    if (!code) return std::unexpected(code.error());
    plan.tokens.push_back({{in.state.settings.issuer, in.meter, of.pieces},
                           piece.postage,
                           piece.mailed,
                           piece.service,
                           *std::move(code),
                           {}});
    plan.addresses.push_back(piece.address);
  }
  return {};
}

Result<void> refund(const AccountContext& in, const Refund& request, Account& account) {
  if (account.state == AccountState::withdrawn) return must_be_active(account, in.meter);
  Registers& of = account.registers;
  const postal::TokenIdentity& token = request.token;
  if (token.issuer != in.state.settings.issuer || token.meter != in.meter || token.counter < 1 ||
      token.counter > of.pieces) {
    return fail(ErrorKind::refused, "the token to be refunded is none of this account");
  }
  if (in.state.refunded.contains({in.meter, token.counter})) {
    return fail(ErrorKind::refused, "the token was refunded before");
  }
  if (request.amount.mills <= 0 || request.amount.mills > of.ascending.mills - of.refunded.mills) {
    return fail(ErrorKind::refused, "more than all postage that was paid cannot be refunded");
  }
  of.descending.mills += request.amount.mills;
  of.control.mills += request.amount.mills;
  of.refunded.mills += request.amount.mills;
  return {};
}

Result<void> change_state(const AccountContext& in, const ChangeState& request, Account& account) {
  if (account.state == AccountState::withdrawn) return must_be_active(account, in.meter);
  account.state = request.state;
  if (request.state != AccountState::withdrawn) return {};
  Registers& of = account.registers;
  of.withdrawn.mills += of.descending.mills;
  of.control.mills -= of.descending.mills;
  of.descending.mills = 0;
  return {};
}

// Orders.

Account* touch(BoxState& state, std::uint32_t meter, Undo& undo) {
  const auto found = state.accounts.find(meter);
  if (found == state.accounts.end()) return nullptr;
  undo.accounts.emplace(meter, found->second);
  return &found->second;
}

Result<void> add_person(BoxState& state, const Person& person) {
  auto& people = state.settings.people;
  const bool known = std::any_of(people.begin(), people.end(), [&](const Person& one) {
    return one.public_key == person.public_key || one.name == person.name;
  });
  if (known) return fail(ErrorKind::refused, "order: that name or key is on the list already");
  if (postal::public_key_algorithm(person.public_key) != postal::SignatureAlgorithm::eddsa) {
    return fail(ErrorKind::invalid, "order: a person's key is an Ed25519 key");
  }
  if (people.size() >= 64) return fail(ErrorKind::limit, "order: at most 64 persons");
  people.push_back(person);
  return {};
}

Result<void> remove_person(BoxState& state, const postal::KeyId& key) {
  auto& people = state.settings.people;
  const auto removed = std::erase_if(people, [&](const Person& person) {
    return postal::public_key_id(person.public_key) == key;
  });
  const auto officers = std::count_if(people.begin(), people.end(), [](const Person& person) {
    return person.role == Role::officer;
  });
  if (removed == 0) return fail(ErrorKind::not_found, "order: no person has that key");
  if (officers < 2) return fail(ErrorKind::refused, "order: two officers must remain");
  return {};
}

/// An account that was opened after the backup.
Result<void> reopen(BoxState& state, const Transaction& done, Undo& undo) {
  Account account;
  account.mailer_id = done.mailer_id;
  account.public_key = done.public_key;
  if (!is_mailer_id(done.mailer_id) || done.before != Registers{} ||
      !state.mailers.insert(done.mailer_id).second) {
    return fail(ErrorKind::refused, "order: a record opens an account that cannot be");
  }
  undo.mailers.push_back(done.mailer_id);
  undo.accounts.emplace(done.meter, std::nullopt);
  state.accounts.emplace(done.meter, std::move(account));
  return {};
}

/// A record that came after the backup, done again: its registers follow those that are held.
Result<void> redo(BoxState& state, const Transaction& done, std::uint64_t after, Undo& undo) {
  if (done.box != state.settings.box || done.version <= after) {
    return fail(ErrorKind::refused, "order: a record is of another box, or not after the last one");
  }
  if (!done.mailer_id.empty() && !state.accounts.contains(done.meter)) {
    if (auto opened = reopen(state, done, undo); !opened) return opened;
  }
  Account* account = touch(state, done.meter, undo);
  if (account == nullptr || account->registers != done.before ||
      done.number <= account->last_number) {
    return fail(ErrorKind::refused, "order: the records of meter " + std::to_string(done.meter) +
                                        " do not follow one another");
  }
  if (auto sound = check_registers(done.after); !sound) return sound;
  account->registers = done.after;
  account->state = done.state;
  account->fund_limit = done.fund_limit;
  account->last_number = done.number;
  account->remembered.clear();
  // Whatever seconds its meter codes took, they were at most so far ahead.
  const auto second = static_cast<std::uint64_t>(
      std::chrono::floor<std::chrono::seconds>(done.at).time_since_epoch().count());
  account->last_printed_s = std::max(account->last_printed_s, second + kAhead_s);
  if (done.refunded > 0 && state.refunded.insert({done.meter, done.refunded}).second) {
    undo.refunded.emplace_back(done.meter, done.refunded);
  }
  return {};
}

Result<void> recover(BoxState& state, const Recover& order, Undo& undo) {
  Settings& settings = state.settings;
  const bool goes_on = settings.recovering && order.anchor == settings.recovered;
  if (!goes_on && (settings.recovering || order.anchor.version <= state.anchor.version)) {
    return fail(ErrorKind::refused, "order: the anchor is not after what this box has");
  }
  std::uint64_t after = goes_on ? settings.recovered_through : state.anchor.version;
  for (const Bytes& record : order.records) {
    const auto done = open_transaction(record, settings.transaction_key);
    if (!done) return std::unexpected(done.error());
    if (done->version > order.anchor.version) {
      return fail(ErrorKind::refused, "order: a record is after the anchor");
    }
    if (auto ok = redo(state, *done, after, undo); !ok) return ok;
    after = done->version;
  }
  settings.recovered = order.anchor;
  settings.recovered_through = after;
  settings.recovering = !order.last;
  return {};
}

}  // namespace

Result<void> change_registers(const AccountContext& in, Account& account, Plan& plan) {
  const Request& request = in.change.request;
  if (const auto* of = std::get_if<OpenAccount>(&request)) return open(in, *of, account);
  if (const auto* of = std::get_if<Fund>(&request)) return fund(in, *of, account);
  if (const auto* of = std::get_if<Dispense>(&request)) return dispense(in, *of, account, plan);
  if (const auto* of = std::get_if<Refund>(&request)) return refund(in, *of, account);
  return change_state(in, std::get<ChangeState>(request), account);
}

Result<void> obey(BoxState& state, const Order& order, const Change& change, Undo& undo) {
  const Action& action = order.action;
  if (const auto* limit = std::get_if<SetFundLimit>(&action)) {
    Account* account = touch(state, limit->meter, undo);
    if (account == nullptr) return fail(ErrorKind::not_found, "order: no such account");
    account->fund_limit = limit->limit;
    return {};
  }
  if (const auto* limit = std::get_if<SetOpenLimit>(&action)) {
    state.settings.open_limit = limit->limit;
    return {};
  }
  if (const auto* add = std::get_if<AddPerson>(&action)) return add_person(state, add->person);
  if (const auto* remove = std::get_if<RemovePerson>(&action)) {
    return remove_person(state, remove->key);
  }
  if (const auto* of = std::get_if<Recover>(&action)) return recover(state, *of, undo);
  if (const auto* of = std::get_if<HandOver>(&action)) {
    if (of->successor == state.settings.box) {
      return fail(ErrorKind::refused, "order: a box cannot succeed itself");
    }
    state.settings.retired = true;
    state.settings.successor = of->successor;
    return {};
  }
  if (std::holds_alternative<TakeOver>(action)) {
    return fail(ErrorKind::refused, "order: accounts are taken over with their document");
  }
  if (auto key = postal::public_key_algorithm(change.new_key); !key) {
    return std::unexpected(key.error());
  }
  state.settings.issuer_key = change.new_key;
  ++state.settings.issuer_keys;
  return {};
}

}  // namespace backstamp::datacenter::meterbox
