#include <charconv>

#include "station/capture/aravis_glib.h"

namespace backstamp::station::capture {
namespace {

template <typename Number>
Result<Number> parse(const std::string& name, const std::string& value, const char* kind) {
  Number number = 0;
  const char* end = value.data() + value.size();
  const auto parsed = std::from_chars(value.data(), end, number);
  if (parsed.ec == std::errc() && parsed.ptr == end) return number;
  return fail(ErrorKind::refused, name + " is " + kind + ", not " + value);
}

}  // namespace

Result<void> set_aravis_feature(ArvDevice* device, const std::string& name,
                                const std::string& value) {
  ArvGcNode* node = arv_device_get_feature(device, name.c_str());
  if (node == nullptr) return fail(ErrorKind::refused, "the camera has no feature " + name);
  Trial trial;
  if (ARV_IS_GC_COMMAND(node)) {
    arv_device_execute_command(device, name.c_str(), trial.slot());
  } else if (ARV_IS_GC_BOOLEAN(node)) {
    const bool on = value == "true" || value == "1";
    arv_device_set_boolean_feature_value(device, name.c_str(), on ? TRUE : FALSE, trial.slot());
  } else if (ARV_IS_GC_ENUMERATION(node) || ARV_IS_GC_STRING(node)) {
    arv_device_set_string_feature_value(device, name.c_str(), value.c_str(), trial.slot());
  } else if (ARV_IS_GC_INTEGER(node)) {
    const auto number = parse<std::int64_t>(name, value, "a whole number");
    if (!number) return std::unexpected(number.error());
    arv_device_set_integer_feature_value(device, name.c_str(), *number, trial.slot());
  } else if (ARV_IS_GC_FLOAT(node)) {
    const auto number = parse<double>(name, value, "a number");
    if (!number) return std::unexpected(number.error());
    arv_device_set_float_feature_value(device, name.c_str(), *number, trial.slot());
  } else {
    return fail(ErrorKind::refused, name + " is not a feature that can be set");
  }
  if (trial.failed()) return trial.error("setting " + name + " to " + value);
  return {};
}

Result<std::optional<std::string>> aravis_feature(ArvDevice* device, const std::string& name) {
  ArvGcNode* node = arv_device_get_feature(device, name.c_str());
  if (node == nullptr) return fail(ErrorKind::refused, "the camera has no feature " + name);
  Trial trial;
  std::string text;
  if (ARV_IS_GC_COMMAND(node)) return std::nullopt;
  if (ARV_IS_GC_BOOLEAN(node)) {
    text =
        arv_device_get_boolean_feature_value(device, name.c_str(), trial.slot()) ? "true" : "false";
  } else if (ARV_IS_GC_ENUMERATION(node) || ARV_IS_GC_STRING(node)) {
    text = printable(arv_device_get_string_feature_value(device, name.c_str(), trial.slot()));
  } else if (ARV_IS_GC_INTEGER(node)) {
    text = std::to_string(arv_device_get_integer_feature_value(device, name.c_str(), trial.slot()));
  } else if (ARV_IS_GC_FLOAT(node)) {
    text = std::to_string(arv_device_get_float_feature_value(device, name.c_str(), trial.slot()));
  }
  if (trial.failed()) return trial.error("reading " + name);
  return text;
}

}  // namespace backstamp::station::capture
