#include "programs/bench/read_run.h"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <mutex>
#include <thread>
#include <utility>

#include "datasets/known_mail.h"
#include "vision/decode_pool.h"

namespace backstamp::bench {
namespace {

/// The rung of the ladder that a reading's own step belongs to: where its cost was counted.
std::string rung_of(const vision::Reading& reading) {
  using postal::Symbology;
  if (reading.rung.starts_with("whole")) return "whole";
  if (reading.symbology == Symbology::pdf417) return "pdf417";
  if (is_matrix(reading.symbology)) return "matrix";
  const bool linear =
      reading.symbology == Symbology::code128 || reading.symbology == Symbology::itf;
  return linear ? "linear" : "4-state";
}

using Clock = std::chrono::steady_clock;
using namespace std::chrono_literals;

constexpr std::size_t kBatchFaces = 64;
constexpr std::size_t kBatchBytes = 256u << 20;
constexpr std::size_t kUnreadable = 1000;  // so much is wrong that going on tells nothing

struct UnpackedFace {
  datasets::FaceTruth truth;
  vision::Frame frame;
};
using Batch = std::vector<UnpackedFace>;

double milliseconds(std::chrono::nanoseconds time) {
  return std::chrono::duration<double, std::milli>(time).count();
}

class Bench {
 public:
  Bench(const ReadPlan& plan, datasets::KnownMail mail, vision::DecodePool pool)
      : plan_(plan), mail_(std::move(mail)), pool_(std::move(pool)) {}

  Result<ReadRun> run(const FacesDone& progress) {
    if (plan_.peer) {
      // A pool of its own: where the peer kills its worker, ours stays warm.
      auto pool = vision::DecodePool::start({});
      if (!pool) return std::unexpected(pool.error());
      peer_pool_.emplace(std::move(*pool));
    }
    while (!ended_) {
      const Batch batch = next_batch();
      if (batch.empty()) continue;
      if (auto done = warm_up(batch); !done) return std::unexpected(done.error());
      if (auto done = read_one_by_one(batch); !done) return std::unexpected(done.error());
      for (unsigned threads = 1; plan_.threads > 1 && threads <= plan_.threads; ++threads)
        if (auto done = read_at_once(batch, threads); !done) return std::unexpected(done.error());
      progress(run_.faces.size());
    }
    if (run_.faces.empty() && run_.unreadable.empty())
      return fail(ErrorKind::invalid,
                  plan_.mail.string() + ": no faces of which the truth is known");
    return std::move(run_);
  }

 private:
  Batch next_batch() {
    Batch batch;
    std::size_t bytes = 0;
    while (!ended_ && batch.size() < kBatchFaces && bytes < kBatchBytes) {
      const bool enough = plan_.limit > 0 && run_.faces.size() + batch.size() >= plan_.limit;
      if (enough || run_.unreadable.size() >= kUnreadable) {
        ended_ = true;
        break;
      }
      auto face = mail_.next();
      if (!face) {
        run_.unreadable.push_back(face.error().message);
        continue;
      }
      if (!*face) {
        ended_ = true;
        break;
      }
      auto frame = pool_.unpack((*face)->picture, Clock::now() + 60s);
      if (!frame) {
        run_.unreadable.push_back((*face)->truth.image + ": " + frame.error().message);
        continue;
      }
      bytes += static_cast<std::size_t>(frame->width_px()) *
               static_cast<std::size_t>(frame->height_px());
      batch.push_back({std::move((*face)->truth), std::move(*frame)});
    }
    return batch;
  }

  Result<vision::FaceReading> read(const vision::Frame& frame) {
    // The reader keeps its budget by itself; only one that hangs meets the deadline.
    return pool_.read(frame.view(), plan_.how, Clock::now() + plan_.how.budget + 30s);
  }

  Result<vision::FaceReading> read_by_peer(const vision::Frame& frame) {
    return peer_pool_->read_by_peer(frame.view(), plan_.how.formats, Clock::now() + 60s);
  }

  /// The first face that a worker sees pays for pages and tables that later ones find.
  Result<void> warm_up(const Batch& batch) {
    if (std::exchange(warm_, true)) return {};
    if (auto done = share_out(batch, plan_.threads); !done) return done;
    if (!peer_pool_) return {};
    const auto reading = read_by_peer(batch.front().frame);
    if (!reading) return std::unexpected(reading.error());
    return {};
  }

