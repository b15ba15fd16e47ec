// backstamp-meter: a postage meter. Prints indicia against its funds and registers them.
#include "programs/command_line.h"
#include "programs/meter/commands.h"

namespace {

using namespace backstamp::programs;
using namespace backstamp::programs::meter_commands;

void add_vault(CLI::App* command, std::string& folder) {
  command->add_option("--vault", folder, "The meter's folder, as init made it")->required();
}

void add_address(CLI::App* command, AddressOptions& address, bool required) {
  auto* url = command->add_option("--url", address.url, "The data center: https://HOST:PORT");
  auto* authority = command->add_option("--authority", address.authority,
                                        "PEM file of the authority that signed its certificate");
  auto* key =
      command->add_option("--api-key-file", address.api_key_file, "File with the meter's key");
  if (required) {
    url->required();
    authority->required();
    key->required();
  } else {
    url->needs(authority)->needs(key);
    authority->needs(url);
    key->needs(url);
  }
}

/// Where the key lies, and what may be done with it alone.
void add_security(CLI::App* command, InitOptions& options) {
  auto* module = command->add_option("--hsm-module", options.hsm_module,
                                     "PKCS#11 library of the device that makes and keeps the key");
  auto* token = command->add_option("--hsm-token", options.hsm_token, "Label of its token");
  auto* pin = command->add_option("--hsm-pin-file", options.hsm_pin_file,
                                  "File with the token's user PIN, for its owner alone");
  module->needs(token)->needs(pin);
  token->needs(module);
  pin->needs(module);
  command
      ->add_flag("--soft-token", options.soft_token,
                 "A device in software (SoftHSM) in the meter's folder, for development")
      ->excludes(module);
  command->add_option("--offline-limit", options.offline_limit,
                      "Postage that may be printed without hearing from the data center");
  const std::map<std::string, std::uint64_t> units{
      {"s", 1}, {"min", 60}, {"h", 3600}, {"d", 86400}};
  command
      ->add_option("--offline-period", options.offline_period_s,
                   "How long it may print so, such as 12h or 7d")
      ->transform(CLI::AsNumberWithUnit(units, CLI::AsNumberWithUnit::UNIT_REQUIRED));
  command->add_option("--fund-authority", options.fund_authority,
                      "Public key (PEM) of who alone may give the meter funds");
}

void add_funds(CLI::App& app, FundOptions& fund, AuthorizeOptions& authorize) {
  auto* put = app.add_subcommand("fund", "Puts funds in");
  add_vault(put, fund.folder);
  auto* amount = put->add_option("--amount", fund.amount, "Such as 50.00");
  auto* message = put->add_option("--authorization", fund.authorization,
                                  "What the meter's fund authority signed");
  amount->excludes(message);
  put->callback([&fund] {
    if (fund.amount.empty() && fund.authorization.empty()) {
      throw CLI::RequiredError("--amount or --authorization");
    }
  });
  auto* give = app.add_subcommand("authorize-funds", "Signs what lets a meter take funds, once");
  give->add_option("--key", authorize.key, "The fund authority's private key")->required();
  give->add_option("--issuer", authorize.issuer, "Number of the issuer")->required();
  give->add_option("--meter", authorize.meter, "Number of the meter")->required();
  give->add_option("--number", authorize.number, "Of the authorization, from 1 for each meter")
      ->required();
  give->add_option("--amount", authorize.amount, "Such as 50.00")->required();
  give->add_option("--total", authorize.total,
                   "All funds ever given, this amount included (default: the amount)");
  give->add_option("--out", authorize.out, "File for the authorization")->required();
}

void add_init(CLI::App& app, InitOptions& options) {
  auto* command = app.add_subcommand("init", "Makes a new meter: its key, registers and funds");
  command->add_option("folder", options.folder, "A folder that does not exist yet")->required();
  command->add_option("--issuer", options.issuer, "Number of the issuer");
  command->add_option("--meter", options.meter, "Number of the meter, unique for the issuer")
      ->required();
  command->add_option("--mailer-id", options.mailer_id, "6 digits, or 9 starting with 9");
  command->add_option("--funds", options.funds, "Funds to start with, such as 100.00");
  command->add_option("--algorithm", options.algorithm, "Signature: eddsa or es256")
      ->check(CLI::IsMember({"eddsa", "es256"}))
      ->capture_default_str();
  command->add_flag("--virtual", options.is_virtual,
                    "A meter without key and funds: the data center's meter box mints for it. "
                    "Nothing but its number and its data center is told then");
  add_security(command, options);
  add_address(command, options.address, false);
}

void add_print(CLI::App& app, PrintOptions& options) {
  auto* command = app.add_subcommand("print", "Pays for a piece and draws its face");
  add_vault(command, options.folder);
  command->add_option("--to", options.to, "Recipient: \"Name|Street|City\"")->required();
  command->add_option("--zip", options.zip, "Routing digits: 5, 9 or 11, or none");
  command->add_option("--service", options.service, "Mail class and services: the STID")
      ->check(CLI::Range(0, 999))
      ->capture_default_str();
  command->add_option("--postage", options.postage, "Postage, such as 0.406")->required();
  command->add_option("--date", options.date, "Date of mailing, YYYY-MM-DD (default: today, UTC)");
  auto* out = command->add_option("--out", options.out, "FILE.png or FILE.pdf");
  auto* folder = command->add_option("--out-dir", options.out_folder,
                                     "Folder for piece-NNNNNN.png (or .pdf), by counter");
  out->excludes(folder);
  command->add_option("--count", options.count, "How many pieces; needs --out-dir")
      ->check(CLI::Range(1, 10000))
      ->needs(folder)
      ->capture_default_str();
  command->add_option("--format", options.format, "Of the files in --out-dir")
      ->check(CLI::IsMember({"png", "pdf"}))
      ->capture_default_str();
  command->add_option("--px-per-mm", options.px_per_mm, "Resolution of PNG files")
      ->check(CLI::Range(1.0, 100.0))
      ->capture_default_str();
  command->add_flag("--no-register", options.no_register, "Leave registering for later");
  command->add_flag(
      "--meter-code", options.meter_code,
      "Name the piece by meter, date and time instead of an Intelligent Mail barcode");
  command->add_flag("--json", options.json, "One JSON object a piece on standard output");
}

void add_mint(CLI::App& app, MintOptions& options) {
  auto* command = app.add_subcommand("mint", "Pays for many pieces: tokens without drawings");
  add_vault(command, options.folder);
  command
      ->add_option("--batch", options.batch,
                   "JSON lines: {\"zip\":\"12345678901\",\"service\":270,\"postage\":\"0.406\", …}")
      ->required();
  command->add_option("--out", options.out, "The same lines with token, code and counter added")
      ->required();
  command->add_option("--date", options.date, "Date of mailing, YYYY-MM-DD (default: today, UTC)");
  command->add_flag("--no-register", options.no_register, "Leave registering for later");
  command->add_flag("--json", options.json, "Print the report as one line of JSON");
}

void add_recover(CLI::App& app, RecoverOptions& options) {
  auto* command =
      app.add_subcommand("recover", "A virtual meter's pieces that were paid for and not printed");
  add_vault(command, options.folder);
  command->add_option("--out", options.out, "JSON lines, one a piece, with its token")->required();
}

void add_notices(CLI::App& app, NoticesOptions& options) {
  auto* command = app.add_subcommand("notices", "Shows what the data center says of the pieces");
  add_vault(command, options.folder);
  command->add_flag("--follow", options.follow, "Go on and wait for new ones");
  command->add_option("--until-count", options.until_count, "End after so many (then exit 0)");
  command->add_option("--timeout", options.timeout_s,
                      "End after so many seconds (exit 1 when --until-count was not reached)");
  command->add_flag("--json", options.json, "One JSON object a notice on standard output");
}

constexpr const char* kExamples =
    "Examples:\n"
    "  backstamp meter init office --issuer 1 --meter 7 --mailer-id 123456 --funds 100.00 \\\n"
    "      --url https://localhost:8443 --authority ca.pem --api-key-file meter-7.key\n"
    "  backstamp meter init franker --issuer 1 --meter 9 --mailer-id 123457 \\\n"
    "      --hsm-module /usr/lib/token.so --hsm-token franker --hsm-pin-file pin \\\n"
    "      --offline-limit 500 --offline-period 7d\n"
    "  backstamp meter init desk --virtual --meter 8 \\\n"
    "      --url https://localhost:8443 --authority ca.pem --api-key-file meter-8.key\n"
    "  backstamp meter print --vault office --to 'Ada Byron|12 High Street|Springfield' \\\n"
    "      --zip 12345678901 --service 270 --postage 0.406 --out letter.pdf\n"
    "  backstamp meter print --vault office --to 'Ada Byron|12 High Street|Springfield' \\\n"
    "      --zip 12345678901 --postage 0.406 --count 20 --out-dir letters\n"
    "  backstamp meter mint --vault office --batch pieces.jsonl --out tokens.jsonl\n"
    "  backstamp meter register --vault office          after the data center was away\n"
    "  backstamp meter status --vault office --json\n"
    "  backstamp meter notices --vault office --follow\n\n"
    "A piece is debited on stable storage before its indicium is drawn; what the data center does\n"
    "not know yet stays in the vault until it does (docs/formats/vault.md).";

}  // namespace

