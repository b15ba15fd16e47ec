// Lines of a Linux GPIO character device (linux/gpio.h, version 2 of its interface).
#include <fcntl.h>
#include <linux/gpio.h>
#include <sys/ioctl.h>

#include <array>
#include <cerrno>
#include <cstring>

#include "base/file.h"
#include "station/sorter.h"

namespace backstamp::station {
namespace {

constexpr std::string_view kConsumer = "backstamp-station";

class GpioLines final : public DiscreteLines {
 public:
  GpioLines(UniqueFd outputs, UniqueFd inputs, const DiscreteConfig& config)
      : outputs_(std::move(outputs)),
        inputs_(std::move(inputs)),
        out_{config.divert_line, config.ready_line},
        in_{config.trigger_input, config.running_input, config.jam_input} {}

  Result<void> set(unsigned line, bool high) override {
    gpio_v2_line_values values{};
    for (std::size_t i = 0; i < out_.size(); ++i) {
      if (out_[i] == line) values.mask = 1ull << i;
    }
    if (values.mask == 0) return fail(ErrorKind::invalid, "GPIO: no output of ours");
    values.bits = high ? values.mask : 0;
    if (::ioctl(outputs_.get(), GPIO_V2_LINE_SET_VALUES_IOCTL, &values) != 0) {
      return std::unexpected(system_error("GPIO: set a line", errno));
    }
    return {};
  }

  Result<std::uint32_t> inputs() override {
    gpio_v2_line_values values{};
    values.mask = (1ull << in_.size()) - 1;
    if (::ioctl(inputs_.get(), GPIO_V2_LINE_GET_VALUES_IOCTL, &values) != 0) {
      return std::unexpected(system_error("GPIO: read lines", errno));
    }
    std::uint32_t lines = 0;
    for (std::size_t i = 0; i < in_.size(); ++i) {
      if ((values.bits >> i & 1) != 0) lines |= 1u << in_[i];
    }
    return lines;
  }

 private:
  UniqueFd outputs_;
  UniqueFd inputs_;
  std::array<unsigned, 2> out_;
  std::array<unsigned, 3> in_;
};

Result<UniqueFd> request(int chip, std::initializer_list<unsigned> offsets, std::uint64_t flags) {
  gpio_v2_line_request wanted{};
  for (const unsigned offset : offsets) wanted.offsets[wanted.num_lines++] = offset;
  std::memcpy(wanted.consumer, kConsumer.data(), kConsumer.size());
  wanted.config.flags = flags;
  if (::ioctl(chip, GPIO_V2_GET_LINE_IOCTL, &wanted) != 0) {
    return std::unexpected(system_error("GPIO: request lines", errno));
  }
  return UniqueFd(wanted.fd);
}

}  // namespace

Result<std::unique_ptr<DiscreteLines>> open_gpio(const DiscreteConfig& config) {
  const UniqueFd chip(::open(config.chip.c_str(), O_RDWR | O_CLOEXEC));
  if (!chip) return std::unexpected(system_error("open " + config.chip, errno));
  const std::uint64_t low = config.active_low ? GPIO_V2_LINE_FLAG_ACTIVE_LOW : 0;
  auto outputs =
      request(chip.get(), {config.divert_line, config.ready_line}, GPIO_V2_LINE_FLAG_OUTPUT | low);
  if (!outputs) return fail(config.chip, outputs.error());
  auto inputs = request(chip.get(), {config.trigger_input, config.running_input, config.jam_input},
                        GPIO_V2_LINE_FLAG_INPUT | low);
  if (!inputs) return fail(config.chip, inputs.error());
  return std::make_unique<GpioLines>(std::move(*outputs), std::move(*inputs), config);
}

}  // namespace backstamp::station
