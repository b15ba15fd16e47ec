// JSON from strangers: what the library lets pass is refused, what is missing is named.
#pragma once

#include <algorithm>
#include <cstdint>
#include <nlohmann/json.hpp>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/error.h"

namespace backstamp::datacenter {

using Json = nlohmann::ordered_json;

/// JSON with what the library lets pass refused: keys that stand twice, deep nesting.
Result<Json> parse_strictly(std::string_view text);

/// Reads the members of one object; the first fault is kept.
class Fields {
 public:
  Fields(const Json& object, std::string where) : object_(object), where_(std::move(where)) {
    if (!object_.is_object()) refuse("wanted an object");
  }

  std::uint64_t number(const char* key, std::uint64_t minimum, std::uint64_t maximum) {
    const Json* value = find(key);
    if (value == nullptr) return minimum;
    if (!value->is_number_unsigned() || value->get<std::uint64_t>() < minimum ||
        value->get<std::uint64_t>() > maximum) {
      refuse(std::string(key) + ": wanted a whole number from " + std::to_string(minimum) + " to " +
             std::to_string(maximum));
      return minimum;
    }
    return value->get<std::uint64_t>();
  }

  template <typename Parse>
  auto text(const char* key, Parse parse) {
    using Value = typename decltype(parse(std::string_view()))::value_type;
    const Json* value = find(key);
    if (value == nullptr) return Value{};
    if (!value->is_string()) {
      refuse(std::string(key) + ": wanted a text");
      return Value{};
    }
    Result<Value> parsed = parse(value->get_ref<const std::string&>());
    if (!parsed) {
      refuse(std::string(key) + ": " + parsed.error().message);
      return Value{};
    }
    return std::move(*parsed);
  }

  /// An array of texts, at most `limit` of them.
  std::vector<std::string> texts(const char* key, std::size_t limit) {
    const Json* value = find(key);
    if (value == nullptr) return {};
    const bool fits =
        value->is_array() && value->size() <= limit &&
        std::all_of(value->begin(), value->end(), [](const Json& one) { return one.is_string(); });
    if (!fits) {
      refuse(std::string(key) + ": wanted a list of at most " + std::to_string(limit) + " texts");
      return {};
    }
    return value->get<std::vector<std::string>>();
  }

  /// An array of `least` to `most` items, whatever they are; an empty one after a fault.
  const Json& list(const char* key, std::size_t least, std::size_t most) {
    static const Json kNone = Json::array();
    const Json* value = find(key);
    if (value != nullptr && value->is_array() && value->size() >= least && value->size() <= most) {
      return *value;
    }
    refuse(std::string(key) + ": wanted a list of " + std::to_string(least) + " to " +
           std::to_string(most));
    return kNone;
  }

  Result<void> finish() {
    if (object_.is_object()) {
      for (const auto& [key, value] : object_.items()) {
        if (!known_.contains(key)) refuse("unknown key " + key.substr(0, 40));
      }
    }
    if (fault_.empty()) return {};
    return fail(ErrorKind::invalid, where_ + ": " + fault_);
  }

 private:
  const Json* find(const char* key) {
    known_.insert(key);
    if (!object_.is_object()) return nullptr;
    const auto found = object_.find(key);
    if (found != object_.end()) return &*found;
    refuse(std::string(key) + " is missing");
    return nullptr;
  }
  void refuse(std::string fault) {
    if (fault_.empty()) fault_ = std::move(fault);
  }

  const Json& object_;
  std::string where_;
  std::set<std::string, std::less<>> known_;
  std::string fault_;
};

}  // namespace backstamp::datacenter
