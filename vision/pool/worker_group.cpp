#include "vision/pool/worker_group.h"

#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <utility>

namespace backstamp::vision {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

constexpr std::chrono::seconds kPatience{30};  // for a start on a machine that is busy
constexpr unsigned kAttempts = 3;
constexpr milliseconds kFirstPause{100};  // before further attempts; twice as long each time
constexpr milliseconds kLongestPause{10'000};
constexpr milliseconds kBetweenLooks{50};  // at whether workers live, and what memory they have
constexpr milliseconds kBetweenBurials{5};
constexpr std::size_t kStartsAtOnce = 2;  // of replacements; the first ones go one by one

}  // namespace

WorkerGroup::WorkerGroup(WorkerGroupOptions options)
    : options_(std::move(options)), news_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
  const std::size_t most = options_.workers + options_.spares;
  ready_.reserve(most);
  given_up_.reserve(most);
  keeper_ = std::jthread([this](const std::stop_token& stop) { keep(stop); });
}

WorkerGroup::~WorkerGroup() {
  keeper_.request_stop();
  wake();
  keeper_.join();
  for (auto* workers : {&starting_, &living_, &dying_})
    for (const auto& worker : *workers) worker->kill();  // all at once, then one by one
}

void WorkerGroup::wake() const {
  const std::uint64_t one = 1;
  static_cast<void>(!::write(news_.get(), &one, sizeof one));
}

bool WorkerGroup::hopeless() const {
  return failures_ >= kAttempts && out_ == 0 && ready_.empty();
}

/// With the lock, after whatever takes a worker away or brings one.
void WorkerGroup::note_vacancy() {
  const bool vacant = started_ >= options_.workers && out_ + ready_.size() < options_.workers;
  if (vacant && !vacant_since_) vacant_since_ = steady_clock::now();
  if (vacant || !vacant_since_) return;
  const auto lasted = steady_clock::now() - *vacant_since_;
  vacant_since_.reset();
  counters_.vacant_longest =
      std::max(counters_.vacant_longest, std::chrono::ceil<std::chrono::microseconds>(lasted));
}

Result<WorkerProcess*> WorkerGroup::take(SteadyTime deadline) {
  std::unique_lock lock(mutex_);
  for (;;) {
    const bool in_time = changed_.wait_until(lock, deadline, [this] {
      return hopeless() || (out_ < options_.workers && !ready_.empty());
    });
    if (!in_time) return nullptr;
    if (hopeless()) return std::unexpected(*failure_);
    WorkerProcess* worker = ready_.back();
    ready_.pop_back();
    if (worker->idle()) {
      ++out_;
      return worker;
    }
    given_up_.push_back(worker);  // it died while it waited
    note_vacancy();
    wake();
  }
}

void WorkerGroup::give_back(WorkerProcess* worker, bool usable) {
  // Between two pictures, what it has is its own doing.
  const bool grown =
      usable && worker->suspect.exchange(false) && worker->growth_bytes() > options_.growth_bytes;
  const bool stays = usable && !grown;
  if (!stays) worker->kill();
  {
    const std::lock_guard lock(mutex_);
    --out_;
    (stays ? ready_ : given_up_).push_back(worker);
    if (grown) ++counters_.grown;
    if (!stays) note_vacancy();
  }
  changed_.notify_one();
  if (!stays) wake();
}

WorkerGroupCounters WorkerGroup::counters() const {
  const std::lock_guard lock(mutex_);
  WorkerGroupCounters counters = counters_;
  const unsigned most = options_.workers + options_.spares;
  counters.restarts = started_ > most ? started_ - most : 0;
  counters.ready = out_ + static_cast<unsigned>(ready_.size());
  return counters;
}

RealtimeState WorkerGroup::realtime() const {
  const std::lock_guard lock(mutex_);
  return realtime_;
}

// ---- the keeper
// ----------------------------------------------------------------------------------

void WorkerGroup::keep(const std::stop_token& stop) {
  while (!stop.stop_requested()) {
    const auto now = steady_clock::now();
    while (may_launch(now)) launch();
    wait_for_news(now);
    welcome();
    bury();
    look(steady_clock::now());
  }
}

bool WorkerGroup::may_launch(SteadyTime now) {
  const std::lock_guard lock(mutex_);
  const std::size_t most = options_.workers + options_.spares;
  const bool replacing = started_ >= most && failures_ == 0;
  return now >= not_before_ && starting_.size() < (replacing ? kStartsAtOnce : 1) &&
         out_ + ready_.size() + starting_.size() < most;
}

