// What the doctor found: a line a check.
#pragma once

#include <string>
#include <vector>

namespace backstamp::doctor {

enum class Level { ok, warning, fault };

struct Finding {
  std::string check;  ///< its name, for machines: "clock", "secret-mode"
  std::string about;  ///< which one: a file, a camera, an address; may be empty
  Level level = Level::ok;
  std::string found;   ///< one sentence, with figures
  std::string remedy;  ///< what to do; empty when it is ok
};

class Findings {
 public:
  void ok(std::string check, std::string about, std::string found);
  void warning(std::string check, std::string about, std::string found, std::string remedy);
  void fault(std::string check, std::string about, std::string found, std::string remedy);

  const std::vector<Finding>& all() const { return all_; }
  bool any_fault() const;

 private:
  std::vector<Finding> all_;
};

/// For people: a line each, the remedy below it; how many of each at the end.
std::string to_text(const Findings& findings);
/// One line of JSON each.
std::string to_json(const Findings& findings);

}  // namespace backstamp::doctor
