// What the tests of the payload grammar ask again and again.
#pragma once

#include <catch2/catch_test_macros.hpp>
#include <map>
#include <string>
#include <string_view>

#include "postal/payload.h"

namespace backstamp::postal {

inline std::optional<ParsedPayload> parse_text_payload(Symbology symbology, std::string_view text) {
  return parse_payload(symbology, as_bytes(text));
}

inline std::optional<ParsedPayload> parse_hex_payload(Symbology symbology, std::string_view hex) {
  return parse_payload(symbology, from_hex(hex).value());
}

/// The fields by name, "kind" and "status" among them.
inline std::map<std::string, std::string> fields_by_name(
    const std::optional<ParsedPayload>& parsed) {
  if (!parsed) return {};
  std::map<std::string, std::string> out{{"kind", std::string(parsed->kind)},
                                         {"status", std::string(to_string(parsed->status))}};
  for (const PayloadField& field : fields_of(parsed->payload)) out[field.name] = field.value;
  return out;
}

/// Is a content printed from its payload what it was?
inline bool prints_back(Symbology symbology, ByteView content) {
  const auto parsed = parse_payload(symbology, content);
  const auto printed = parsed ? print_payload(parsed->payload) : std::nullopt;
  return printed && as_text(*printed) == as_text(content);
}

inline bool is_malformed(const std::optional<ParsedPayload>& parsed, std::string_view kind) {
  return parsed && parsed->kind == kind && parsed->status == PayloadStatus::malformed &&
         std::holds_alternative<std::monostate>(parsed->payload) && !parsed->reason.empty();
}

}  // namespace backstamp::postal
