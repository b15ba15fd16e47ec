#include "vision/linear/itf.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "vision/linear/doubt.h"
#include "vision/linear/itf_decode.h"

namespace backstamp::vision {
namespace {

using postal::NoReadCause;
using postal::Symbology;

/// How far the digits are, 0 to 1, from being unsure without their check digit, which would pass
/// one wrong symbol in ten; none when they are: any wrong pair must be improbable (1 in 100)
/// already.
std::optional<float> reserve_of(const ItfDigits& digits) {
  constexpr float kWrong = 0.01f, kUsual = 60, kMostNoise = 0.03f;
  float sum = 0;
  for (const float margin : digits.margins) sum += doubt(margin);
  const float reserve =
      std::min({1 - digits.noise / kMostNoise,
                1 - kUsual / std::max(usual_margin(digits.margins), 1.0f), 1 - sum / kWrong});
  return reserve > 0 ? std::optional(reserve) : std::nullopt;
}

}  // namespace

bool has_post_check_digit(std::string_view digits) {
  if (digits.size() < 2) return false;
  int sum = 0;
  int weight = 4;
  for (std::size_t i = digits.size() - 1; i-- > 0; weight = 13 - weight)
    sum += weight * (digits[i] - '0');
  return (10 - sum % 10) % 10 == digits.back() - '0';
}

Outlook read_itf(const BoxLooks& looks, std::size_t look, LinearAttempt& attempt) {
  const std::vector<ItfFrame> frames = find_itf_frames(looks.ways());
  for (const ItfFrame& frame : frames) {
    const ItfDigits found = decode_itf(looks.ways().way(frame.reversed), frame);
    const std::optional<float> reserve = reserve_of(found);
    if (!reserve) continue;
    const auto quarters = static_cast<float>(ItfFrame::quarters(frame.pairs, frame.wide));
    const Quad outline = looks.outline(
        frame.first, frame.first + quarters / kPerModule * frame.module, frame.reversed);
    if (!has_post_check_digit(found.digits)) {
      Candidate candidate;
      candidate.outline = outline;
      candidate.looks_like = Symbology::itf;
      candidate.module_px = frame.module / kPerPixel;
      candidate.contrast = looks.contrast();
      candidate.cause = NoReadCause::checksum;
      candidate.correction_margin = 0;
      attempt.candidate = candidate;
      return Outlook::hopeless;
    }
    Reading reading;
    reading.symbology = Symbology::itf;
    reading.content.assign(found.digits.begin(), found.digits.end());
    reading.text = found.digits;
    reading.outline = outline;
    reading.module_px = frame.module / kPerPixel;
    reading.contrast = looks.contrast();
    reading.correction_margin = *reserve;
    reading.rung = look == 0 ? "itf" : "itf-soft";
    attempt = {std::move(reading), std::nullopt};
    return Outlook::read;
  }
  return frames.empty() ? Outlook::hopeless : Outlook::promising;
}

}  // namespace backstamp::vision
