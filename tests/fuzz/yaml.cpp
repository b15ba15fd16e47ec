// Any bytes as a configuration: read as one of every kind of value, or refused with a reason.
#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/assert.h"
#include "base/yaml.h"

using namespace std::chrono_literals;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using backstamp::yaml::Document;
  constexpr std::array<std::string_view, 2> kChoices{"a", "b"};
  auto document = Document::parse({reinterpret_cast<const char*>(data), size}, "f.yaml", "/f");
  if (!document) {
    BACKSTAMP_ASSERT(!document.error().message.empty());
    return 0;
  }
  auto root = document->root();
  root.text_or("a", "");
  root.integer_or("b", 1, 0, 9);
  root.number_or("c", 1, 0, 9);
  root.flag_or("d", true);
  root.duration_or("e", 1s, 1us, 24h);
  root.choice_or("f", 0, kChoices);
  root.path_if("g");
  if (root.has("h")) root.texts("h", 4);
  if (auto section = root.section_if("i")) section->text("a");
  for (auto& section : root.sections("j", 8)) section.section("k").integer("b", 0, 9);
  const auto end = document->finish();
  BACKSTAMP_ASSERT(end.has_value() || end.error().message.starts_with("f.yaml:"));
  return 0;
}
