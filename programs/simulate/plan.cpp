#include "programs/simulate/plan.h"

#include <algorithm>
#include <cmath>

#include "datasets/random.h"

namespace backstamp::simulate {
namespace {

using datasets::Random;
using namespace std::chrono_literals;

/// The part of `total` that falls to one of `parts`.
std::uint32_t part_of(std::uint32_t total, std::size_t parts, std::size_t which) {
  const auto count = static_cast<std::uint32_t>(parts);
  return total / count + (which < total % count ? 1 : 0);
}

Micros micros_of(double seconds) {
  return Micros(static_cast<std::int64_t>(std::llround(seconds * 1e6)));
}

/// A moment in the middle of the i-th of `of` equal parts of the run.
Micros moment(Random& random, std::uint32_t i, std::uint32_t of, Micros duration) {
  const double share = (i + random.real(0.3, 0.6)) / of;
  return Micros(static_cast<std::int64_t>(share * static_cast<double>(duration.count())));
}

/// Single pictures that are wrong, spread over the run.
void plant(std::vector<PictureFault>& pictures, Random& random, std::uint32_t count,
           PictureFault fault) {
  for (std::uint32_t i = 0; i < count && !pictures.empty(); ++i) {
    const double share = (i + random.real(0.1, 0.9)) / count;
    const auto place = static_cast<std::size_t>(static_cast<double>(pictures.size()) * share);
    pictures[std::min(place, pictures.size() - 1)] = fault;
  }
}

std::vector<PictureFault> plan_pictures(const Belt& belt, std::size_t camera, std::size_t which,
                                        std::size_t cameras, const Options& options,
                                        Micros duration) {
  Random random(datasets::derive_seed(options.seed, 0x70696300 + which));
  std::vector<PictureFault> pictures(belt.pieces().size(), PictureFault::none);
  const LineFaults& faults = options.faults;
  const auto mine = [&](std::uint32_t total) { return part_of(total, cameras, which); };
  plant(pictures, random, mine(faults.damaged), PictureFault::damaged);
  plant(pictures, random, mine(faults.frozen), PictureFault::frozen);
  plant(pictures, random, mine(faults.wrong_size), PictureFault::wrong_size);
  const std::uint32_t unplugs = mine(faults.unplugs);
  for (std::uint32_t i = 0; i < unplugs; ++i) {
    const Micros from = moment(random, i, unplugs, duration);
    const Micros until = from + std::min(micros_of(random.real(1, 2.5)), duration / (3 * unplugs));
    for (std::size_t piece = 0; piece < pictures.size(); ++piece) {
      const auto at = pictured_at(belt, belt.pieces()[piece], camera);
      if (at && *at >= from && *at < until) pictures[piece] = PictureFault::away;
    }
  }
  return pictures;
}

/// Every n-th piece of a lane, the three kinds a third of n apart, and no two lanes at once: what
/// is looked for is what a failing worker does to others, not what all of them do together.
std::vector<WorkerFault> plan_workers(std::size_t pieces, std::size_t lane, std::size_t lanes,
                                      const WorkerFaults& faults) {
  std::vector<WorkerFault> plan(pieces, WorkerFault::none);
  const auto each = [&](std::uint32_t n, std::uint32_t third, WorkerFault fault) {
    if (n == 0) return;
    for (std::size_t at = (n * third / 3 + n * lane / lanes) % n; at < pieces; at += n) {
      plan[at] = fault;
    }
  };
  each(faults.crash, 1, WorkerFault::crash);
  each(faults.hang, 2, WorkerFault::hang);
  each(faults.bloat, 0, WorkerFault::bloat);
  return plan;
}

std::vector<LinkFault> plan_link(const Options& options, Micros duration) {
  Random random(datasets::derive_seed(options.seed, 0x6C696E6B));
  std::vector<LinkFault::Kind> kinds;
  const LineFaults& faults = options.faults;
  kinds.insert(kinds.end(), faults.plc_cuts, LinkFault::Kind::cut);
  kinds.insert(kinds.end(), faults.plc_silences, LinkFault::Kind::silence);
  kinds.insert(kinds.end(), faults.plc_nonsense, LinkFault::Kind::nonsense);
  const auto count = static_cast<std::uint32_t>(kinds.size());
  for (std::uint32_t i = count; i > 1; --i) std::swap(kinds[i - 1], kinds[random.below(i)]);
  std::vector<LinkFault> plan;
  for (std::uint32_t i = 0; i < count; ++i) {
    // A silence must outlast what the link takes for a sign of life (two seconds).
    const Micros wanted = kinds[i] == LinkFault::Kind::silence ? Micros(3s)
                          : kinds[i] == LinkFault::Kind::cut   ? micros_of(random.real(0.3, 1.5))
                                                               : Micros(0);
    plan.push_back({kinds[i], moment(random, i, count, duration), wanted});
  }
  return plan;
}

}  // namespace

double camera_mm(std::size_t camera) {
  return kFirstCamera_mm + kNextCamera_mm * static_cast<double>(camera);
}

std::optional<Micros> pictured_at(const Belt& belt, const BeltPiece& piece, std::size_t camera) {
  const auto exposed = belt.reaches(piece.leading_mm + camera_mm(camera));
  if (!exposed) return std::nullopt;
  return *exposed + kTransfer;
}

std::uint64_t LinePlan::pieces() const {
  std::uint64_t sum = 0;
  for (const LanePlan& lane : lanes) sum += lane.belt.pieces().size();
  return sum;
}

std::vector<Belt> LinePlan::belts() const {
  std::vector<Belt> all;
  for (const LanePlan& lane : lanes) all.push_back(lane.belt);
  return all;
}

LinePlan plan_line(const Options& options, double seconds, std::span<const double> lengths_mm) {
  LinePlan plan;
  plan.duration = micros_of(seconds);
  const std::size_t cameras = std::size_t{options.lanes} * options.cameras_per_lane;
  for (unsigned lane = 0; lane < options.lanes; ++lane) {
    const auto mine = [&](std::uint32_t total) { return part_of(total, options.lanes, lane); };
    BeltOptions belt;
    belt.pieces_per_hour = options.rate;
    belt.duration = plan.duration;
    belt.phase = micros_of(3600.0 / options.rate * lane / options.lanes);
    belt.jams = mine(options.faults.jams);
    belt.doubles = mine(options.faults.doubles);
    belt.missing = mine(options.faults.missing);
    belt.speed_changes = mine(options.faults.speed_changes);
    belt.seed = datasets::derive_seed(options.seed, 0x62656C7400 + lane);
    LanePlan one{"LANE-" + std::to_string(lane + 1), Belt::make(belt, lengths_mm), {}, {}};
    for (std::size_t camera = 0; camera < options.cameras_per_lane; ++camera) {
      const std::size_t which = camera * options.lanes + lane;
      one.pictures.push_back(
          plan_pictures(one.belt, camera, which, cameras, options, plan.duration));
    }
    one.workers =
        plan_workers(one.belt.pieces().size(), lane, options.lanes, options.worker_faults);
    plan.lanes.push_back(std::move(one));
  }
  plan.link = plan_link(options, plan.duration);
  return plan;
}

}  // namespace backstamp::simulate
