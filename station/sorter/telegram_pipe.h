// One connection that carries telegrams: framing, numbering, bounded buffers, times.
#pragma once

#include <array>
#include <optional>

#include "base/clock.h"
#include "station/sorter/sockets.h"
#include "station/sorter/telegram.h"

namespace backstamp::station {

/// Neither end waits. Thread-bound.
class TelegramPipe {
 public:
  TelegramPipe(UniqueFd fd, SteadyTime now) : fd_(std::move(fd)), heard_(now), progress_(now) {}

  int fd() const { return fd_.get(); }
  /// Takes what has arrived, as far as there is room; false when the other end has closed.
  bool receive();
  /// The next whole telegram of what has arrived; none when there is no more. Fails (invalid) for
  /// nonsense, a number that is not the next one included; nothing must be asked afterwards.
  Result<std::optional<telegram::Telegram>> next(SteadyTime now);
  /// When the last whole telegram was heard (at first: when the connection began).
  SteadyTime heard() const { return heard_; }
  /// Whether the bytes that could not be understood were those of another version.
  bool wrong_version() const { return wrong_version_; }

  bool room() const { return out_end_ + telegram::kMostBytes <= out_.size(); }
  bool empty() const { return out_begin_ == out_end_; }
  /// Queues a telegram; there must be room.
  void put(const telegram::Message& message);
  /// Sends what is queued, as far as it goes; false when the connection is broken.
  bool flush(SteadyTime now);
  /// When something went, or nothing was there to go.
  SteadyTime progress() const { return progress_; }
  /// Sends what is queued, as far as it goes, and ends.
  void end(SteadyTime now);
  /// The last words, then the end.
  void close_with(telegram::Farewell why, SteadyTime now);

 private:
  UniqueFd fd_;
  std::array<std::uint8_t, 4096> in_;
  std::size_t in_begin_ = 0;
  std::size_t in_end_ = 0;
  std::array<std::uint8_t, 4096> out_;
  std::size_t out_begin_ = 0;
  std::size_t out_end_ = 0;
  std::uint32_t number_in_ = 0;
  std::uint32_t number_out_ = 0;
  SteadyTime heard_;
  SteadyTime progress_;
  bool wrong_version_ = false;
};

}  // namespace backstamp::station
