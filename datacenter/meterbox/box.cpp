#include "datacenter/meterbox/box.h"

#include <algorithm>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <random>
#include <thread>

#include "datacenter/meterbox/account_change.h"
#include "datacenter/meterbox/group.h"
#include "datacenter/meterbox/hand_over.h"
#include "datacenter/meterbox/ledger.h"

namespace backstamp::datacenter::meterbox {
namespace {

constexpr std::size_t kJobsPerGroup = 256;

Answer refusal(const Error& error) {
  return Refusal{error.kind, error.message};
}
Answer refusal(ErrorKind kind, std::string message) {
  return Refusal{kind, std::move(message)};
}

class WorkingBox : public Box {
 public:
  WorkingBox(UniqueFd lock, Ledger ledger, BoxState state, std::unique_ptr<Keyring> keys, Log log)
      : lock_(std::move(lock)),
        ledger_(std::move(ledger)),
        state_(std::move(state)),
        durable_(state_.anchor),
        keys_(std::move(keys)),
        log_(std::move(log)),
        crew_(std::clamp(std::thread::hardware_concurrency(), 1u, 16u)),
        worker_([this] { work(); }) {}
  ~WorkingBox() override { stop(); }

  Answer ask(const Request& request) override;
  BoxState state() const override {
    const std::lock_guard guard(state_mutex_);
    return state_;
  }
  void stop() override;
  /// The floor is not kept until the version is greater.
  void floor_from(std::uint64_t version) { floor_from_ = version; }

 private:
  using Jobs = std::vector<Job*>;

  void work();
  void do_group(Jobs jobs);
  std::vector<Draft> draft(const Jobs& jobs, Jobs& asking);
  bool take_back(std::vector<Draft>& drafts, Jobs& jobs);
  void fail_all(std::vector<Draft>& drafts, const Error& why);
  void finish(std::vector<Draft>& drafts);
  void answer_reader(Job& job);
  Answer hello(const Anchor& anchor);
  Answer repeat(std::uint64_t version);
  Answer verify(const VerifyAddress& request);
  Result<Bytes> key_for(const Request& request);
  Result<Bytes> key_for_order(const Request& request);
  void snapshot();
  void keep_floor();

  UniqueFd lock_;
  Ledger ledger_;
  mutable std::mutex state_mutex_;  ///< state_: the worker alone writes it
  BoxState state_;
  Anchor durable_;
  std::unique_ptr<Keyring> keys_;
  Log log_;
  Crew crew_;
  std::uint64_t floor_from_ = 0;
  bool rolled_back_ = false;  ///< the data center has heard of more than this journal has