void WorkerGroup::launch() {
  auto worker = WorkerProcess::launch(options_.plan);
  if (worker)
    starting_.push_back(std::move(*worker));
  else
    failed(worker.error());
}

/// For how long there is nothing to do unless something happens.
int WorkerGroup::patience(SteadyTime now) const {
  SteadyTime until = next_look_;
  if (not_before_ > now) until = std::min(until, not_before_);
  if (!dying_.empty()) until = std::min(until, now + kBetweenBurials);
  return until > now ? static_cast<int>(std::chrono::ceil<milliseconds>(until - now).count()) : 0;
}

void WorkerGroup::wait_for_news(SteadyTime now) {
  std::array<pollfd, 1 + kStartsAtOnce> all{};
  all[0] = {news_.get(), POLLIN, 0};
  for (std::size_t i = 0; i < starting_.size(); ++i)
    all[i + 1] = {starting_[i]->socket(), POLLIN, 0};
  ::poll(all.data(), 1 + starting_.size(), patience(now));
  std::uint64_t woken = 0;
  static_cast<void>(!::read(news_.get(), &woken, sizeof woken));
}

void WorkerGroup::welcome() {
  const auto now = steady_clock::now();
  auto waiting = std::exchange(starting_, {});
  for (auto& worker : waiting) {
    const Exchange said = worker->hear_ready();
    const std::string program = options_.plan.program.string();
    if (said == Exchange::answered)
      admit(std::move(worker));
    else if (said != Exchange::late)
      failed({ErrorKind::unavailable, program + ": ends before it is ready"});
    else if (now - worker->launched() > kPatience)
      failed({ErrorKind::unavailable, program + ": does not become ready"});
    else
      starting_.push_back(std::move(worker));
  }
}

void WorkerGroup::admit(std::unique_ptr<WorkerProcess> worker) {
  {
    const std::lock_guard lock(mutex_);
    ready_.insert(ready_.begin(), worker.get());
    ++started_;
    failures_ = 0;
    counters_.start_last = worker->start_time();
    counters_.start_longest = std::max(counters_.start_longest, worker->start_time());
    realtime_ = worker->realtime();
    note_vacancy();
  }
  living_.push_back(std::move(worker));
  changed_.notify_all();
}

void WorkerGroup::failed(Error error) {
  {
    const std::lock_guard lock(mutex_);
    ++failures_;
    failure_ = std::move(error);
    if (failures_ >= kAttempts) {
      const unsigned doubled = std::min(failures_ - kAttempts, 10u);
      not_before_ = steady_clock::now() + std::min(kFirstPause * (1 << doubled), kLongestPause);
    }
  }
  changed_.notify_all();
}

void WorkerGroup::bury() {
  std::vector<WorkerProcess*> given_up;
  {
    const std::lock_guard lock(mutex_);
    if (!given_up_.empty()) {
      given_up.assign(given_up_.begin(), given_up_.end());
      given_up_.clear();
    }
  }
  for (WorkerProcess* dead : given_up) {
    dead->kill();
    const auto it = std::find_if(living_.begin(), living_.end(),
                                 [dead](const auto& worker) { return worker.get() == dead; });
    dying_.push_back(std::move(*it));
    living_.erase(it);
  }
  std::erase_if(dying_, [](const auto& worker) { return worker->ended(); });
}

/// For those that have grown, and spares that are none any more.
void WorkerGroup::look(SteadyTime now) {
  if (now < next_look_) return;
  next_look_ = now + kBetweenLooks;
  for (const auto& worker : living_) {
    if (worker->gone()) {
      end_waiting(*worker, false);
    } else if (worker->growth_bytes() > options_.growth_bytes) {
      worker->suspect = true;
      end_waiting(*worker, true);
    }
  }
}

/// One that waits is ended now; one at work is judged when it comes back.
void WorkerGroup::end_waiting(WorkerProcess& worker, bool grown) {
  const std::lock_guard lock(mutex_);
  const auto it = std::find(ready_.begin(), ready_.end(), &worker);
  if (it == ready_.end()) return;
  ready_.erase(it);
  given_up_.push_back(&worker);
  if (grown) ++counters_.grown;
  note_vacancy();
  wake();
}

}  // namespace backstamp::vision