  Result<void> read_one_by_one(const Batch& batch) {
    for (const UnpackedFace& face : batch) {
      FaceResult result;
      result.truth = face.truth;
      const bool again = plan_.rounds > 1;
      for (unsigned round = 0; round < plan_.rounds; ++round) {
        const auto ours = read(face.frame);
        if (!ours) return std::unexpected(ours.error());
        if (round == 0) account(face.truth, *ours, result.ours);
        if (again) shorten(*ours, result.ours);
        if (!peer_pool_) continue;
        const auto peer = read_by_peer(face.frame);
        if (!peer) return std::unexpected(peer.error());
        if (round == 0) result.peer = attempt_of(face.truth, *peer);
        if (again) shorten(*peer, *result.peer);
      }
      run_.faces.push_back(std::move(result));
    }
    return {};
  }

  double time_of(const vision::FaceReading& reading) const {
    return milliseconds(plan_.processor_time ? reading.cpu : reading.elapsed);
  }

  Attempt attempt_of(const datasets::FaceTruth& truth, const vision::FaceReading& reading) const {
    Attempt attempt;
    // A pool that had to kill a worker has no time to tell.
    attempt.answered = reading.elapsed.count() > 0;
    attempt.ms = time_of(reading);
    for (const vision::Reading& one : reading.readings) {
      attempt.seen.push_back({std::string(postal::to_string(one.symbology)), one.content});
      attempt.rungs.push_back(one.rung);
    }
    attempt.score = datasets::score_face(truth, attempt.seen);
    return attempt;
  }

  void shorten(const vision::FaceReading& reading, Attempt& attempt) const {
    if (reading.elapsed.count() > 0) attempt.ms = std::min(attempt.ms, time_of(reading));
  }

  RungTotal& total(const std::string& rung) {
    const auto found = std::find_if(run_.rungs.begin(), run_.rungs.end(),
                                    [&](const RungTotal& one) { return one.rung == rung; });
    if (found != run_.rungs.end()) return *found;
    run_.rungs.push_back({.rung = rung});
    return run_.rungs.back();
  }

  void account(const datasets::FaceTruth& truth, const vision::FaceReading& reading,
               Attempt& attempt) {
    attempt = attempt_of(truth, reading);
    for (const vision::RungCost& cost : reading.rungs) {
      RungTotal& sum = total(cost.rung);
      sum.tries += cost.tries;
      sum.reads += cost.reads;
      sum.us += milliseconds(cost.spent) * 1000;
    }
    for (const std::size_t right : attempt.score.right)
      ++total(rung_of(reading.readings[right])).right;
  }

  /// Reads the batch with `threads` threads, each of which takes the next face.
  Result<void> share_out(const Batch& batch, unsigned threads) {
    std::atomic<std::size_t> next = 0;
    std::mutex mutex;
    std::optional<Error> error;
    {
      std::vector<std::jthread> workers;
      for (unsigned i = 0; i < threads; ++i) {
        workers.emplace_back([&] {
          for (std::size_t at = next++; at < batch.size(); at = next++) {
            const auto reading = read(batch[at].frame);
            if (reading) continue;
            const std::lock_guard lock(mutex);
            error = reading.error();
          }
        });
      }
    }
    if (error) return std::unexpected(*error);
    return {};
  }

  Result<void> read_at_once(const Batch& batch, unsigned threads) {
    if (run_.scaling.size() < threads) run_.scaling.push_back({.threads = threads});
    ThreadRate& rate = run_.scaling[threads - 1];
    const auto begin = Clock::now();
    auto done = share_out(batch, threads);
    rate.seconds += std::chrono::duration<double>(Clock::now() - begin).count();
    rate.faces += batch.size();
    return done;
  }

  const ReadPlan& plan_;
  datasets::KnownMail mail_;
  vision::DecodePool pool_;
  std::optional<vision::DecodePool> peer_pool_;
  ReadRun run_;
  bool warm_ = false;
  bool ended_ = false;
};

}  // namespace

Result<ReadRun> run_read(const ReadPlan& plan, const FacesDone& progress) {
  auto mail = datasets::KnownMail::open(plan.mail);
  if (!mail) return std::unexpected(mail.error());
  vision::DecodePoolOptions options;
  options.workers = plan.threads;
  auto pool = vision::DecodePool::start(options);
  if (!pool) return std::unexpected(pool.error());
  return Bench(plan, std::move(*mail), std::move(*pool)).run(progress);
}

}  // namespace backstamp::bench
