#include "meter/data_center.h"

#include <algorithm>
#include <charconv>
#include <nlohmann/json.hpp>

#include "base/file.h"
#include "base/yaml.h"

namespace backstamp::meter {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::size_t kApiKeyBytes = 4096;
constexpr std::size_t kNoticeTextBytes = 256;

std::filesystem::path address_file(const std::filesystem::path& vault_folder) {
  return vault_folder / "datacenter.yaml";
}

std::unexpected<Error> refused_with(const http::Response& response) {
  return std::unexpected(refusal_of(response));
}

std::string registration_body(const MeterIdentity& identity, const std::deque<PieceRecord>& pending,
                              std::size_t count) {
  Json codes = Json::array();
  for (std::size_t i = 0; i < count; ++i) {
    const PieceRecord& piece = pending[i];
    codes.push_back({{"code", piece.code},
                     {"issuer", identity.issuer},
                     {"meter", identity.meter},
                     {"counter", piece.counter},
                     {"postage", piece.postage.to_string()},
                     {"mailed", format_date(piece.mailed)},
                     {"service", piece.service}});
  }
  return Json{{"codes", std::move(codes)}}.dump();
}

Result<RegistrationReport> parse_answer(const http::Response& response, std::size_t count) {
  if (response.status < 200 || response.status > 299) return refused_with(response);
  const Json answer = Json::parse(response.body, nullptr, false);
  const auto number = [&answer](const char* key) {
    const bool there =
        answer.is_object() && answer.contains(key) && answer[key].is_number_unsigned();
    return there ? answer[key].get<std::uint64_t>() : 0;
  };
  const RegistrationReport report{number("registered"), number("known")};
  if (report.registered > count || report.known != count - report.registered) {
    return fail(ErrorKind::invalid, "the data center's answer does not account for the " +
                                        std::to_string(count) +
                                        " pieces sent: " + response.body.substr(0, 300));
  }
  return report;
}

bool may_pass(ErrorKind kind) {
  return kind == ErrorKind::unavailable || kind == ErrorKind::timeout;
}

Result<RegistrationReport> send_batch(const std::string& target, const std::string& body,
                                      std::size_t count, const Post& post,
                                      const Patience& patience) {
  for (unsigned attempt = 1;; ++attempt) {
    const auto response = post(target, body);
    const auto report = response ? parse_answer(*response, count)
                                 : Result<RegistrationReport>(std::unexpected(response.error()));
    if (report || !may_pass(report.error().kind) || attempt >= patience.attempts) return report;
    patience.wait(attempt);
  }
}

Result<std::uint64_t> parse_number(std::string_view text) {
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size()) {
    return fail(ErrorKind::invalid, "a notice without a number");
  }
  return number;
}

}  // namespace

Error refusal_of(const http::Response& response) {
  const std::string said =
      "HTTP " + std::to_string(response.status) + ": " + response.body.substr(0, 300);
  if (response.status == 401 || response.status == 403) {
    return {ErrorKind::refused, "the data center does not accept the meter's key (" + said +
                                    "); name another file with backstamp-meter connect"};
  }
  if (response.status >= 500 || response.status == 429) {
    return {ErrorKind::unavailable, "the data center cannot answer now (" + said + ")"};
  }
  return {ErrorKind::invalid, "the data center refuses (" + said + ")"};
}

Result<std::optional<DataCenterAddress>> load_address(const std::filesystem::path& vault_folder) {
  const auto path = address_file(vault_folder);
  std::error_code error;
  if (!std::filesystem::exists(path, error)) return std::optional<DataCenterAddress>{};
  auto document = yaml::Document::load(path);
  if (!document) return std::unexpected(document.error());
  yaml::Section root = document->root();
  DataCenterAddress address{root.text("url"), root.path("authority"), root.path("api_key_file")};
  if (auto finished = document->finish(); !finished) return std::unexpected(finished.error());
  return std::optional(std::move(address));
}

Result<void> check_address(const DataCenterAddress& address) {
  if (address.url.starts_with("https://")) return {};
  return fail(ErrorKind::invalid, "the data center's URL must start with https://");
}

Result<void> save_address(const std::filesystem::path& vault_folder,
                          const DataCenterAddress& address) {
  if (auto right = check_address(address); !right) return right;
  std::error_code error;
  const auto quoted = [&error](const std::filesystem::path& path) {
    return Json(std::filesystem::absolute(path, error).lexically_normal().string()).dump();
  };
  // A JSON string is a YAML string.
  const std::string text = "url: " + Json(address.url).dump() +
                           "\nauthority: " + quoted(address.authority) +
                           "\napi_key_file: " + quoted(address.api_key_file) + "\n";
  return write_file_durably(address_file(vault_folder), as_bytes(text));
}

