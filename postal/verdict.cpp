#include "postal/verdict.h"

#include <array>
#include <span>
#include <string>

namespace backstamp::postal {
namespace {

// Names by number: the order is that of the enumerations, which never change.
constexpr std::array<std::string_view, 8> kVerdicts{"unsigned",      "genuine",   "forged",
                                                    "unknown_key",   "revoked",   "expired",
                                                    "not_yet_valid", "unverified"};
constexpr std::array<std::string_view, 2> kDecisions{"accept", "divert"};
constexpr std::array<std::string_view, 16> kReasons{"none",          "no_read",
                                                    "no_postage",    "forged",
                                                    "unknown_key",   "revoked",
                                                    "expired",       "not_yet_valid",
                                                    "unverified",    "duplicate",
                                                    "code_mismatch", "stale_date",
                                                    "short_paid",    "service_not_allowed",
                                                    "stale_keys",    "untrusted_clock"};
constexpr std::array<std::string_view, 10> kCauses{
    "none",     "nothing_found", "located_not_decoded", "checksum",        "format",
    "filtered", "out_of_time",   "bad_image",           "decoder_crashed", "camera_lost"};

std::string_view name_of(std::span<const std::string_view> names, std::uint8_t number) {
  return number < names.size() ? names[number] : "unknown";
}

template <typename Enumeration>
Result<Enumeration> parse(std::span<const std::string_view> names, std::string_view name,
                          std::string_view what) {
  std::string known;
  for (std::size_t i = 0; i < names.size(); ++i) {
    if (names[i] == name) return static_cast<Enumeration>(i);
    known += (i == 0 ? "" : ", ") + std::string(names[i]);
  }
  return fail(ErrorKind::invalid,
              std::string(what) + " \"" + std::string(name) + "\" is none of " + known);
}

}  // namespace

std::string_view to_string(Verdict verdict) {
  return name_of(kVerdicts, static_cast<std::uint8_t>(verdict));
}
std::string_view to_string(Decision decision) {
  return name_of(kDecisions, static_cast<std::uint8_t>(decision));
}
std::string_view to_string(Reason reason) {
  return name_of(kReasons, static_cast<std::uint8_t>(reason));
}
std::string_view to_string(NoReadCause cause) {
  return name_of(kCauses, static_cast<std::uint8_t>(cause));
}

Result<Verdict> parse_verdict(std::string_view name) {
  return parse<Verdict>(kVerdicts, name, "verdict");
}
Result<Decision> parse_decision(std::string_view name) {
  return parse<Decision>(kDecisions, name, "decision");
}
Result<Reason> parse_reason(std::string_view name) {
  return parse<Reason>(kReasons, name, "reason");
}
Result<NoReadCause> parse_no_read_cause(std::string_view name) {
  return parse<NoReadCause>(kCauses, name, "no-read cause");
}

}  // namespace backstamp::postal
