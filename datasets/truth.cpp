// What a face really holds, as JSON.
#include <cmath>
#include <nlohmann/json.hpp>

#include "datasets/synthesizer.h"

namespace backstamp::datasets {
namespace {

using Json = nlohmann::ordered_json;

double rounded(double value) {
  return std::round(value * 1000) / 1000;
}

/// The content as text where it is printable ASCII, else null.
Json text_of(const Bytes& content) {
  for (const std::uint8_t byte : content) {
    if (byte < 0x20 || byte > 0x7E) return nullptr;
  }
  return std::string(as_text(content));
}

Json damage_json(const SymbolDamage& damage) {
  return {{"ink", rounded(damage.ink)},          {"spread", rounded(damage.spread)},
          {"ragged", rounded(damage.ragged)},    {"satellites", rounded(damage.satellites)},
          {"band", rounded(damage.band)},        {"voids", rounded(damage.voids)},
          {"dead_nozzles", damage.dead_nozzles}, {"dots", damage.dots},
          {"smudged", damage.smudged},           {"postmarked", damage.postmarked},
          {"covered", rounded(damage.covered)}};
}

Json symbol_json(const SymbolTruth& symbol) {
  Json entry;
  const bool matrix = is_matrix(symbol.symbology);
  entry["format"] = to_string(symbol.symbology);
  entry["role"] = !symbol.role.empty() ? symbol.role : matrix ? "indicium" : "id";
  entry["hex"] = to_hex(symbol.content);
  entry["text"] = text_of(symbol.content);
  entry["outline"] = Json::array();
  for (const vision::Point& corner : symbol.outline) {
    entry["outline"].push_back({rounded(corner.x), rounded(corner.y)});
  }
  entry["module_px"] = rounded(symbol.module_px);
  if (symbol.gs1) entry["gs1"] = true;
  if (symbol.damage) {
    entry["contrast"] = rounded(symbol.contrast);
    entry["damage"] = damage_json(*symbol.damage);
  }
  return entry;
}

Json mail_json(const MailTruth& mail) {
  Json json{{"format", mail.format}, {"paper", mail.paper}, {"print_class", mail.print_class}};
  for (const auto& [name, value] : mail.conditions) json[name] = rounded(value);
  return json;
}

bool wanted_types(const Json& json) {
  const auto is = [&](const char* key, auto test) {
    return json.contains(key) && (json[key].*test)();
  };
  return json.is_object() && is("image", &Json::is_string) && is("class", &Json::is_string) &&
         is("symbols", &Json::is_array);
}

}  // namespace

std::string truth_json(const SynthesizedFace& face, const FaceRequest& request,
                       std::string_view image_name, std::uint64_t seed) {
  Json json;
  json["image"] = image_name;
  json["class"] = to_string(request.face_class);
  json["kind"] = to_utf8(as_bytes(request.kind));
  if (!request.name.empty()) json["name"] = to_utf8(as_bytes(request.name));
  json["seed"] = std::to_string(seed);  // as text: 64 bits do not survive every JSON reader
  json["width"] = face.picture.width_px();
  json["height"] = face.picture.height_px();
  json["px_per_mm"] = request.px_per_mm;
  json["upside_down"] = face.upside_down;
  json["skew_deg"] = rounded(face.skew_deg);
  json["contrast"] = rounded(face.contrast);
  json["blur_px"] = rounded(face.blur_px);
  json["damaged"] = request.damaged;
  json["decoys"] = face.decoys;
  json["symbols"] = Json::array();
  for (const SymbolTruth& symbol : face.symbols) json["symbols"].push_back(symbol_json(symbol));
  if (face.mail) json["mail"] = mail_json(*face.mail);
  return json.dump() + "\n";
}

Result<std::string> truth_line(ByteView truth) {
  const Json json = Json::parse(as_text(truth), nullptr, false);
  if (!wanted_types(json)) {
    return fail(ErrorKind::invalid, "the truth is not a JSON object with image, class, symbols");
  }
  Json line;
  line["image"] = json["image"];
  for (const char* key : {"seed", "width", "height", "px_per_mm", "kind", "name", "mail"}) {
    if (json.contains(key)) line[key] = json[key];
  }
  const bool damaged = json.value("damaged", Json()) == true;
  line["difficulty"] = damaged ? Json("extreme") : json["class"];
  line["symbols"] = Json::array();
  for (const Json& symbol : json["symbols"]) {
    if (!symbol.is_object() || !symbol.contains("format") || !symbol.contains("hex")) {
      return fail(ErrorKind::invalid, "a symbol of the truth lacks format or hex");
    }
    Json entry = {{"type", symbol["format"]},
                  {"role", symbol.value("role", Json("indicium"))},
                  {"hex", symbol["hex"]},
                  {"text", symbol.value("text", Json())},
                  {"polygon", symbol.value("outline", Json::array())},
                  {"pitch_px", symbol.value("module_px", Json())}};
    for (const char* key : {"gs1", "contrast", "damage"}) {
      if (symbol.contains(key)) entry[key] = symbol[key];
    }
    line["symbols"].push_back(std::move(entry));
  }
  line["has_code"] = !json["symbols"].empty();
  return line.dump() + "\n";
}

}  // namespace backstamp::datasets
