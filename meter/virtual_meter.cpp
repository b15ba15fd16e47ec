#include "meter/virtual_meter.h"

#include <sys/random.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "base/limits.h"
#include "base/yaml.h"

namespace backstamp::meter {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;

constexpr std::uint32_t kMeterLast = 99'999'999;
constexpr std::string_view kAsked = ".asked.json";
constexpr std::string_view kAnswer = ".paid.json";

fs::path meter_file(const fs::path& folder) {
  return folder / "meter.yaml";
}

Result<std::string> new_request_name() {
  std::array<std::uint8_t, 16> random{};
  if (getrandom(random.data(), random.size(), 0) != static_cast<ssize_t>(random.size())) {
    return fail(ErrorKind::internal, "no random numbers from the system");
  }
  return to_hex(random);
}

std::string body_of(const std::string& request, std::span<const PieceRequest> pieces) {
  Json list = Json::array();
  for (const PieceRequest& piece : pieces) {
    list.push_back({{"to", piece.address},
                    {"routing", piece.routing},
                    {"service", piece.service},
                    {"postage", piece.postage.to_string()},
                    {"mailed", format_date(piece.mailed)},
                    {"code", piece.meter_code ? "meter" : "imb"}});
  }
  return Json{{"request", request}, {"pieces", std::move(list)}}.dump(
      -1, ' ', false, Json::error_handler_t::replace);
}

/// A piece from its token alone; what the answer says beside it must agree.
Result<PrintedPiece> piece_of(const Json& json, std::uint32_t meter) {
  const auto text = [&](const char* key) -> std::string {
    return json.is_object() && json.contains(key) && json[key].is_string()
               ? json[key].get<std::string>()
               : std::string();
  };
  auto bytes = from_hex(text("token"));
  if (!bytes) return std::unexpected(bytes.error());
  const auto token = postal::parse_token(*bytes);
  if (!token) return std::unexpected(token.error());
  const postal::Token& claims = token->token;
  const std::string code = postal::canonical(claims.code);
  if (claims.identity.meter != meter || code != text("code")) {
    return fail(ErrorKind::invalid, "a token that is not what the answer says");
  }
  return PrintedPiece{
      claims.identity,
      {claims.identity.counter, code, claims.postage, claims.mailed, claims.service},
      claims.code,
      std::move(*bytes)};
}

Result<PaidPieces> paid_of(const std::string& request, std::string_view answer, std::size_t count,
                           std::uint32_t meter) {
  const Json json = Json::parse(answer, nullptr, false);
  const bool whole = json.is_object() && json.contains("pieces") && json["pieces"].is_array() &&
                     json["pieces"].size() == count && json.value("request", "") == request;
  if (!whole) {
    return fail(ErrorKind::invalid, "the data center's answer does not account for the " +
                                        std::to_string(count) + " pieces asked for");
  }
  PaidPieces paid{request, {}};
  for (const Json& item : json["pieces"]) {
    auto piece = piece_of(item, meter);
    if (!piece) return fail("the data center's answer", piece.error());
    paid.pieces.push_back(std::move(*piece));
  }
  return paid;
}

std::size_t pieces_in(const std::string& body) {
  const Json json = Json::parse(body, nullptr, false);
  return json.is_object() && json.contains("pieces") ? json["pieces"].size() : 0;
}

Result<void> remove_file(const fs::path& path) {
  std::error_code error;
  fs::remove(path, error);
  if (error) return fail(ErrorKind::io, path.string() + ": " + error.message());
  return sync_directory(path.parent_path());
}

}  // namespace

fs::path VirtualMeter::asked_file(const std::string& request) const {
  return folder_ / "outbox" / (request + std::string(kAsked));
}

fs::path VirtualMeter::answer_file(const std::string& request) const {
  return folder_ / "outbox" / (request + std::string(kAnswer));
}

