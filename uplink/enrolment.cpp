#include "uplink/enrolment.h"

#include <nlohmann/json.hpp>

#include "postal/event.h"
#include "uplink/curve_keys.h"

namespace backstamp::uplink {
namespace {

using Json = nlohmann::ordered_json;

constexpr int kVersion = 1;
constexpr std::size_t kFields = 8;

std::unexpected<Error> refuse(const std::string& why) {
  return fail(ErrorKind::invalid, "enrolment: " + why);
}

/// Notes the first field that is missing or ill-formed.
class Fields {
 public:
  explicit Fields(const Json& json) : json_(json) {}
  std::string text(const char* name) {
    const auto found = json_.find(name);
    if (found != json_.end() && found->is_string()) return found->get<std::string>();
    note(name);
    return {};
  }
  Bytes bytes(const char* name) {
    auto bytes = from_base64(text(name));
    if (bytes && !bytes->empty()) return *std::move(bytes);
    note(name);
    return {};
  }
  void note(const char* name) {
    if (fault_.empty()) fault_ = name;
  }
  const std::string& fault() const { return fault_; }

 private:
  const Json& json_;
  std::string fault_;
};

}  // namespace

std::string write_enrolment(const Enrolment& enrolment) {
  const Json json{{"backstamp_enrolment", kVersion},       {"station", enrolment.station},
                  {"public_key", enrolment.public_key},    {"endpoint", enrolment.endpoint},
                  {"server_key", enrolment.server_key},    {"root", to_base64(enrolment.root)},
                  {"bundle", to_base64(enrolment.bundle)}, {"time", to_base64(enrolment.time)}};
  return json.dump(1, ' ', false, Json::error_handler_t::replace) + "\n";
}

Result<Enrolment> parse_enrolment(std::string_view text) {
  if (text.size() > kEnrolmentBytes) return fail(ErrorKind::limit, "enrolment: over 24 MiB");
  const Json json = Json::parse(text, nullptr, false);
  if (!json.is_object() || !json.contains("backstamp_enrolment") ||
      json["backstamp_enrolment"] != kVersion) {
    return refuse("not a letter of enrolment of version 1");
  }
  Fields fields(json);
  Enrolment enrolment;
  enrolment.station = fields.text("station");
  enrolment.public_key = fields.text("public_key");
  enrolment.endpoint = fields.text("endpoint");
  enrolment.server_key = fields.text("server_key");
  enrolment.root = fields.bytes("root");
  enrolment.bundle = fields.bytes("bundle");
  enrolment.time = fields.bytes("time");
  if (!postal::valid_station_name(enrolment.station)) fields.note("station");
  if (!valid_z85_key(enrolment.public_key)) fields.note("public_key");
  if (!valid_z85_key(enrolment.server_key)) fields.note("server_key");
  if (!enrolment.endpoint.starts_with("tcp://")) fields.note("endpoint");
  if (!fields.fault().empty()) return refuse("'" + fields.fault() + "' is missing or ill-formed");
  if (json.size() != kFields) return refuse("a field that is not known");
  return enrolment;
}

}  // namespace backstamp::uplink
