#include "datacenter/communication/strict_json.h"

namespace backstamp::datacenter {

namespace {

constexpr int kDepthLimit = 4;

}  // namespace

Result<Json> parse_strictly(std::string_view text) {
  std::vector<std::set<std::string>> open;  // the keys of each object that is open
  std::string fault;
  const auto check = [&](int depth, Json::parse_event_t event, Json& parsed) {
    if (depth > kDepthLimit) {
      fault = "nested too deeply";
      return false;
    }
    if (event == Json::parse_event_t::object_start) open.emplace_back();
    if (event == Json::parse_event_t::object_end && !open.empty()) open.pop_back();
    if (event == Json::parse_event_t::key && !open.empty() &&
        !open.back().insert(parsed.get<std::string>()).second) {
      fault =
          "the key " + parsed.dump(-1, ' ', true, Json::error_handler_t::replace) + " stands twice";
    }
    return true;
  };
  Json json = Json::parse(text.begin(), text.end(), check, /*allow_exceptions=*/false);
  if (json.is_discarded() && fault.empty()) fault = "not JSON in UTF-8";
  if (!fault.empty()) return fail(ErrorKind::invalid, "body: " + fault);
  return json;
}

}  // namespace backstamp::datacenter
