// info, verify, extract, truth.
#include "datasets/inspect.h"

#include <cstdio>
#include <nlohmann/json.hpp>

#include "datasets/dataset.h"
#include "programs/command_line.h"
#include "programs/dataset/commands.h"

namespace backstamp::programs {
namespace {

using Json = nlohmann::ordered_json;

datasets::Progress progress_of(ProgressLine& line) {
  return [&line](std::uint64_t done, std::uint64_t total) { line.show(done, total); };
}

void tell_faults(const std::vector<std::string>& faults) {
  for (const std::string& fault : faults) {
    std::fprintf(stderr, "backstamp-dataset: %s\n", fault.c_str());
  }
}

}  // namespace

int info(const std::string& folder, bool json) {
  const auto summary = datasets::summarise_dataset(folder);
  if (!summary) return failed("dataset", summary.error());
  const Json maker = Json::parse(summary->maker_json, nullptr, false);
  if (json) {
    const Json line{{"dataset", folder},
                    {"samples", summary->samples},
                    {"bytes", summary->bytes},
                    {"shards", summary->shards},
                    {"maker", maker}};
    std::printf("%s\n", line.dump(-1, ' ', false, Json::error_handler_t::replace).c_str());
    return kDone;
  }
  std::printf("%s\n  samples  %llu\n  shards   %zu (%.1f MB)\n", folder.c_str(),
              static_cast<unsigned long long>(summary->samples), summary->shards.size(),
              static_cast<double>(summary->bytes) / 1e6);
  for (const auto& [key, value] : maker.items()) {
    std::printf("  %-8s %s\n", key.c_str(),
                value.dump(-1, ' ', true, Json::error_handler_t::replace).c_str());
  }
  return kDone;
}

int verify(const std::string& folder, bool json) {
  ProgressLine line("backstamp-dataset", "samples verified");
  const auto found = datasets::verify_dataset(folder, progress_of(line));
  if (!found) return failed("dataset", found.error());
  tell_faults(found->faults);
  if (json) {
    const Json result{{"dataset", folder},
                      {"sound", found->faults.empty()},
                      {"samples", found->samples},
                      {"members", found->members},
                      {"faults", found->faults}};
    std::printf("%s\n", result.dump(-1, ' ', false, Json::error_handler_t::replace).c_str());
  } else {
    std::printf("%s: %llu whole samples, %zu faults\n", folder.c_str(),
                static_cast<unsigned long long>(found->samples), found->faults.size());
  }
  return found->faults.empty() ? kDone : kFailed;
}

int extract(const std::string& source, const std::string& folder, const std::string& names,
            bool json) {
  ProgressLine line("backstamp-dataset", "samples read");
  const auto done = datasets::extract_members(source, folder, names, progress_of(line));
  if (!done) return failed("dataset", done.error());
  tell_faults(done->faults);
  if (json) {
    const Json result{{"folder", folder}, {"files", done->files}, {"faults", done->faults}};
    std::printf("%s\n", result.dump(-1, ' ', false, Json::error_handler_t::replace).c_str());
  } else {
    std::printf("%llu files in %s\n", static_cast<unsigned long long>(done->files), folder.c_str());
  }
  return done->faults.empty() ? kDone : kFailed;
}

int truth(const std::string& source) {
  auto reader = datasets::DatasetReader::open(source);
  if (!reader) return failed("dataset", reader.error());
  int status = kDone;
  while (true) {
    auto sample = reader->next();
    if (!sample) {
      status = failed("dataset", sample.error());
      continue;
    }
    if (!*sample) return status;
    const Bytes* const json = (*sample)->part("json");
    if (json == nullptr) continue;
    auto line = datasets::truth_line(*json);
    if (!line) {
      status = failed("dataset", Error{line.error().kind, source + ": " + (*sample)->key +
                                                              ".json: " + line.error().message});
      continue;
    }
    std::fputs(line->c_str(), stdout);
  }
}

}  // namespace backstamp::programs