  std::mutex mutex_;
  std::condition_variable waiting_;
  std::deque<Job*> jobs_;
  bool stop_ = false;
  std::once_flag stopped_;
  std::thread worker_;
};

/// The key that an account needs is made before its turn, so that none waits for it.
Result<Bytes> WorkingBox::key_for(const Request& request) {
  const auto* open = std::get_if<OpenAccount>(&request);
  if (open == nullptr) return Bytes{};
  {
    const std::lock_guard guard(state_mutex_);
    if (state_.accounts.contains(open->meter)) return Bytes{};  // said when its turn comes
    Account account;
    Plan plan;
    const Change change{request, utc_now(), state_.settings.transaction_key};
    auto could = change_registers({state_, open->meter, change}, account, plan);
    if (!could) return std::unexpected(could.error());
  }
  return keys_->make_meter(open->meter);
}

/// The keys that an order wants are made in their turn, when it is known that the order
/// stands.
Result<Bytes> WorkingBox::key_for_order(const Request& request) {
  if (const auto* take = std::get_if<TakeAccounts>(&request)) {
    if (state_.settings.retired) return Bytes{};
    const auto document = check_take_over(state_, *take, utc_now());
    if (!document) return Bytes{};  // said when the change is made
    std::vector<Bytes> made;
    for (const auto& [meter, account] : document->accounts) {
      auto key = keys_->make_meter(meter);
      if (!key) return std::unexpected(key.error());
      made.push_back(*std::move(key));
    }
    return encode_keys(made);
  }
  const auto* submit = std::get_if<SubmitOrder>(&request);
  if (submit == nullptr || state_.settings.retired) return Bytes{};
  const auto order = verify_order(submit->order, state_.settings.people);
  if (!order || !std::holds_alternative<RenewIssuerKey>(order->action)) return Bytes{};
  if (order->box != state_.settings.box || order->sequence <= state_.settings.last_order) {
    return Bytes{};
  }
  return keys_->make_issuer(state_.settings.issuer_keys + 1);
}

Answer WorkingBox::ask(const Request& request) {
  if (const auto* of = std::get_if<VerifyAddress>(&request)) return verify(*of);
  auto key = key_for(request);
  if (!key) return refusal(key.error());
  Job job;
  job.request = &request;
  job.new_key = *std::move(key);
  {
    const std::lock_guard guard(mutex_);
    if (stop_) return refusal(ErrorKind::unavailable, "the meter box is stopping");
    jobs_.push_back(&job);
  }
  waiting_.notify_one();
  job.done.acquire();
  return std::move(job.answer);
}

void WorkingBox::work() {
  for (;;) {
    Jobs jobs;
    {
      std::unique_lock lock(mutex_);
      waiting_.wait(lock, [this] { return stop_ || !jobs_.empty(); });
      if (jobs_.empty()) return;
      while (!jobs_.empty() && jobs.size() < kJobsPerGroup) {
        jobs.push_back(jobs_.front());
        jobs_.pop_front();
      }
    }
    do_group(std::move(jobs));
    if (ledger_.snapshot_due() && !ledger_.failed()) snapshot();
  }
}

/// Makes the changes in memory. Jobs that need no record, or are refused, are put aside or
/// answered.
std::vector<Draft> WorkingBox::draft(const Jobs& jobs, Jobs& asking) {
  std::vector<Draft> drafts;
  for (Job* job : jobs) {
    if (!changes_state(*job->request)) {
      asking.push_back(job);
      continue;
    }
    const auto repeated = find_repeat(state_, *job->request);
    if (repeated && *repeated) {
      asking.push_back(job);
      continue;
    }
    auto key = key_for_order(*job->request);
    Draft made;
    made.job = job;
    made.at = utc_now();
    made.done.new_key = key ? (job->new_key.empty() ? *key : job->new_key) : Bytes{};
    made.done.request = *job->request;
    if (auto* statement = std::get_if<SignStatement>(&made.done.request)) {
      const Sha256 hash = sha256(statement->payload);
      statement->payload.assign(hash.begin(), hash.end());
    }
    const std::lock_guard guard(state_mutex_);
    auto plan =
        !repeated ? Result<Plan>(std::unexpected(repeated.error()))
        : !key    ? Result<Plan>(std::unexpected(key.error()))
                  : make_change(state_, {made.done.request, made.at, made.done.new_key}, made.undo);
    if (!plan) {
      job->answer = refusal(plan.error());
      job->done.release();
      continue;
    }
    made.plan = *std::move(plan);
    made.version = state_.anchor.version;
    drafts.push_back(std::move(made));
  }
  return drafts;
}

/// When some could not be signed, all changes of the group are undone. Those at fault are answered;
/// when the device is gone, all. What is left in `jobs` can be tried again. True: nothing was
/// wrong.
bool WorkingBox::take_back(std::vector<Draft>& drafts, Jobs& jobs) {
  const auto faulty = [](const Draft& draft) { return draft.fault.has_value(); };
  const auto first = std::find_if(drafts.begin(), drafts.end(), faulty);
  if (first == drafts.end()) return true;
  const Error why = *first->fault;
  {
    const std::lock_guard guard(state_mutex_);
    for (auto it = drafts.rbegin(); it != drafts.rend(); ++it) {
      undo_change(state_, std::move(it->undo));
    }
  }
  for (Draft& draft : drafts) {
    if (why.kind != ErrorKind::unavailable && !draft.fault) {
      jobs.push_back(draft.job);
      continue;
    }
    draft.job->answer = refusal(draft.fault.value_or(why));
    draft.job->done.release();
  }
  drafts.clear();
  return false;
}

void WorkingBox::fail_all(std::vector<Draft>& drafts, const Error& why) {
  for (Draft& draft : drafts) draft.fault = Error{ErrorKind::unavailable, why.message};
  Jobs none;
  take_back(drafts, none);
}

void WorkingBox::do_group(Jobs jobs) {
  Jobs asking;
  std::vector<Draft> drafts;
  if (rolled_back_ || ledger_.failed()) {
    const char* why = rolled_back_
                          ? "the meter box is older than what the data center has heard of "
                            "it: restore it"
                          : "the journal of the meter box failed: start it anew";
    for (Job* job : jobs) {
      job->answer = refusal(rolled_back_ ? ErrorKind::refused : ErrorKind::unavailable, why);
      job->done.release();
    }
    jobs.clear();
  }
  while (!jobs.empty()) {
    drafts = draft(jobs, asking);
    jobs.clear();
    sign_drafts(drafts, *keys_, state_.settings, crew_);
    if (take_back(drafts, jobs)) break;
  }
  if (!drafts.empty()) finish(drafts);
  for (Job* job : asking) answer_reader(*job);
}

void WorkingBox::finish(std::vector<Draft>& drafts) {
  Sha256 chain = durable_.chain;
  const auto frames = frame_drafts(drafts, *keys_, chain);
  if (!frames) return fail_all(drafts, frames.error());
  if (auto written = ledger_.append(*frames, drafts.front().version); !written) {
    log_("the journal failed, nothing more is done: " + written.error().message);
    return fail_all(drafts, written.error());
  }
  const std::lock_guard guard(state_mutex_);
  state_.anchor.chain = chain;
  durable_ = state_.anchor;
  for (std::size_t i = 0; i < drafts.size(); ++i) {
    Draft& draft = drafts[i];
    const Anchor anchor{draft.version, i + 1 < drafts.size() ? drafts[i + 1].before : chain};
    auto answer = answer_of(state_, draft.done, anchor);
    draft.job->answer = answer ? *std::move(answer) : refusal(answer.error());
    draft.job->done.release();
  }
}

/// What asks only, and what was done before. Everything in memory is durable now.
void WorkingBox::answer_reader(Job& job) {
  const Request& request = *job.request;
  if (const auto* of = std::get_if<Hello>(&request)) {
    job.answer = hello(of->anchor);
  } else if (const auto* audit = std::get_if<Audit>(&request)) {
    const auto account = state_.accounts.find(audit->meter);
    if (account == state_.accounts.end()) {
      job.answer = refusal(ErrorKind::not_found, "no such account in this box");
    } else {
      const Account& it = account->second;
      job.answer =
          AccountAnswer{it.registers, it.state, it.fund_limit, it.public_key, {}, durable_};
    }
  } else if (std::holds_alternative<AskKeys>(request)) {
    job.answer = BoxKeys{state_.settings.issuer, state_.settings.transaction_key,
                         state_.settings.issuer_key, durable_};
  } else {
    const auto repeated = find_repeat(state_, request);
    job.answer = !repeated    ? refusal(repeated.error())
                 : !*repeated ? refusal(ErrorKind::unavailable, "ask again")
                              : repeat(**repeated);
  }
  job.done.release();
}

Answer WorkingBox::repeat(std::uint64_t version) {
  const auto recorded = ledger_.read(version);
  if (!recorded) return refusal(recorded.error());
  const Done* done = std::get_if<Done>(&recorded->entry.what);
  if (done == nullptr) return refusal(ErrorKind::internal, "the first record is no request");
  auto answer = answer_of(state_, *done, {version, recorded->hash});
  return answer ? *std::move(answer) : refusal(answer.error());
}

/// Can this journal show what the other side has heard?
Answer WorkingBox::hello(const Anchor& anchor) {
  bool shown = anchor.version == 0 || anchor == durable_ ||
               (anchor == state_.settings.recovered && !state_.settings.recovering);
  if (!shown && anchor.version < durable_.version) {
    const auto recorded = ledger_.read(anchor.version);
    shown = recorded && recorded->hash == anchor.chain;
  }
  if (shown) {
    return BoxKeys{state_.settings.issuer, state_.settings.transaction_key,
                   state_.settings.issuer_key, durable_};
  }
  rolled_back_ = true;
  const std::string why = "rolled back: the data center has heard of record " +
                          std::to_string(anchor.version) + ", the journal ends at " +
                          std::to_string(durable_.version) + " or is another one";
  log_(why);
  return refusal(ErrorKind::refused, why);
}

Answer WorkingBox::verify(const VerifyAddress& request) {
  const auto token = postal::parse_token(request.token);
  if (!token) return refusal(token.error());
  if (!token->token.address) return AddressVerdict{false};
  const auto binding = bind_address(keys_->address(), token->token, request.address);
  if (!binding) return refusal(binding.error());
  return AddressVerdict{postal::equal_macs(*binding, *token->token.address)};
}

void WorkingBox::snapshot() {
  if (auto taken = ledger_.take_snapshot(state_, keys_->seal()); !taken) {
    log_("no snapshot was taken: " + taken.error().message);
    return;
  }
  keep_floor();
}

void WorkingBox::keep_floor() {
  if (durable_.version <= floor_from_) return;
  if (auto kept = keys_->keep_floor(durable_); !kept) {
    log_("the HSM does not keep the version: " + kept.error().message);
  }
}

void WorkingBox::stop() {
  std::call_once(stopped_, [this] {
    {
      const std::lock_guard guard(mutex_);
      stop_ = true;
    }
    waiting_.notify_one();
    worker_.join();
    if (!ledger_.failed() && !rolled_back_) keep_floor();
  });
}

}  // namespace

Result<std::unique_ptr<Box>> Box::open(const std::filesystem::path& folder,
                                       std::unique_ptr<Keyring> keys, Log log) {
  auto lock = lock_file(folder / "lock");
  if (!lock) return std::unexpected(lock.error());
  const auto floor = keys->floor();
  if (!floor) return std::unexpected(floor.error());
  auto opened = Ledger::open(folder, keys->seal(), *floor);
  if (!opened) return std::unexpected(opened.error());
  auto& [ledger, state] = *opened;
  log("record " + std::to_string(state.anchor.version) + ", " +
      std::to_string(state.accounts.size()) + " accounts");
  if (auto kept = keys->keep_floor(state.anchor); !kept) return std::unexpected(kept.error());
  return std::unique_ptr<Box>(new WorkingBox(std::move(*lock), std::move(ledger), std::move(state),
                                             std::move(keys), std::move(log)));
}

Result<Anchor> Box::recover(const std::filesystem::path& folder, std::unique_ptr<Keyring> keys,
                            std::span<const Bytes> orders, Log log) {
  auto lock = lock_file(folder / "lock");
  if (!lock) return std::unexpected(lock.error());
  const auto floor = keys->floor();
  if (!floor) return std::unexpected(floor.error());
  auto opened = Ledger::open(folder, keys->seal(), {});
  if (!opened) return std::unexpected(opened.error());
  auto& [ledger, state] = *opened;
  for (const Bytes& order : orders) {
    const auto inspected = inspect_order(order);
    if (!inspected) return std::unexpected(inspected.error());
    const auto* recover = std::get_if<Recover>(&inspected->order.action);
    if (recover == nullptr || recover->anchor.version < floor->version) {
      return fail(ErrorKind::refused, "order: it is none to recover up to record " +
                                          std::to_string(floor->version) + ", which the HSM knows");
    }
  }
  WorkingBox box(std::move(*lock), std::move(ledger), std::move(state), std::move(keys),
                 std::move(log));
  box.floor_from(floor->version);
  Anchor reached;
  for (const Bytes& order : orders) {
    const Answer answer = box.ask(SubmitOrder{order});
    if (const auto* refused = std::get_if<Refusal>(&answer)) {
      return fail(refused->kind, refused->message);
    }
    reached = std::get<Statement>(answer).anchor;
  }
  box.stop();
  if (reached.version > floor->version) return reached;
  return fail(ErrorKind::refused, "the journal is still older than what the HSM knows");
}

Result<void> Box::create(const std::filesystem::path& folder, Founding founding, Keyring& keys) {
  const auto transaction = keys.transaction();
  if (!transaction) return std::unexpected(transaction.error());
  auto issuer = keys.make_issuer(1);
  if (!issuer) return std::unexpected(issuer.error());
  founding.transaction_key = (*transaction)->public_key();
  founding.issuer_key = *std::move(issuer);
  std::random_device random;
  for (std::uint8_t& byte : founding.nonce) byte = static_cast<std::uint8_t>(random());
  auto created = Ledger::create(folder, founding, utc_now(), keys.seal());
  if (!created) return created;
  const auto recorded = Ledger::audit(folder, keys.seal());
  if (!recorded) return std::unexpected(recorded.error());
  return keys.keep_floor(recorded->state.anchor);
}

}  // namespace backstamp::datacenter::meterbox
