// The commands of backstamp-meter and what each is told. All return the exit code.
#pragma once

#include <optional>
#include <string>

#include "meter/data_center.h"
#include "meter/vault.h"

namespace backstamp::programs::meter_commands {

struct AddressOptions {
  std::string url;
  std::string authority;
  std::string api_key_file;
};

struct InitOptions {
  std::string folder;
  std::uint32_t issuer = 0;
  std::uint32_t meter = 0;
  std::string mailer_id;
  std::string funds = "0.000";
  std::string algorithm = "eddsa";
  bool is_virtual = false;
  std::string hsm_module;
  std::string hsm_token;
  std::string hsm_pin_file;
  bool soft_token = false;
  std::string offline_limit;           ///< "": none
  std::uint64_t offline_period_s = 0;  ///< 0: none
  std::string fund_authority;
  AddressOptions address;
};
int init(const InitOptions& options);

int connect(const std::string& folder, const AddressOptions& address);
struct FundOptions {
  std::string folder;
  std::string amount;
  std::string authorization;
};
int fund(const FundOptions& options);
struct AuthorizeOptions {
  std::string key;
  std::uint32_t issuer = 0;
  std::uint32_t meter = 0;
  std::uint64_t number = 0;
  std::string amount;
  std::string total;
  std::string out;
};
int authorize(const AuthorizeOptions& options);
int status(const std::string& folder, bool json);
int register_now(const std::string& folder, bool json);
int sync(const std::string& folder, bool json);
int public_key(const std::string& folder, bool pem);

struct PrintOptions {
  std::string folder;
  std::string to;
  std::string zip;
  unsigned service = 270;
  std::string postage;
  std::string date;
  std::string out;
  std::string out_folder;
  std::string format = "png";
  double px_per_mm = 10;
  unsigned count = 1;
  bool no_register = false;
  bool meter_code = false;
  bool json = false;
};
int print(const PrintOptions& options);
/// Draws pieces that were paid for, to where the options say, and tells of each.
Result<void> draw_all(const PrintOptions& options, const std::vector<meter::PrintedPiece>& pieces);

struct MintOptions {
  std::string folder;
  std::string batch;
  std::string out;
  std::string date;
  bool no_register = false;
  bool json = false;
};
int mint(const MintOptions& options);

struct NoticesOptions {
  std::string folder;
  bool follow = false;
  bool json = false;
  std::uint64_t until_count = 0;  ///< 0: no such end
  double timeout_s = 0;           ///< 0: none
};
int notices(const NoticesOptions& options);

// A virtual meter: what the commands above do when the folder holds one (meter/virtual_meter.h).
int init_virtual(const InitOptions& options);
int print_virtual(const PrintOptions& options, const meter::PieceRequest& request);
int mint_virtual(const MintOptions& options, Date today);
int status_virtual(const std::string& folder, bool json);
struct RecoverOptions {
  std::string folder;
  std::string out;
};
int recover(const RecoverOptions& options);

/// Opens the vault, waiting a while for another command that has it.
Result<meter::Vault> open_vault(const std::string& folder);
/// The same for what is on record: also when the meter's device is away, which is then told.
Result<meter::Vault> open_records(const std::string& folder);
/// The data center of the meter in a folder, of either kind.
Result<meter::DataCenter> data_center_of(const meter::Vault& vault, const std::string& folder);
Result<meter::DataCenter> data_center_of(const std::string& folder);
/// Sends what is pending when the meter has a data center. A failure is told and no fault of the
/// caller's: the pieces stay pending.
void register_if_possible(meter::Vault& vault, const std::string& folder);
/// Before printing: meets the data center when postage of this total would be refused now, and, if
/// it is `fresh` agreement that is wanted, when it was not heard for a minute: an old copy is then
/// told before it prints.
void synchronise_when_due(meter::Vault& vault, postal::Money total, const std::string& folder,
                          bool fresh);
/// Lets a vault's data center be heard when no piece waits to be registered; told if it fails.
void renew(const std::string& folder);
/// The date in `text`, or today when it is empty.
Result<Date> date_or_today(const std::string& text);

}  // namespace backstamp::programs::meter_commands