int main(int argc, char** argv) {
  CLI::App app{"A postage meter: prints indicia against its funds and registers each piece.",
               "backstamp meter"};
  app.require_subcommand(1);
  app.footer(kExamples);
  InitOptions init_options;
  PrintOptions print_options;
  MintOptions mint_options;
  NoticesOptions notices_options;
  RecoverOptions recover_options;
  FundOptions fund_options;
  AuthorizeOptions authorize_options;
  std::string folder;
  AddressOptions address;
  bool json = false;
  bool pem = false;
  add_init(app, init_options);
  auto* connect_command = app.add_subcommand("connect", "Tells the meter where its data center is");
  add_vault(connect_command, folder);
  add_address(connect_command, address, true);
  add_funds(app, fund_options, authorize_options);
  add_print(app, print_options);
  add_mint(app, mint_options);
  auto* register_command = app.add_subcommand("register", "Sends what is not registered yet");
  add_vault(register_command, folder);
  register_command->add_flag("--json", json, "Print the report as one line of JSON");
  auto* sync_command = app.add_subcommand(
      "sync",
      "Compares registers with the data center, sends what it lacks, renews the offline limit");
  add_vault(sync_command, folder);
  sync_command->add_flag("--json", json, "Print the report as one line of JSON");
  auto* status_command = app.add_subcommand("status", "Shows registers and what is pending");
  add_vault(status_command, folder);
  status_command->add_flag("--json", json, "One JSON object on standard output");
  add_notices(app, notices_options);
  add_recover(app, recover_options);
  auto* key_command =
      app.add_subcommand("public-key", "Prints the path of the public key, for key bundles");
  add_vault(key_command, folder);
  key_command->add_flag("--pem", pem, "Print the key itself");
  BACKSTAMP_PARSE(app, argc, argv);

  if (app.got_subcommand("init")) return init(init_options);
  if (app.got_subcommand("print")) return print(print_options);
  if (app.got_subcommand("mint")) return mint(mint_options);
  if (app.got_subcommand("recover")) return recover(recover_options);
  if (app.got_subcommand("notices")) return notices(notices_options);
  if (connect_command->parsed()) return meter_commands::connect(folder, address);
  if (app.got_subcommand("fund")) return fund(fund_options);
  if (app.got_subcommand("authorize-funds")) return authorize(authorize_options);
  if (sync_command->parsed()) return meter_commands::sync(folder, json);
  if (register_command->parsed()) return register_now(folder, json);
  if (status_command->parsed()) return status(folder, json);
  return public_key(folder, pem);
}
