#include "postal/payload/four_state.h"

#include "postal/japan_post.h"

namespace backstamp::postal::payload {

std::string_view australia_post_format(std::string_view code) {
  if (code == "11") return "standard";
  if (code == "59") return "customer 2";
  if (code == "62") return "customer 3";
  if (code == "45") return "reply paid";
  if (code == "87") return "routing";
  if (code == "92") return "redirection";
  if (code == "00") return "null";
  return "";
}

Result<JapanPost> parse_japan_post(std::string_view text) {
  const auto valid = postal::parse_japan_post(text);
  if (!valid) return std::unexpected(valid.error());
  return JapanPost{valid->substr(0, kJapanPostPostcode), valid->substr(kJapanPostPostcode)};
}

}  // namespace backstamp::postal::payload
