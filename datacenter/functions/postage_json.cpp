#include "datacenter/functions/postage_json.h"

#include <algorithm>

#include "datacenter/communication/strict_json.h"
#include "datacenter/functions/address.h"
#include "postal/token.h"

namespace backstamp::datacenter {

using meterbox::PieceOrder;

namespace {

constexpr std::size_t kRequestNameBytes = 64;

Result<std::string> request_name(std::string_view text) {
  if (valid_request_name(text)) return std::string(text);
  return fail(ErrorKind::invalid, "wanted 1 to 64 of A-Z a-z 0-9 . _ -");
}

Result<std::string> any_text(std::string_view text) {
  return std::string(text);
}

/// Which kind of identification code: the words stand for PieceOrder::meter_code.
Result<bool> code_form(std::string_view text) {
  if (text == "imb") return false;
  if (text == "meter") return true;
  return fail(ErrorKind::invalid, "wanted imb or meter");
}

/// The cleansed address; empty when no lines are given: then nothing is bound.
Result<std::string> address_of(const std::vector<std::string>& lines, const std::string& routing) {
  if (lines.empty()) {
    const auto checked = cleanse_address(std::vector<std::string>{"X"}, routing);
    if (!checked) return std::unexpected(checked.error());
    return std::string();
  }
  return cleanse_address(lines, routing);
}

Result<PieceOrder> parse_piece(const Json& json, std::size_t index) {
  const std::string where = "pieces[" + std::to_string(index) + "]";
  Fields fields(json, where);
  PieceOrder piece;
  const auto lines = fields.texts("to", kAddressLines);
  piece.routing = fields.text("routing", any_text);
  piece.service = static_cast<std::uint16_t>(fields.number("service", 0, 999));
  piece.postage = fields.text("postage", postal::Money::parse);
  piece.mailed = fields.text("mailed", parse_date);
  piece.meter_code = fields.text("code", code_form);
  if (const auto read = fields.finish(); !read) return std::unexpected(read.error());
  auto address = address_of(lines, piece.routing);
  if (!address) return fail(where, address.error());
  piece.address = std::move(*address);
  return piece;
}

Json registers_object(const meterbox::Registers& registers) {
  return {{"ascending", registers.ascending.to_string()},
          {"descending", registers.descending.to_string()},
          {"control", registers.control.to_string()},
          {"pieces", registers.pieces},
          {"funded", registers.funded.to_string()},
          {"refunded", registers.refunded.to_string()},
          {"withdrawn", registers.withdrawn.to_string()}};
}

}  // namespace

bool valid_request_name(std::string_view name) {
  return !name.empty() && name.size() <= kRequestNameBytes &&
         std::all_of(name.begin(), name.end(), [](char c) {
           return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ||
                  c == '.' || c == '_' || c == '-';
         });
}

Result<PostageRequest> parse_postage(std::string_view body) {
  const auto json = parse_strictly(body);
  if (!json) return std::unexpected(json.error());
  Fields fields(*json, "body");
  PostageRequest request;
  request.request = fields.text("request", request_name);
  const Json& pieces = fields.list("pieces", 1, meterbox::kPiecesPerDispense);
  if (const auto read = fields.finish(); !read) return std::unexpected(read.error());
  for (const Json& piece : pieces) {
    auto order = parse_piece(piece, request.pieces.size());
    if (!order) return std::unexpected(order.error());
    request.pieces.push_back(std::move(*order));
  }
  return request;
}

Result<BindingQuestion> parse_binding(std::string_view body) {
  const auto json = parse_strictly(body);
  if (!json) return std::unexpected(json.error());
  Fields fields(*json, "body");
  BindingQuestion question;
  question.token = fields.text("token", from_hex);
  const auto lines = fields.texts("to", kAddressLines);
  const std::string routing = fields.text("routing", any_text);
  if (const auto read = fields.finish(); !read) return std::unexpected(read.error());
  auto address = cleanse_address(lines, routing);
  if (!address) return std::unexpected(address.error());
  question.address = std::move(*address);
  return question;
}

std::string postage_json(const std::string& request, const meterbox::Dispensed& dispensed) {
  Json pieces = Json::array();
  for (const meterbox::MintedPiece& piece : dispensed.pieces) {
    pieces.push_back({{"code", postal::canonical(piece.code)},
                      {"issuer", piece.identity.issuer},
                      {"meter", piece.identity.meter},
                      {"counter", piece.identity.counter},
                      {"token", to_hex(piece.token)}});
  }
  return Json{{"request", request},
              {"registers", registers_object(dispensed.registers)},
              {"pieces", std::move(pieces)},
              {"record", to_hex(dispensed.record)}}
      .dump();
}

std::string account_json(std::uint32_t meter, const meterbox::AccountAnswer& answer) {
  return Json{{"meter", meter},
              {"state", to_string(answer.state)},
              {"fund_limit", answer.fund_limit.to_string()},
              {"registers", registers_object(answer.registers)},
              {"public_key", to_hex(answer.public_key)},
              {"record", to_hex(answer.record)}}
      .dump();
}

}  // namespace backstamp::datacenter
