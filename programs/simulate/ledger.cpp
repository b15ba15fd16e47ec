#include "programs/simulate/ledger.h"

#include <algorithm>

namespace backstamp::simulate {
Ledger::Ledger(std::span<const Belt> belts, std::chrono::nanoseconds deadline)
    : deadline_(deadline), lanes_(belts.size()) {
  for (std::size_t lane = 0; lane < belts.size(); ++lane) {
    lanes_[lane].pieces.resize(belts[lane].pieces().size());
  }
}

void Ledger::announce(Lane& lane, Account& account) {
  if (!account.seen()) ++lane.announced;
}

void Ledger::triggered(std::uint32_t lane, std::size_t piece, SteadyTime at) {
  const std::scoped_lock lock(mutex_);
  Account& account = lanes_[lane].pieces[piece];
  announce(lanes_[lane], account);
  account.triggered = at;
}

void Ledger::not_sent(std::uint32_t lane, std::size_t piece) {
  const std::scoped_lock lock(mutex_);
  Account& account = lanes_[lane].pieces[piece];
  account.triggered.reset();
  if (!account.pictured && lanes_[lane].announced > 0) --lanes_[lane].announced;
}

void Ledger::pictured(std::uint32_t lane, std::size_t piece) {
  const std::scoped_lock lock(mutex_);
  Account& account = lanes_[lane].pieces[piece];
  announce(lanes_[lane], account);
  account.pictured = true;
}

void Ledger::decided(const Decided& decision) {
  {
    const std::scoped_lock lock(mutex_);
    ++decisions_;
    last_ = decision.at;
    if (decision.lane >= lanes_.size()) {
      ++unknown_;
      return;
    }
    Lane& lane = lanes_[decision.lane];
    if (decision.machine_piece == 0) {
      ++untriggered_;
      ++lane.decided;
    } else if (decision.machine_piece > lane.pieces.size()) {
      ++unknown_;
    } else {
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
  return one.announced - std::min(one.announced, one.decided);
}

std::uint64_t Ledger::under_way() const {
  std::uint64_t sum = 0;
  for (std::uint32_t lane = 0; lane < lanes_.size(); ++lane) sum += under_way(lane);
  return sum;
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

void Ledger::judge(const Lane& lane, const Account& account, LedgerSums& sums) const {
  ++sums.triggered;
  if (account.decisions == 0) {
    ++sums.lost;
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
  const bool excused = std::any_of(broken_.begin(), broken_.end(), [&](const auto& span) {
    return *account.triggered <= span.second && account.decided >= span.first;
  });
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
  sums.last_decision = last_;
  for (const Lane& lane : lanes_) {
    for (const Account& account : lane.pieces) {
      ++(account.seen() ? sums.passed : sums.unseen);
      if (account.triggered) judge(lane, account, sums);
    }
  }
  return sums;
}

}  // namespace backstamp::simulate
