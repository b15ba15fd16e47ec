#include "programs/doctor/findings.h"

#include <algorithm>
#include <nlohmann/json.hpp>

namespace backstamp::doctor {
namespace {

const char* name_of(Level level) {
  return level == Level::ok ? "ok" : level == Level::warning ? "warning" : "fault";
}

std::string counted(int count, const std::string& what) {
  return std::to_string(count) + " " + what + (count == 1 ? "" : "s");
}

}  // namespace

void Findings::ok(std::string check, std::string about, std::string found) {
  all_.push_back({std::move(check), std::move(about), Level::ok, std::move(found), {}});
}

void Findings::warning(std::string check, std::string about, std::string found,
                       std::string remedy) {
  all_.push_back(
      {std::move(check), std::move(about), Level::warning, std::move(found), std::move(remedy)});
}

void Findings::fault(std::string check, std::string about, std::string found, std::string remedy) {
  all_.push_back(
      {std::move(check), std::move(about), Level::fault, std::move(found), std::move(remedy)});
}

bool Findings::any_fault() const {
  return std::any_of(all_.begin(), all_.end(),
                     [](const Finding& one) { return one.level == Level::fault; });
}

std::string to_text(const Findings& findings) {
  std::string out;
  int counts[3] = {};
  for (const Finding& one : findings.all()) {
    ++counts[static_cast<int>(one.level)];
    std::string level = name_of(one.level);
    level.resize(8, ' ');
    out += level + one.check + (one.about.empty() ? "" : " " + one.about) + ": " + one.found + "\n";
    if (!one.remedy.empty()) out += "        -> " + one.remedy + "\n";
  }
  return out + std::to_string(counts[0]) + " ok, " + counted(counts[1], "warning") + ", " +
         counted(counts[2], "fault") + "\n";
}

std::string to_json(const Findings& findings) {
  using Json = nlohmann::ordered_json;
  std::string out;
  for (const Finding& one : findings.all()) {
    const Json json = {{"check", one.check},
                       {"about", one.about},
                       {"level", name_of(one.level)},
                       {"found", one.found},
                       {"remedy", one.remedy}};
    out += json.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n";
  }
  return out;
}

}  // namespace backstamp::doctor
