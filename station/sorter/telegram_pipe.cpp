#include "station/sorter/telegram_pipe.h"

#include <algorithm>

#include "base/assert.h"

namespace backstamp::station {

bool TelegramPipe::receive() {
  if (in_begin_ > 0) {
    std::copy(in_.begin() + static_cast<std::ptrdiff_t>(in_begin_),
              in_.begin() + static_cast<std::ptrdiff_t>(in_end_), in_.begin());
    in_end_ -= in_begin_;
    in_begin_ = 0;
  }
  if (in_end_ == in_.size()) return true;
  std::size_t count = 0;
  const Moved moved = receive_some(fd_.get(), std::span(in_).subspan(in_end_), count);
  in_end_ += count;
  return moved != Moved::ended;
}

Result<std::optional<telegram::Telegram>> TelegramPipe::next(SteadyTime now) {
  const ByteView front(in_.data() + in_begin_, in_end_ - in_begin_);
  const auto length = telegram::front_length(front);
  if (!length) return std::unexpected(length.error());
  if (!*length || front.size() < **length) return std::nullopt;
  const ByteView whole = front.first(**length);
  auto telegram = telegram::decode(whole);
  if (!telegram) {
    wrong_version_ = telegram::wrong_version(whole);
    return std::unexpected(telegram.error());
  }
  if (telegram->number != ++number_in_) {
    return fail(ErrorKind::invalid, "telegram: a number that is not the next one");
  }
  in_begin_ += whole.size();
  heard_ = now;
  return *telegram;
}

void TelegramPipe::put(const telegram::Message& message) {
  BACKSTAMP_ASSERT(room());
  const telegram::Encoded encoded = telegram::encode({++number_out_, message});
  std::copy_n(encoded.bytes.begin(), encoded.size,
              out_.begin() + static_cast<std::ptrdiff_t>(out_end_));
  out_end_ += encoded.size;
}

bool TelegramPipe::flush(SteadyTime now) {
  if (empty()) progress_ = now;
  while (!empty()) {
    std::size_t count = 0;
    const auto waiting = std::span(out_).subspan(out_begin_, out_end_ - out_begin_);
    const Moved moved = send_some(fd_.get(), waiting, count);
    if (moved == Moved::ended) return false;
    if (moved == Moved::none) break;
    out_begin_ += count;
    progress_ = now;
  }
  if (empty()) {
    out_begin_ = out_end_ = 0;
  } else if (!room()) {
    std::copy(out_.begin() + static_cast<std::ptrdiff_t>(out_begin_),
              out_.begin() + static_cast<std::ptrdiff_t>(out_end_), out_.begin());
    out_end_ -= out_begin_;
    out_begin_ = 0;
  }
  return true;
}

void TelegramPipe::end(SteadyTime now) {
  static_cast<void>(flush(now));
  end_politely(std::move(fd_));
}

void TelegramPipe::close_with(telegram::Farewell why, SteadyTime now) {
  if (!fd_) return;
  if (room()) put(telegram::FarewellTelegram{why});
  end(now);
}

}  // namespace backstamp::station
