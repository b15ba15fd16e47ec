// The examples of docs/formats/payloads.md are what they are said to be.
#include <algorithm>
#include <sstream>

#include "base/file.h"
#include "base/limits.h"
#include "tests/unit/postal/payload_checks.h"

using namespace backstamp;
using namespace backstamp::postal;

namespace {

/// The content as the page writes it: "\x1d" stands for the separator.
Bytes content_of(const std::string& form, const std::string& written) {
  if (form == "hex") return from_hex(written).value();
  std::string text = written;
  constexpr std::string_view kSeparator = "\\x1d";
  for (std::size_t at; (at = text.find(kSeparator)) != text.npos;) {
    text.replace(at, kSeparator.size(), "\x1D");
  }
  const ByteView bytes = as_bytes(text);
  return {bytes.begin(), bytes.end()};
}

/// The lines of an example as the page has them, made from its first line.
std::string example_of(const std::string& first) {
  std::istringstream line(first);
  std::string symbology, form, written;
  line >> symbology >> form;
  std::getline(line >> std::ws, written);
  const auto parsed = parse_payload(parse_symbology(symbology).value(), content_of(form, written));
  if (!parsed) return "nothing";
  std::string out = first + "\n" + std::string(parsed->kind) + ", " +
                    std::string(to_string(parsed->status)) + "\n";
  for (const PayloadField& field : fields_of(parsed->payload)) {
    out += field.name + " " + field.value + "\n";
  }
  return out;
}

}  // namespace

TEST_CASE("Each payload on the page of payloads is parsed as the page says") {
  const Bytes bytes = read_file(std::string(BACKSTAMP_SOURCE_DIR) + "/docs/formats/payloads.md",
                                limits::kConfigFileBytes)
                          .value();
  const std::string page(as_text(bytes));
  constexpr std::string_view kOpen = "```payload\n";
  int examples = 0;
  for (std::size_t at = page.find(kOpen); at != page.npos; at = page.find(kOpen, at)) {
    at += kOpen.size();
    const std::string block = page.substr(at, page.find("```", at) - at);
    CHECK(example_of(block.substr(0, block.find('\n'))) == block);
    ++examples;
  }
  CHECK(examples == 20);
}
