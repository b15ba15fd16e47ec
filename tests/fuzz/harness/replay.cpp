// Runs a fuzz target without libFuzzer: every file of the folders named, and seeded mutations of
// each, the same on every machine. What kills it is left in ./last-input.
//
//   fuzz_NAME FOLDER...       BACKSTAMP_LONG in the environment: a hundred times the mutations
#include <algorithm>
#include <csignal>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <iterator>
#include <random>
#include <string_view>
#include <vector>

#include <unistd.h>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace {

using Bytes = std::vector<std::uint8_t>;

// Large inputs take long: so many mutations, or so many bytes of them, whichever comes first.
constexpr std::size_t kMutations = 20'000;
constexpr std::size_t kMutatedBytes = 4 << 20;
constexpr std::size_t kLargestInput = 1 << 16;
constexpr const char* kLastInput = "last-input";

Bytes last_input;  // what is running, for the handler below

/// Writes the input that killed the process beside it, so that it can be run again.
void on_fatal_signal(int number) {
  std::ofstream(kLastInput, std::ios::binary)
      .write(reinterpret_cast<const char*>(last_input.data()),
             static_cast<std::streamsize>(last_input.size()));
  constexpr std::string_view kMessage = "replay: the input is in ./last-input\n";
  (void)!::write(2, kMessage.data(), kMessage.size());
  std::signal(number, SIG_DFL);
  std::raise(number);
}

void run(const Bytes& input) {
  last_input = input;
  const Bytes copy(input);  // of exactly its size, so that a sanitizer sees a byte read too far
  LLVMFuzzerTestOneInput(copy.data(), copy.size());
}

std::vector<Bytes> load(int count, char** folders) {
  std::vector<std::filesystem::path> paths;
  for (int i = 1; i < count; ++i) {
    if (!std::filesystem::is_directory(folders[i])) continue;  // no corpus yet
    for (const auto& entry : std::filesystem::directory_iterator(folders[i])) {
      if (entry.is_regular_file()) paths.push_back(entry.path());
    }
  }
  std::sort(paths.begin(), paths.end());
  std::vector<Bytes> inputs;
  for (const auto& path : paths) {
    std::ifstream stream(path, std::ios::binary);
    inputs.emplace_back(std::istreambuf_iterator<char>(stream), std::istreambuf_iterator<char>());
  }
  return inputs;
}

/// One small damage: a bit, a byte, a run cut out, doubled, or taken from another input.
void mutate(Bytes& input, const std::vector<Bytes>& others, std::mt19937& random) {
  const auto below = [&](std::size_t n) { return n == 0 ? 0 : random() % n; };
  const auto at = [&](std::size_t i) { return input.begin() + static_cast<std::ptrdiff_t>(i); };
  constexpr std::uint8_t kTelling[] = {0, 1, 0x7f, 0x80, 0xff, '\n', '"', ' '};
  const std::size_t from = below(input.size());
  const std::size_t length = std::min(1 + below(32), input.size() - from);
  switch (below(7)) {
    case 0:
      if (!input.empty()) input[from] ^= static_cast<std::uint8_t>(1U << below(8));
      break;
    case 1:
      if (!input.empty()) input[from] = static_cast<std::uint8_t>(random());
      break;
    case 2:
      if (!input.empty()) input[from] = kTelling[below(std::size(kTelling))];
      break;
    case 3:
      input.erase(at(from), at(from + length));
      break;
    case 4: {
      const Bytes doubled(at(from), at(from + length));
      if (input.size() < kLargestInput) input.insert(at(from), doubled.begin(), doubled.end());
      break;
    }
    case 5: {
      const Bytes& other = others[below(others.size())];
      const std::size_t start = below(other.size());
      for (std::size_t i = 0; i < length && start + i < other.size(); ++i) {
        input[from + i] = other[start + i];
      }
      break;
    }
    default:
      input.resize(from);
  }
}

}  // namespace

int main(int argc, char** argv) {
  const std::vector<Bytes> inputs = load(argc, argv);
  if (inputs.empty()) {
    std::cerr
        << "replay: no input in the folders named: add seeds to tests/fuzz/harness/seeds.cpp\n";
    return 1;
  }
  for (const int number : {SIGABRT, SIGSEGV, SIGBUS, SIGFPE, SIGILL}) {
    std::signal(number, on_fatal_signal);
  }
  run({});
  for (const Bytes& input : inputs) run(input);

  const std::size_t effort = std::getenv("BACKSTAMP_LONG") == nullptr ? 1 : 100;
  std::mt19937 random(20261122);
  std::size_t mutations = 0;
  for (std::size_t bytes = 0; mutations < effort * kMutations && bytes < effort * kMutatedBytes;
       ++mutations) {
    Bytes input = inputs[mutations % inputs.size()];
    for (std::size_t steps = 1 + random() % 4; steps > 0; --steps) mutate(input, inputs, random);
    run(input);
    bytes += input.size();
  }
  std::cout << inputs.size() << " inputs and " << mutations << " mutations of them\n";
  return 0;
}
