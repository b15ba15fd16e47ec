#include "programs/simulate/figures.h"

#include <algorithm>

namespace backstamp::simulate {
namespace {

std::uint64_t ns(std::chrono::nanoseconds time) {
  return static_cast<std::uint64_t>(std::max<std::int64_t>(time.count(), 0));
}

}  // namespace

void Figures::take(const station::PieceRecord& piece) {
  const std::scoped_lock lock(mutex_);
  ++sums_.pieces;
  const postal::ScanEvent& event = piece.event;
  ++sums_.reasons[std::string(postal::to_string(event.reason))];
  if (event.cause != postal::NoReadCause::none) {
    ++sums_.causes[std::string(postal::to_string(event.cause))];
  }
  if (event.shed != postal::Shed::nothing) {
    ++sums_.shed[std::string(postal::to_string(event.shed))];
  }
  std::chrono::nanoseconds read{};
  for (const station::PiecePicture& picture : piece.pictures) {
    read = std::max(read, picture.reading.elapsed);
    sums_.read_cpu += picture.reading.cpu;
    for (const vision::RungCost& cost : picture.reading.rungs) {
      RungSum& rung = sums_.rungs[cost.rung];
      rung.tries += cost.tries;
      rung.reads += cost.reads;
      rung.spent += cost.spent;
    }
  }
  if (event.pictures == 0 || piece.imaged == SteadyTime{}) {
    ++sums_.without_picture;
    return;
  }
  const auto latency = piece.decided - piece.imaged;
  sums_.latency.record_ns(ns(latency));
  sums_.reading.record_ns(ns(read));
  sums_.waiting.record_ns(ns(latency - read));
}

FigureSums Figures::so_far() const {
  const std::scoped_lock lock(mutex_);
  return sums_;
}

}  // namespace backstamp::simulate