Result<RegistrationReport> register_pending(Vault& vault, const Post& post,
                                            const Patience& patience) {
  const MeterIdentity identity = vault.identity();
  const std::string target = "/v1/meters/" + std::to_string(identity.meter) + "/codes";
  RegistrationReport total;
  while (!vault.pending().empty()) {
    const std::size_t count = std::min(vault.pending().size(), kPiecesPerRegistration);
    const std::uint64_t through = vault.pending()[count - 1].counter;
    const std::string body = registration_body(identity, vault.pending(), count);
    const auto report = send_batch(target, body, count, post, patience);
    if (!report) return std::unexpected(report.error());
    if (auto marked = vault.mark_registered(through); !marked) {
      return std::unexpected(marked.error());
    }
    total.registered += report->registered;
    total.known += report->known;
  }
  return total;
}

Result<Notice> parse_notice(const http::ServerEvent& event) {
  const auto number = parse_number(event.id);
  if (!number) return std::unexpected(number.error());
  const auto refuse = [&](std::string_view what) {
    return fail(ErrorKind::invalid, "notice " + std::to_string(*number) + ": " + std::string(what));
  };
  const Json data = Json::parse(event.data, nullptr, false);
  if (!data.is_object()) return refuse("is no JSON object");
  bool whole = true;
  const auto text = [&](const char* key) -> std::string {
    const bool there = data.contains(key) && data[key].is_string() &&
                       data[key].get_ref<const std::string&>().size() <= kNoticeTextBytes;
    whole &= there;
    return there ? data[key].get<std::string>() : std::string();
  };
  Notice notice{*number,         event.event, text("code"), text("state"), text("reason"),
                text("station"), {}};
  const auto at = parse_utc(text("at"));
  if (!whole || !at) return refuse("lacks code, state, reason, station or at");
  if (!data.contains("notice") || data["notice"] != *number) {
    return refuse("its number is not that of its event");
  }
  notice.at = *at;
  return notice;
}

std::string to_json(const Notice& notice) {
  return Json{{"notice", notice.number},    {"event", notice.event},   {"code", notice.code},
              {"state", notice.state},      {"reason", notice.reason}, {"station", notice.station},
              {"at", format_utc(notice.at)}}
      .dump(-1, ' ', false, Json::error_handler_t::replace);
}

DataCenter::DataCenter(http::ClientOptions options, std::uint32_t meter)
    : client_(std::move(options)), target_("/v1/meters/" + std::to_string(meter)) {}

Result<DataCenter> DataCenter::connect(const DataCenterAddress& address, std::uint32_t meter) {
  const auto file = read_file(address.api_key_file, kApiKeyBytes);
  if (!file) return fail("the meter's key for the data center", file.error());
  std::string_view key = as_text(*file);
  while (!key.empty() && (key.back() == '\n' || key.back() == '\r' || key.back() == ' ')) {
    key.remove_suffix(1);
  }
  const bool printable =
      std::all_of(key.begin(), key.end(), [](char c) { return c > 32 && c < 127; });
  if (key.empty() || !printable) {
    return fail(ErrorKind::invalid,
                address.api_key_file.string() + ": one line with the meter's key is wanted");
  }
  http::ClientOptions options;
  options.base_url = address.url;
  options.authority = address.authority;
  options.authorization = "Bearer " + std::string(key);
  return DataCenter(std::move(options), meter);
}

Post DataCenter::post() {
  return [this](const std::string& target, const std::string& body) {
    return client_.post(target, body);
  };
}

std::function<Result<http::Response>(const std::string& target)> DataCenter::get() {
  return [this](const std::string& target) { return client_.get(target); };
}

Result<std::string> DataCenter::get_object(const std::string& target) {
  const auto response = client_.get(target);
  if (!response) return std::unexpected(response.error());
  if (response->status != 200) return refused_with(*response);
  const Json object = Json::parse(response->body, nullptr, false);
  if (!object.is_object()) return fail(ErrorKind::invalid, "the data center's answer is no JSON");
  return object.dump(-1, ' ', false, Json::error_handler_t::replace);
}

Result<std::string> DataCenter::totals() {
  return get_object(target_);
}

Result<std::string> DataCenter::account() {
  return get_object(target_ + "/account");
}

Result<void> DataCenter::follow(std::uint64_t last_number,
                                const std::function<bool(const Notice&)>& on_notice,
                                std::stop_token stop) {
  Result<void> understood;
  const auto on_event = [&](const http::ServerEvent& event) {
    const auto notice = parse_notice(event);
    if (!notice) {
      understood = std::unexpected(notice.error());
      return false;
    }
    return on_notice(*notice);
  };
  const std::string last_id = last_number == 0 ? "" : std::to_string(last_number);
  auto followed = client_.follow(target_ + "/notices", last_id, on_event, std::move(stop));
  if (!understood) return understood;
  return followed;
}

}  // namespace backstamp::meter
