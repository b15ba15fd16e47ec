// The meter's way to the data center: registers what was printed, asks for totals, follows the
// notices. All over HTTPS with the meter's own key (Authorization: Bearer).
#pragma once

#include <filesystem>
#include <functional>
#include <optional>
#include <stop_token>
#include <string>

#include "base/clock.h"
#include "base/http.h"
#include "meter/vault.h"

namespace backstamp::meter {

/// Where the data center of a meter is; in the vault's folder as datacenter.yaml.
struct DataCenterAddress {
  std::string url;                     ///< "https://host:port"
  std::filesystem::path authority;     ///< PEM of the only trusted authority
  std::filesystem::path api_key_file;  ///< one line: the meter's key
};

/// Reads the address. Nothing when the meter has none. Fails: invalid, io.
Result<std::optional<DataCenterAddress>> load_address(const std::filesystem::path& vault_folder);
/// What is wrong with it as it stands: invalid.
Result<void> check_address(const DataCenterAddress& address);
/// Writes it durably; relative paths are made absolute.
Result<void> save_address(const std::filesystem::path& vault_folder,
                          const DataCenterAddress& address);

/// A POST to a target below the data center's URL: the seam at which tests put faults.
using Post =
    std::function<Result<http::Response>(const std::string& target, const std::string& body)>;

/// What an HTTP status that is no success means to a meter: refused (its key), unavailable (later
/// again), invalid (for good).
Error refusal_of(const http::Response& response);

inline constexpr std::size_t kPiecesPerRegistration = 1000;  ///< the data center's limit

/// How failures that may pass (no connection, time-out, 5xx) are met.
struct Patience {
  unsigned attempts = 1;                                 ///< for each batch
  std::function<void(unsigned)> wait = [](unsigned) {};  ///< before attempt 2, 3, …
};

struct RegistrationReport {
  std::uint64_t registered = 0;  ///< the data center did not know them
  std::uint64_t known = 0;       ///< it did: an answer was lost, or a vault rolled forward
};

/// Sends what is pending, in order, in batches; each batch is marked in the vault when it was
/// answered, so whatever is lost is sent again and counts once. Fails: unavailable, timeout,
/// refused (the key is not accepted), invalid (the data center refuses a piece, or answers
/// nonsense); what was not answered stays pending.
Result<RegistrationReport> register_pending(Vault& vault, const Post& post,
                                            const Patience& patience = {});

/// Something the data center says of a piece.
struct Notice {
  std::uint64_t number = 0;
  std::string event;  ///< received, read, suspect, not_read or corrected
  std::string code;   ///< canonical
  std::string state;
  std::string reason;
  std::string station;  ///< may be empty
  UtcTime at{};
};

/// A server-sent event as a notice. Fails (invalid).
Result<Notice> parse_notice(const http::ServerEvent& event);
/// One line of JSON with the fields of Notice.
std::string to_json(const Notice& notice);

/// A connection to the data center. Thread-bound.
class DataCenter {
 public:
  /// Reads the API key. Fails: not_found, invalid.
  static Result<DataCenter> connect(const DataCenterAddress& address, std::uint32_t meter);

  Post post();  ///< for register_pending; borrows this
  /// For synchronise; borrows this.
  std::function<Result<http::Response>(const std::string& target)> get();
  /// What the data center knows of this meter: its JSON object, as one line.
  Result<std::string> totals();
  /// The account in the data center's meter box: its JSON object, as one line.
  Result<std::string> account();
  /// Notices after `last_number`, until `stop`, `on_notice` returns false, or the connection ends
  /// (success). Fails as http::Client does; invalid on a notice that cannot be understood.
  Result<void> follow(std::uint64_t last_number,
                      const std::function<bool(const Notice&)>& on_notice, std::stop_token stop);

 private:
  Result<std::string> get_object(const std::string& target);
  DataCenter(http::ClientOptions options, std::uint32_t meter);
  http::Client client_;
  std::string target_;  ///< "/v1/meters/7"
};

}  // namespace backstamp::meter
