#include "meter/synchronise.h"

#include <algorithm>
#include <nlohmann/json.hpp>

namespace backstamp::meter {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::chrono::year kYearLast{9000};  // what is later cannot be put on record

/// The postage of all pieces up to a counter that is registered or pending.
postal::Money ascending_through(const Vault& vault, std::uint64_t counter) {
  postal::Money sum = vault.registers().ascending;
  for (const PieceRecord& piece : vault.pending()) {
    if (piece.counter > counter) sum.mills -= piece.postage.mills;
  }
  return sum;
}

/// Is what the data center knows the beginning of what the vault knows?
Result<void> compare(Vault& vault, const KnownMeter& known) {
  const Registers& registers = vault.registers();
  if (known.counter > registers.counter) {
    if (auto kept = vault.mark_behind(known.counter); !kept) return kept;
    return vault.may_print({});
  }
  if (known.counter < registers.registered_through) {
    return fail(ErrorKind::invalid,
                "the data center knows pieces of this meter up to " +
                    std::to_string(known.counter) + " only, and has acknowledged them up to " +
                    std::to_string(registers.registered_through) + ": it has lost some");
  }
  const postal::Money ours = ascending_through(vault, known.counter);
  if (known.pieces == known.counter && known.ascending == ours) return {};
  if (known.pieces != known.counter) {
    return fail(ErrorKind::invalid, "the data center knows " + std::to_string(known.pieces) +
                                        " pieces of this meter, the last of them number " +
                                        std::to_string(known.counter) + ": some are missing there");
  }
  // The same numbers on other pieces: two copies have printed.
  if (auto kept = vault.mark_behind(known.counter); !kept) return kept;
  return vault.may_print({});
}

bool may_pass(ErrorKind kind) {
  return kind == ErrorKind::unavailable || kind == ErrorKind::timeout;
}

Result<KnownMeter> ask(const std::string& target, const Get& get, const Patience& patience) {
  for (unsigned attempt = 1;; ++attempt) {
    const auto once = [&]() -> Result<KnownMeter> {
      const auto response = get(target);
      if (!response) return std::unexpected(response.error());
      if (response->status != 200) return std::unexpected(refusal_of(*response));
      return parse_known_meter(response->body);
    };
    auto known = once();
    if (known || !may_pass(known.error().kind) || attempt >= patience.attempts) return known;
    patience.wait(attempt);
  }
}

}  // namespace

Result<KnownMeter> parse_known_meter(std::string_view json) {
  const Json answer = Json::parse(json, nullptr, false);
  bool whole = answer.is_object();
  const auto number = [&](const char* key) -> std::uint64_t {
    const bool there = whole && answer.contains(key) && answer[key].is_number_unsigned();
    whole &= there;
    return there ? answer[key].get<std::uint64_t>() : 0;
  };
  const auto text = [&](const char* key) -> std::string {
    const bool there = whole && answer.contains(key) && answer[key].is_string();
    whole &= there;
    return there ? answer[key].get<std::string>() : "";
  };
  KnownMeter known;
  known.counter = number("counter");
  known.pieces = number("pieces");
  const auto ascending = postal::Money::parse(text("ascending"));
  const auto at = parse_utc(text("time"));
  const bool sane = at && *at >= UtcTime{} && *at < std::chrono::sys_days(kYearLast / 1 / 1);
  if (!whole || !ascending || !sane) {
    return fail(ErrorKind::invalid, "the data center's answer does not say what it knows: " +
                                        std::string(json.substr(0, 300)));
  }
  known.ascending = *ascending;
  known.at = *at;
  return known;
}

Result<SyncReport> synchronise(Vault& vault, const Get& get, const Post& post,
                               const Patience& patience, const Moment& now) {
  const std::string target = "/v1/meters/" + std::to_string(vault.identity().meter) + "/sync";
  const auto known = ask(target, get, patience);
  if (!known) return std::unexpected(known.error());
  if (auto agreed = compare(vault, *known); !agreed) return std::unexpected(agreed.error());
  const auto registration = register_pending(vault, post, patience);
  if (!registration) return std::unexpected(registration.error());
  if (auto kept = vault.heard(known->at, now); !kept) return std::unexpected(kept.error());
  return SyncReport{*registration, *known};
}

}  // namespace backstamp::meter
