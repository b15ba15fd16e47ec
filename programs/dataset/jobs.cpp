// What to render: shares of classes, or the pieces that a meter printed.
#include <algorithm>
#include <charconv>
#include <fstream>
#include <map>
#include <nlohmann/json.hpp>
#include <utility>

#include "base/file.h"
#include "datasets/random.h"
#include "postal/codes.h"
#include "programs/dataset/commands.h"

namespace backstamp::programs {
namespace {

using datasets::FaceClass;
using Json = nlohmann::json;

constexpr std::size_t kFacesLimit = 10'000'000;
constexpr const char* kPostal = "postal";
constexpr const char* kPostalShares = "clean=10,typical=48,hard=20,extreme=12,blank=10";
constexpr std::size_t kPiecesBytes = 1u << 30;

Result<std::map<FaceClass, double>> parse_mix(const std::string& mix) {
  std::map<FaceClass, double> shares;
  double sum = 0;
  std::size_t begin = 0;
  while (begin <= mix.size()) {
    const std::size_t comma = std::min(mix.find(',', begin), mix.size());
    const std::string part = mix.substr(begin, comma - begin);
    begin = comma + 1;
    const std::size_t equals = part.find('=');
    double share = -1;
    if (equals != std::string::npos) {
      const char* const end = part.data() + part.size();
      const auto [stop, error] = std::from_chars(part.data() + equals + 1, end, share);
      if (error != std::errc() || stop != end) share = -1;
    }
    if (!(share >= 0 && share <= 1e6)) {
      return fail(ErrorKind::invalid, "--mix " + mix + ": wanted CLASS=SHARE,…");
    }
    auto face_class = datasets::parse_face_class(part.substr(0, equals));
    if (!face_class) return fail("--mix", face_class.error());
    shares[*face_class] += share;
    sum += share;
  }
  if (!(sum > 0)) return fail(ErrorKind::invalid, "--mix " + mix + ": the shares sum to nothing");
  for (auto& [face_class, share] : shares) share /= sum;
  return shares;
}

std::string text(const Json& line, const char* key) {
  const auto found = line.find(key);
  return found != line.end() && found->is_string() ? found->get<std::string>() : std::string();
}

/// The symbol that shows an identification code: 4-state for an IMb, Code 128 for the others.
Result<datasets::SymbolContent> symbol_of(const std::string& canonical) {
  auto code = postal::parse_canonical(canonical);
  if (!code) return std::unexpected(code.error());
  if (const auto* imb = std::get_if<postal::Imb>(&*code)) {
    const std::string digits = imb->digits();
    return datasets::SymbolContent{postal::Symbology::imb, Bytes(digits.begin(), digits.end())};
  }
  const std::string value = canonical.substr(canonical.find(':') + 1);
  return datasets::SymbolContent{postal::Symbology::code128, Bytes(value.begin(), value.end())};
}

Result<FaceJob> parse_piece(const Json& line) {
  FaceJob job;
  job.request.name = text(line, "name");
  job.request.kind = text(line, "kind");
  job.request.postage = text(line, "postage");
  job.request.damaged = job.request.kind == "damaged";
  if (const auto imitations = line.find("imitations"); imitations != line.end()) {
    if (!imitations->is_boolean()) return fail(ErrorKind::invalid, "\"imitations\": true or false");
    job.request.imitations = imitations->get<bool>();
  }
  auto face_class =
      datasets::parse_face_class(line.contains("class") ? text(line, "class") : "typical");
  if (!face_class) return std::unexpected(face_class.error());
  job.request.face_class = *face_class;
  if (const auto lines = line.find("lines"); lines != line.end()) {
    if (!lines->is_array()) return fail(ErrorKind::invalid, "\"lines\" is not a list");
    for (const Json& entry : *lines) {
      if (!entry.is_string()) return fail(ErrorKind::invalid, "\"lines\" holds more than text");
      job.request.address_lines.push_back(entry.get<std::string>());
    }
  }
  if (const std::string hex = text(line, "token"); !hex.empty()) {
    auto token = from_hex(hex);
    if (!token) return fail("\"token\"", token.error());
    job.request.symbols.push_back({postal::Symbology::data_matrix, std::move(*token)});
  }
  if (const std::string code = text(line, "code"); !code.empty()) {
    auto symbol = symbol_of(code);
    if (!symbol) return fail("\"code\"", symbol.error());
    job.request.symbols.push_back(std::move(*symbol));
  }
  return job;
}

}  // namespace

Result<std::vector<FaceJob>> jobs_of_mix(const std::string& mix, std::uint32_t count,
                                         std::uint64_t seed) {
  if (count == 0 || count > kFacesLimit) {
    return fail(ErrorKind::invalid, "--count must be 1 to 10000000");
  }
  const bool mailing = mix == kPostal || mix.starts_with(std::string(kPostal) + ":");
  auto shares = parse_mix(!mailing ? mix : mix == kPostal ? kPostalShares : mix.substr(7));
  if (!shares) return std::unexpected(shares.error());
  std::vector<FaceJob> jobs(count);
  double until = 0;
  std::size_t next = 0;
  for (const auto& [face_class, share] : *shares) {
    until += share * count;
    const auto end = std::min<std::size_t>(count, static_cast<std::size_t>(until + 0.5));
    for (; next < end; ++next) jobs[next].request.face_class = face_class;
  }
  for (; next < count; ++next) jobs[next].request.face_class = shares->rbegin()->first;
  datasets::Random random(datasets::derive_seed(seed, 0x6D6978));
  for (std::uint32_t i = count; i > 1; --i) {
    std::swap(jobs[i - 1].request.face_class, jobs[random.below(i)].request.face_class);
  }
  for (FaceJob& job : jobs) {
    job.minted = job.request.face_class != FaceClass::blank;
    job.request.kind = job.minted ? mailing ? "mail" : "genuine" : "blank";
    job.request.mailing = mailing;
  }
  return jobs;
}

Result<std::vector<FaceJob>> jobs_of_pieces(const std::string& path) {
  auto file = read_file(path, kPiecesBytes);
  if (!file) return std::unexpected(file.error());
  std::vector<FaceJob> jobs;
  std::string_view rest = as_text(*file);
  for (std::size_t number = 1; !rest.empty(); ++number) {
    const std::size_t end = std::min(rest.find('\n'), rest.size());
    const std::string_view line = rest.substr(0, end);
    rest.remove_prefix(std::min(end + 1, rest.size()));
    if (line.find_first_not_of(" \t\r") == std::string_view::npos) continue;
    const std::string where = path + ":" + std::to_string(number);
    const Json json = Json::parse(line, nullptr, false);
    if (!json.is_object()) return fail(ErrorKind::invalid, where + ": not a JSON object");
    auto job = parse_piece(json);
    if (!job) return fail(where, job.error());
    const Json count = json.value("count", Json(1u));
    if (!count.is_number_unsigned() || count.get<std::uint64_t>() + jobs.size() > kFacesLimit) {
      return fail(ErrorKind::invalid, where + ": \"count\" must be 0 to 10000000 in all");
    }
    jobs.insert(jobs.end(), count.get<std::size_t>(), *job);
  }
  if (jobs.empty()) return fail(ErrorKind::invalid, path + ": no pieces in it");
  return jobs;
}

}  // namespace backstamp::programs
