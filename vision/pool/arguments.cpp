#include "vision/pool/arguments.h"

#include <charconv>
#include <string_view>
#include <utility>

namespace backstamp::vision {
namespace {

template <typename T>
bool parse_number(std::string_view text, T& value) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  return error == std::errc{} && end == text.data() + text.size();
}

bool parse_descriptor(std::string_view text, int& value) {
  return parse_number(text, value) && value > 2;
}

bool parse_wish(std::string_view text, RealtimeProfile& profile) {
  const std::size_t equals = text.find('=');
  const std::string_view name = text.substr(0, equals);
  const std::string_view value =
      equals == std::string_view::npos ? std::string_view() : text.substr(equals + 1);
  if (name == "cpus") {
    auto cpus = parse_cpus(value);
    if (cpus) profile.cpus = std::move(*cpus);
    return cpus.has_value();
  }
  if (name == "fifo") return parse_number(value, profile.fifo_priority);
  if (name == "nice") return parse_number(value, profile.nice);
  profile.lock_memory = text == "lock";
  return profile.lock_memory;
}

}  // namespace

std::vector<std::string> format_arguments(const WorkerArguments& arguments) {
  std::vector<std::string> out = {std::to_string(arguments.socket),
                                  std::to_string(arguments.memory),
                                  arguments.ring < 0 ? "-" : std::to_string(arguments.ring),
                                  std::to_string(arguments.ring_bytes)};
  const RealtimeProfile& profile = arguments.profile;
  if (!profile.cpus.empty()) out.push_back("cpus=" + format_cpus(profile.cpus));
  if (profile.fifo_priority != 0) out.push_back("fifo=" + std::to_string(profile.fifo_priority));
  if (profile.nice != 0) out.push_back("nice=" + std::to_string(profile.nice));
  if (profile.lock_memory) out.push_back("lock");
  return out;
}

std::optional<WorkerArguments> parse_arguments(int argument_count, char** arguments) {
  WorkerArguments out;
  if (argument_count < 5 || !parse_descriptor(arguments[1], out.socket) ||
      !parse_descriptor(arguments[2], out.memory) || !parse_number(arguments[4], out.ring_bytes))
    return std::nullopt;
  const bool ring = std::string_view(arguments[3]) != "-";
  if (ring && !parse_descriptor(arguments[3], out.ring)) return std::nullopt;
  if (ring != (out.ring_bytes > 0)) return std::nullopt;
  for (int i = 5; i < argument_count; ++i)
    if (!parse_wish(arguments[i], out.profile)) return std::nullopt;
  return out;
}

}  // namespace backstamp::vision
