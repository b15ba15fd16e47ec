#include "programs/simulate/ledger.h"

#include <algorithm>

namespace backstamp::simulate {

Ledger::Ledger(std::span<const Belt> belts, std::chrono::nanoseconds deadline)
    : deadline_(deadline), lanes_(belts.size()) {
  for (std::size_t lane = 0; lane < belts.size(); ++lane) {
    lanes_[lane].pieces.resize(belts[lane].pieces().size());
  }
}

void Ledger::triggered(std::uint32_t lane, std::size_t piece, SteadyTime at) {
  const std::scoped_lock lock(mutex_);
  Account& account = lanes_[lane].pieces[piece];
  if (!account.seen()) ++announced_;
  if (!account.triggered) ++lanes_[lane].triggered;
  account.triggered = at;
}

void Ledger::not_sent(std::uint32_t lane, std::size_t piece) {
  const std::scoped_lock lock(mutex_);
  Account& account = lanes_[lane].pieces[piece];
  if (!account.triggered) return;
  account.triggered.reset();
  --lanes_[lane].triggered;
  if (!account.seen()) --announced_;
}

void Ledger::pictured(std::uint32_t lane, std::size_t piece) {
  const std::scoped_lock lock(mutex_);
  Account& account = lanes_[lane].pieces[piece];
  if (!account.seen()) ++announced_;
  account.pictured = true;
}

void Ledger::not_shown(std::uint32_t lane, std::size_t piece) {
  const std::scoped_lock lock(mutex_);
  lanes_[lane].pieces[piece].not_shown = true;
}

void Ledger::decided(const Decided& decision) {
  {
    const std::scoped_lock lock(mutex_);
    ++decisions_;
    last_ = decision.at;
    if (decision.machine_piece == 0 && decision.lane < lanes_.size()) {
      ++untriggered_;
    } else if (decision.lane >= lanes_.size() ||
               decision.machine_piece > lanes_[decision.lane].pieces.size()) {
      ++unknown_;
    } else {
      Lane& lane = lanes_[decision.lane];
      Account& account = lane.pieces[decision.machine_piece - 1];
      if (account.decisions++ == 0) {
        account.decided = decision.at;
        account.late = decision.late;
        ++lane.decided;
      }
    }
  }
  decision_.notify_all();
}

void Ledger::link_broken(SteadyTime from, SteadyTime until) {
  const std::scoped_lock lock(mutex_);
  broken_.emplace_back(from, until);
}

void Ledger::stood(std::uint32_t lane, SteadyTime from, SteadyTime until) {
  const std::scoped_lock lock(mutex_);
  lanes_[lane].stood.emplace_back(from, until);
}

std::uint64_t Ledger::under_way(std::uint32_t lane) const {
  const std::scoped_lock lock(mutex_);
  const Lane& one = lanes_[lane];
  return one.triggered - std::min(one.triggered, one.decided);
}

bool Ledger::settled() const {
  const std::scoped_lock lock(mutex_);
  return decisions_ >= announced_;
}

std::uint64_t Ledger::decisions() const {
  const std::scoped_lock lock(mutex_);
  return decisions_;
}

void Ledger::wait_beyond(std::uint64_t decisions, std::chrono::milliseconds limit) const {
  std::unique_lock lock(mutex_);
  decision_.wait_for(lock, limit, [&] { return decisions_ > decisions; });
}

std::optional<Account> Ledger::account(std::uint32_t lane, std::size_t piece) const {
  const std::scoped_lock lock(mutex_);
  if (lane >= lanes_.size() || piece >= lanes_[lane].pieces.size()) return std::nullopt;
  return lanes_[lane].pieces[piece];
}

bool Ledger::in_broken_link(SteadyTime from, SteadyTime until) const {
  return std::any_of(broken_.begin(), broken_.end(),
                     [&](const auto& span) { return from <= span.second && until >= span.first; });
}

bool Ledger::swallowed(const Account& account) const {
  // A link that is about to break may take a trigger with it.
  return account.triggered && account.decisions == 0 &&
         in_broken_link(*account.triggered, *account.triggered + deadline_);
}

bool Ledger::perceived(const Account& account) const {
  return account.pictured || (account.triggered && !swallowed(account));
}

void Ledger::judge(const Lane& lane, const Account& account, LedgerSums& sums) const {
  ++sums.triggered;
  if (account.decisions == 0) {
    ++(swallowed(account) ? sums.swallowed : sums.lost);
    return;
  }
  ++(account.decisions == 1 ? sums.decided : sums.repeated);
  if (account.late) ++sums.marked_late;
  auto took = account.decided - *account.triggered;
  for (const auto& [from, until] : lane.stood) {
    const auto begin = std::max(from, *account.triggered);
    const auto end = std::min(until, account.decided);
    if (begin < end) took -= end - begin;
  }
  const bool excused = in_broken_link(*account.triggered, account.decided);
  if (took <= deadline_) {
    ++sums.in_time;
  } else {
    ++(excused ? sums.excused : sums.too_late);
  }
  if (excused) return;
  const auto took_ns = std::chrono::nanoseconds(took).count();
  sums.from_trigger.record_ns(static_cast<std::uint64_t>(std::max<std::int64_t>(took_ns, 0)));
}

LedgerSums Ledger::sums() const {
  const std::scoped_lock lock(mutex_);
  LedgerSums sums;
  sums.untriggered = untriggered_;
  sums.unknown = unknown_;
  sums.decisions = decisions_;
  sums.last_decision = last_;
  for (const Lane& lane : lanes_) {
    for (const Account& account : lane.pieces) {
      ++(perceived(account) ? sums.passed : sums.unseen);
      if (account.not_shown) ++sums.not_shown;
      if (account.triggered) judge(lane, account, sums);
    }
  }
  return sums;
}

}  // namespace backstamp::simulate
