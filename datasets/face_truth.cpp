#include "datasets/face_truth.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <utility>

#include "base/limits.h"
#include "datasets/synthesizer.h"

namespace backstamp::datasets {
namespace {

using nlohmann::json;

constexpr std::size_t kTruthBytes = 1u << 20;
constexpr std::size_t kSymbols = 256;
constexpr std::size_t kNameBytes = 255;

std::string text_of(const json& object, const char* key) {
  const auto found = object.find(key);
  if (found == object.end() || !found->is_string()) return "";
  return found->get<std::string>();
}

/// Names reach terminals and reports.
bool is_name(std::string_view text) {
  return !text.empty() && text.size() <= kNameBytes &&
         std::none_of(text.begin(), text.end(),
                      [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F; });
}

Result<TrueSymbol> symbol_of(const json& entry) {
  if (!entry.is_object()) return fail(ErrorKind::invalid, "a symbol of the truth is no object");
  TrueSymbol symbol;
  symbol.type = text_of(entry, "type");
  symbol.role = text_of(entry, "role");
  const auto hex = entry.find("hex");
  if (!is_name(symbol.type) || hex == entry.end() || !hex->is_string())
    return fail(ErrorKind::invalid, "a symbol of the truth lacks type or hex");
  auto content = from_hex(hex->get_ref<const std::string&>());
  if (!content) return fail("a symbol of the truth", content.error());
  symbol.content = std::move(*content);
  return symbol;
}

Result<FaceTruth> truth_of_line(const json& line) {
  FaceTruth truth;
  truth.image = text_of(line, "image");
  truth.face_class = text_of(line, "difficulty");
  const auto symbols = line.find("symbols");
  if (!is_name(truth.image) || !is_name(truth.face_class) || symbols == line.end() ||
      !symbols->is_array())
    return fail(ErrorKind::invalid, "the truth lacks image, difficulty (or class) or symbols");
  if (truth.image == "." || truth.image == ".." ||
      truth.image.find_first_of("/\\") != std::string::npos)
    return fail(ErrorKind::invalid, "the truth's image is not the bare name of a file");
  if (symbols->size() > kSymbols)
    return fail(ErrorKind::limit, "the truth names more than 256 symbols");
  for (const json& entry : *symbols) {
    auto symbol = symbol_of(entry);
    if (!symbol) return std::unexpected(symbol.error());
    truth.has_code = truth.has_code || symbol->postal();
    truth.symbols.push_back(std::move(*symbol));
  }
  const auto has_code = line.find("has_code");
  if (has_code != line.end() && has_code->is_boolean()) truth.has_code = has_code->get<bool>();
  return truth;
}

}  // namespace

Result<FaceTruth> parse_face_truth(ByteView text) {
  if (text.size() > kTruthBytes) return fail(ErrorKind::limit, "a truth of more than 1 MiB");
  const json parsed = json::parse(as_text(text), nullptr, false);
  if (!parsed.is_object()) return fail(ErrorKind::invalid, "the truth is not a JSON object");
  if (parsed.contains("difficulty") || !parsed.contains("class")) return truth_of_line(parsed);
  const auto line = truth_line(text);
  if (!line) return std::unexpected(line.error());
  return truth_of_line(json::parse(*line, nullptr, false));
}

}  // namespace backstamp::datasets