Result<void> VirtualMeter::create(const fs::path& folder, std::uint32_t meter) {
  if (meter < 1 || meter > kMeterLast) {
    return fail(ErrorKind::invalid, "a meter's number is 1 to 99999999");
  }
  std::error_code error;
  if (fs::exists(folder, error) && !fs::is_empty(folder, error)) {
    return fail(ErrorKind::refused, folder.string() + ": something is there already");
  }
  fs::create_directories(folder / "outbox", error);
  if (error) return fail(ErrorKind::io, folder.string() + ": " + error.message());
  const std::string text = "virtual_meter: " + std::to_string(meter) + "\n";
  return write_file_durably(meter_file(folder), as_bytes(text));
}

bool VirtualMeter::is_in(const fs::path& folder) {
  std::error_code error;
  return fs::exists(meter_file(folder), error);
}

Result<VirtualMeter> VirtualMeter::open(const fs::path& folder) {
  auto document = yaml::Document::load(meter_file(folder));
  if (!document) return std::unexpected(document.error());
  VirtualMeter meter;
  meter.folder_ = folder;
  meter.meter_ =
      static_cast<std::uint32_t>(document->root().integer("virtual_meter", 1, kMeterLast));
  if (auto finished = document->finish(); !finished) return std::unexpected(finished.error());
  auto lock = lock_file(folder / "lock");
  if (!lock) return std::unexpected(lock.error());
  meter.lock_ = std::move(*lock);
  return meter;
}

Result<PaidPieces> VirtualMeter::pay(std::span<const PieceRequest> requests, const Post& post) {
  if (requests.empty() || requests.size() > kPiecesPerPostage) {
    return fail(ErrorKind::limit,
                "1 to " + std::to_string(kPiecesPerPostage) + " pieces are paid for at once");
  }
  const auto request = new_request_name();
  if (!request) return std::unexpected(request.error());
  const std::string body = body_of(*request, requests);
  if (auto kept = write_file_durably(asked_file(*request), as_bytes(body), 0600); !kept) {
    return std::unexpected(kept.error());
  }
  return ask(*request, body, post);
}

Result<PaidPieces> VirtualMeter::ask(const std::string& request, const std::string& body,
                                     const Post& post) {
  const auto response = post("/v1/meters/" + std::to_string(meter_) + "/postage", body);
  if (!response) return std::unexpected(response.error());
  if (response->status != 200) {
    const Error why = refusal_of(*response);
    if (why.kind != ErrorKind::unavailable) {  // for good: nothing was paid
      if (auto dropped = remove_file(asked_file(request)); !dropped) {
        return std::unexpected(dropped.error());
      }
    }
    return std::unexpected(why);
  }
  auto paid = paid_of(request, response->body, pieces_in(body), meter_);
  if (!paid) return paid;
  if (auto kept = write_file_durably(answer_file(request), as_bytes(response->body), 0600); !kept) {
    return std::unexpected(kept.error());
  }
  return paid;
}

Result<std::vector<PaidPieces>> VirtualMeter::recover(const Post& post) {
  std::vector<std::string> requests;
  std::error_code error;
  for (fs::directory_iterator it(folder_ / "outbox", error), end; !error && it != end;
       it.increment(error)) {
    const std::string name = it->path().filename().string();
    if (name.ends_with(kAsked)) requests.push_back(name.substr(0, name.size() - kAsked.size()));
  }
  if (error) return fail(ErrorKind::io, (folder_ / "outbox").string() + ": " + error.message());
  std::sort(requests.begin(), requests.end());
  std::vector<PaidPieces> all;
  for (const std::string& request : requests) {
    const auto asked = read_file(asked_file(request), limits::kHttpBodyBytes);
    if (!asked) return std::unexpected(asked.error());
    const std::string body(as_text(*asked));
    const auto answer = read_file(answer_file(request), limits::kHttpBodyBytes);
    auto paid = answer ? paid_of(request, as_text(*answer), pieces_in(body), meter_)
                       : ask(request, body, post);
    if (paid) {
      all.push_back(std::move(*paid));
    } else if (fs::exists(asked_file(request))) {
      return std::unexpected(paid.error());
    }
  }
  return all;
}

Result<void> VirtualMeter::printed(const std::string& request) {
  if (auto removed = remove_file(asked_file(request)); !removed) return removed;
  return remove_file(answer_file(request));
}

}  // namespace backstamp::meter
