#include "datacenter/meterbox/state.h"

#include <algorithm>

#include "datacenter/meterbox/account_change.h"
#include "datacenter/meterbox/fields.h"
#include "datacenter/meterbox/hand_over.h"

namespace backstamp::datacenter::meterbox {
namespace {

template <typename... Cases>
struct Overloaded : Cases... {
  using Cases::operator()...;
};

Result<Plan> change_account(BoxState& state, const Change& change, Undo& undo) {
  if (state.settings.recovering) {
    return fail(ErrorKind::refused, "the box is being restored: further orders are to come");
  }
  const auto [meter, number] = *account_number(change.request);
  const bool opening = std::holds_alternative<OpenAccount>(change.request);
  auto found = state.accounts.find(meter);
  if (opening != (found == state.accounts.end())) {
    const std::string name = "meter " + std::to_string(meter);
    if (opening) return fail(ErrorKind::refused, name + " has an account already");
    return fail(ErrorKind::not_found, name + " has no account in this box");
  }
  Account account = opening ? Account{} : found->second;
  if (number <= account.last_number) {
    return fail(ErrorKind::refused, "the request's number was used before");
  }
  const Registers before = account.registers;
  Plan plan;
  auto changed = change_registers(AccountContext{state, meter, change}, account, plan);
  if (!changed) return std::unexpected(changed.error());
  if (auto sound = check_registers(account.registers); !sound)
    return std::unexpected(sound.error());

  account.last_number = number;
  account.remembered.push_back(
      {number, sha256(encode_request(change.request)), state.anchor.version + 1});
  if (account.remembered.size() > kRememberedRequests) account.remembered.pop_front();
  Transaction transaction;
  transaction.box = state.settings.box;
  transaction.version = state.anchor.version + 1;
  transaction.issuer = state.settings.issuer;
  transaction.meter = meter;
  transaction.number = number;
  transaction.operation = static_cast<std::uint8_t>(change.request.index());
  transaction.at = change.at;
  transaction.before = before;
  transaction.after = account.registers;
  transaction.state = account.state;
  transaction.fund_limit = account.fund_limit;
  if (const auto* refund = std::get_if<Refund>(&change.request)) {
    transaction.refunded = refund->token.counter;
  }
  if (opening) {
    transaction.mailer_id = account.mailer_id;
    transaction.public_key = account.public_key;
  }
  plan.transaction = std::move(transaction);

  if (opening) {
    state.mailers.insert(account.mailer_id);
    undo.mailers.push_back(account.mailer_id);
    undo.accounts.emplace(meter, std::nullopt);
    state.accounts.emplace(meter, std::move(account));
  } else {
    if (const auto* refund = std::get_if<Refund>(&change.request)) {
      undo.refunded.emplace_back(meter, refund->token.counter);
      state.refunded.insert(undo.refunded.back());
    }
    undo.accounts.emplace(meter, std::exchange(found->second, std::move(account)));
  }
  return plan;
}

/// Notes that the order was done, for it to be answered again.
void remember_order(BoxState& state, ByteView file, std::uint64_t sequence, std::uint64_t version) {
  state.settings.last_order = sequence;
  state.settings.last_order_hash = sha256(file);
  state.settings.last_order_version = version;
}

/// Makes the change of a verified order; `version` becomes that of its record.
Result<void> change_box(BoxState& state, const SubmitOrder& submit, const Change& change,
                        Undo& undo, std::uint64_t& version) {
  const auto order = verify_order(submit.order, state.settings.people);
  if (!order) return std::unexpected(order.error());
  if (auto stands = check_order(*order, state, change.at); !stands) return stands;
  undo.settings = state.settings;
  if (const auto* recover = std::get_if<Recover>(&order->action)) {
    version = std::max(version, recover->anchor.version + 1);
  }
  if (auto done = obey(state, *order, change, undo); !done) return done;
  remember_order(state, submit.order, order->sequence, version);
  return {};
}

Result<void> change_owner(BoxState& state, const TakeAccounts& take, const Change& change,
                          Undo& undo, std::uint64_t version) {
  auto document = check_take_over(state, take, change.at);
  if (!document) return std::unexpected(document.error());
  undo.settings = state.settings;
  if (auto taken = take_accounts(state, *std::move(document), change.new_key, undo); !taken) {
    return taken;
  }
  remember_order(state, take.order, inspect_order(take.order)->order.sequence, version);
  return {};
}

}  // namespace

Result<void> check_order(const Order& order, const BoxState& state, UtcTime at) {
  if (order.box != state.settings.box) {
    return fail(ErrorKind::refused, "order: it is for another box");
  }
  if (order.expires < at) return fail(ErrorKind::refused, "order: it has expired");
  if (order.sequence <= state.settings.last_order) {
    return fail(ErrorKind::refused, "order: its number is not greater than that of the last one");
  }
  return {};
}

bool changes_state(const Request& request) {
  return std::visit(
      Overloaded{[](const Hello&) { return false; }, [](const Audit&) { return false; },
                 [](const VerifyAddress&) { return false; }, [](const AskKeys&) { return false; },
                 [](const auto&) { return true; }},
      request);
}

std::optional<std::pair<std::uint32_t, std::uint64_t>> account_number(const Request& request) {
  using Number = std::optional<std::pair<std::uint32_t, std::uint64_t>>;
  return std::visit(
      [](const auto& of) -> Number {
        if constexpr (requires { of.number; }) return std::pair(of.meter, of.number);
        return std::nullopt;
      },
      request);
}

Result<std::optional<std::uint64_t>> find_repeat(const BoxState& state, const Request& request) {
  using Found = std::optional<std::uint64_t>;
  const auto* submit = std::get_if<SubmitOrder>(&request);
  const auto* take = std::get_if<TakeAccounts>(&request);
  if (submit != nullptr || take != nullptr) {
    const bool again =
        state.settings.last_order_version > 0 &&
        sha256(submit != nullptr ? submit->order : take->order) == state.settings.last_order_hash;
    return again ? Found(state.settings.last_order_version) : Found();
  }
  const auto of = account_number(request);
  if (!of) return Found();
  const auto account = state.accounts.find(of->first);
  if (account == state.accounts.end() || of->second > account->second.last_number) return Found();
  for (const Remembered& done : account->second.remembered) {
    if (done.number != of->second) continue;
    if (done.request == sha256(encode_request(request))) return Found(done.version);
    return fail(ErrorKind::refused, "the request's number was used for another request");
  }
  return fail(ErrorKind::refused, "the request's number was used before, or is too old");
}

Result<Plan> make_change(BoxState& state, const Change& change, Undo& undo) {
  undo = Undo{state.anchor, state.last_at, {}, {}, {}, {}};
  if (state.settings.retired) {
    return fail(ErrorKind::refused,
                "the box was retired: its accounts are at box " + to_hex(state.settings.successor));
  }
  Result<Plan> plan = Plan{};
  std::uint64_t version = state.anchor.version + 1;
  if (account_number(change.request)) {
    plan = change_account(state, change, undo);
  } else if (const auto* submit = std::get_if<SubmitOrder>(&change.request)) {
    auto done = change_box(state, *submit, change, undo, version);
    if (!done) plan = std::unexpected(done.error());
  } else if (const auto* take = std::get_if<TakeAccounts>(&change.request)) {
    auto done = change_owner(state, *take, change, undo, version);
    if (!done) plan = std::unexpected(done.error());
  } else if (!std::holds_alternative<SignStatement>(change.request)) {
    plan = fail(ErrorKind::internal, "meter box: not a change");
  }
  if (!plan) {
    undo_change(state, std::move(undo));
    return plan;
  }
  state.anchor.version = version;
  state.last_at = std::max(state.last_at, change.at);
  return plan;
}

void undo_change(BoxState& state, Undo undo) {
  state.anchor = undo.anchor;
  state.last_at = undo.last_at;
  if (undo.settings) state.settings = *std::move(undo.settings);
  for (auto& [meter, account] : undo.accounts) {
    if (account) {
      state.accounts[meter] = *std::move(account);
    } else {
      state.accounts.erase(meter);
    }
  }
  for (const std::string& mailer : undo.mailers) state.mailers.erase(mailer);
  for (const auto& refunded : undo.refunded) state.refunded.erase(refunded);
}

Result<BoxState> found_box(const Founding& founding, UtcTime at) {
  const auto officers =
      std::count_if(founding.people.begin(), founding.people.end(),
                    [](const Person& person) { return person.role == Role::officer; });
  if (officers < 2) return fail(ErrorKind::invalid, "meter box: at least two officers are wanted");
  for (const Person& person : founding.people) {
    const auto algorithm = postal::public_key_algorithm(person.public_key);
    const auto same =
        std::count_if(founding.people.begin(), founding.people.end(),
                      [&](const Person& other) { return other.public_key == person.public_key; });
    if (algorithm != postal::SignatureAlgorithm::eddsa || same != 1) {
      return fail(ErrorKind::invalid,
                  "meter box: each person needs an Ed25519 key of his own (" + person.name + ")");
    }
  }
  BoxState state;
  state.settings.issuer = founding.issuer;
  state.settings.open_limit = founding.open_limit;
  state.settings.transaction_key = founding.transaction_key;
  state.settings.issuer_key = founding.issuer_key;
  state.settings.people = founding.people;
  state.anchor.version = 1;
  state.last_at = at;
  return state;
}

Result<void> check_registers(const Registers& of) {
  for (const postal::Money amount :
       {of.ascending, of.descending, of.control, of.funded, of.refunded, of.withdrawn}) {
    if (amount.mills < 0 || static_cast<std::uint64_t>(amount.mills) > kMostMills) {
      return fail(ErrorKind::limit, "meter box: a register is out of range");
    }
  }
  if (of.control.mills != of.ascending.mills + of.descending.mills ||
      of.funded.mills + of.refunded.mills != of.control.mills + of.withdrawn.mills) {
    return fail(ErrorKind::internal, "meter box: the registers do not balance");
  }
  return {};
}

Result<void> check_state(const BoxState& state) {
  if (state.mailers.size() != state.accounts.size()) {
    return fail(ErrorKind::internal, "meter box: two accounts have one mailer id");
  }
  for (const auto& [meter, account] : state.accounts) {
    if (auto sound = check_registers(account.registers); !sound) {
      return fail("meter " + std::to_string(meter), sound.error());
    }
    std::uint64_t last = 0;
    for (const Remembered& done : account.remembered) {
      if (done.number <= last || done.version > state.anchor.version) {
        return fail(ErrorKind::internal, "meter box: requests are remembered out of order");
      }
      last = done.number;
    }
    if (!account.remembered.empty() && last != account.last_number) {
      return fail(ErrorKind::internal, "meter box: the last request is not remembered");
    }
  }
  return {};
}

}  // namespace backstamp::datacenter::meterbox
