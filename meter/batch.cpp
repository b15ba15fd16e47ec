#include "meter/batch.h"

#include <algorithm>
#include <nlohmann/json.hpp>

namespace backstamp::meter {
namespace {

using Json = nlohmann::ordered_json;

std::vector<std::string_view> lines_of(std::string_view text) {
  std::vector<std::string_view> lines;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    if (end > 0) lines.push_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return lines;
}

Result<std::string> text_of(const Json& object, const char* key) {
  if (!object.contains(key) || !object[key].is_string()) {
    return fail(ErrorKind::invalid, std::string("\"") + key + "\" must be there, as text");
  }
  return object[key].get<std::string>();
}

}  // namespace

Result<PieceRequest> parse_batch_line(std::string_view line, Date today) {
  if (line.size() > kBatchLineBytes) return fail(ErrorKind::limit, "is over 8192 bytes");
  const Json object = Json::parse(line, nullptr, false);
  if (!object.is_object()) return fail(ErrorKind::invalid, "is no JSON object");
  PieceRequest request;
  const auto zip = text_of(object, "zip");
  if (!zip) return std::unexpected(zip.error());
  request.routing = *zip;
  if (!object.contains("service") || !object["service"].is_number_unsigned() ||
      object["service"] > 999u) {
    return fail(ErrorKind::invalid, "\"service\" must be there, a number of 0 to 999");
  }
  request.service = object["service"].get<std::uint16_t>();
  const auto postage_text = text_of(object, "postage");
  if (!postage_text) return std::unexpected(postage_text.error());
  const auto postage = postal::Money::parse(*postage_text);
  if (!postage) return std::unexpected(postage.error());
  request.postage = *postage;
  request.mailed = today;
  if (object.contains("mailed")) {
    const auto mailed_text = text_of(object, "mailed");
    if (!mailed_text) return std::unexpected(mailed_text.error());
    const auto mailed = parse_date(*mailed_text);
    if (!mailed) return std::unexpected(mailed.error());
    request.mailed = *mailed;
  }
  if (object.contains("lines")) {
    if (!object["lines"].is_array()) return fail(ErrorKind::invalid, "\"lines\" must be a list");
    for (const Json& one : object["lines"]) {
      if (!one.is_string()) return fail(ErrorKind::invalid, "\"lines\" must be a list of texts");
      request.address.push_back(one.get<std::string>());
    }
  }
  if (object.contains("code_form")) {
    const auto form = text_of(object, "code_form");
    if (!form || (*form != "imb" && *form != "meter")) {
      return fail(ErrorKind::invalid, "\"code_form\" must be imb or meter");
    }
    request.meter_code = *form == "meter";
  }
  return request;
}

Result<std::vector<BatchLine>> parse_batch(std::string_view input, Date today) {
  std::vector<BatchLine> lines;
  for (const std::string_view line : lines_of(input)) {
    auto request = parse_batch_line(line, today);
    if (!request) return fail("line " + std::to_string(lines.size() + 1), request.error());
    lines.push_back({line, std::move(*request)});
  }
  return lines;
}

std::string minted_line(std::string_view line, const PrintedPiece& piece) {
  Json object = Json::parse(line, nullptr, false);
  object["token"] = to_hex(piece.token);
  object["code"] = piece.record.code;
  object["issuer"] = piece.identity.issuer;
  object["meter"] = piece.identity.meter;
  object["counter"] = piece.identity.counter;
  object["mailed"] = format_date(piece.record.mailed);
  return object.dump(-1, ' ', false, Json::error_handler_t::replace);
}

Result<std::uint64_t> mint_batch(Vault& vault, std::string_view input, Date today,
                                 const std::function<Result<void>(std::string_view)>& write) {
  const auto lines = parse_batch(input, today);
  if (!lines) return std::unexpected(lines.error());
  std::vector<PieceRequest> requests;
  requests.reserve(lines->size());
  for (const BatchLine& line : *lines) requests.push_back(line.request);
  for (std::size_t from = 0; from < requests.size(); from += kPiecesPerPrint) {
    const std::size_t count = std::min(kPiecesPerPrint, requests.size() - from);
    const auto pieces = vault.print(std::span(requests).subspan(from, count));
    if (!pieces) return std::unexpected(pieces.error());
    std::string text;
    for (std::size_t i = 0; i < count; ++i) {
      text += minted_line((*lines)[from + i].text, (*pieces)[i]) + "\n";
    }
    if (auto written = write(text); !written) return std::unexpected(written.error());
  }
  return requests.size();
}

}  // namespace backstamp::meter
