// backstamp-keys: the hierarchy of keys, and the keys of stations.
#include "programs/command_line.h"
#include "programs/keys/commands.h"

namespace {

using namespace backstamp;

constexpr const char* kName = "keys";
constexpr std::uint32_t kMostDays = 36'500;

int report(const Result<void>& done) {
  return done ? programs::kDone : programs::failed(kName, done.error());
}

constexpr const char* kListHelp =
    "A list is a YAML file; paths are taken from its folder:\n"
    "  keys:\n"
    "    - public_key: meter-42.pub\n"
    "      meter: 42\n"
    "      valid_from: 2026-01-01\n"
    "      valid_until: 2026-12-31\n"
    "      revoked_from: 2026-06-01    # left out when it is not revoked\n"
    "Example:\n"
    "  backstamp keys issue ring --issuer 7 --list keys.yaml";

/// What the command line said, for whichever command it was.
struct Options {
  std::string base;
  std::string algorithm = "eddsa";
  std::vector<std::uint32_t> issuers;
  std::uint32_t days = 730;
  std::uint32_t overlap_days = 7;
  keys::FolderArguments folder;
  keys::KeyArguments key;
  std::vector<std::filesystem::path> lists;
  std::filesystem::path time_key;
  std::optional<std::uint32_t> meter;
  std::string key_id;
  std::string from;
  std::filesystem::path to;
  keys::InspectArguments inspecting;
};

CLI::App* add(CLI::App& app, Options& options, const char* name, const char* what) {
  CLI::App* command = app.add_subcommand(name, what);
  command->add_option("FOLDER", options.folder.folder, "The folder of keys")->required();
  command->add_flag("--json", options.folder.json, "Print what there is now as a line of JSON");
  return command;
}

void add_algorithm(CLI::App& command, Options& options) {
  command.add_option("--algorithm", options.algorithm, "eddsa or es256")
      ->check(CLI::IsMember({"eddsa", "es256"}))
      ->capture_default_str();
}

void add_days(CLI::App& command, Options& options) {
  command.add_option("--days", options.days, "For how many days an issuer's key may sign")
      ->check(CLI::Range(1u, kMostDays))
      ->capture_default_str();
}

void add_root(CLI::App& command, Options& options) {
  command.add_option("--root-key", options.folder.root_key,
                     "The root's private key [FOLDER/root.key]");
}

void add_issuer(CLI::App& command, Options& options) {
  command.add_option("--issuer", options.folder.issuer, "The issuer's number")->required();
}

void add_issuer_key(CLI::App& command, Options& options) {
  add_issuer(command, options);
  command.add_option("--issuer-key", options.folder.issuer_key,
                     "The issuer's private key [its newest in FOLDER]");
}

void add_key(CLI::App& command, Options& options) {
  command.add_option("--meter", options.key.meter, "The meter's number");
  command.add_option("--public-key", options.key.public_key, "Its public key file");
  command.add_option("--valid-from", options.key.valid_from, "First mailing date [today]");
  command.add_option("--valid-until", options.key.valid_until, "Last mailing date");
}

void describe_root(CLI::App& app, Options& options) {
  CLI::App* ceremony = add(app, options, "ceremony",
                           "Found a folder of keys: a root, its issuers, the first bundle");
  ceremony->add_option("--issuer", options.issuers, "An issuer's number; may be given again")
      ->required();
  add_algorithm(*ceremony, options);
  add_days(*ceremony, options);

  CLI::App* rotate = add(app, options, "rotate-issuer", "Give an issuer a new key");
  add_issuer(*rotate, options);
  add_root(*rotate, options);
  add_algorithm(*rotate, options);
  add_days(*rotate, options);

  CLI::App* revoke =
      add(app, options, "revoke-issuer", "Revoke the key of an issuer, and with it its list");
  revoke->add_option("--key", options.key_id, "Its id: 16 hexadecimal digits")->required();
  revoke->add_option("--from", options.from, "First revoked mailing date [today]");
  add_root(*revoke, options);
}

void describe_meters(CLI::App& app, Options& options) {
  CLI::App* issue = add(app, options, "issue", "Put keys of meters on an issuer's list");
  add_issuer_key(*issue, options);
  add_key(*issue, options);
  issue->add_option("--list", options.lists, "YAML list of keys; may be given again");
  issue->add_option("--time-key", options.time_key, "Public key of another data center's clock");
  issue->footer(kListHelp);

  CLI::App* rotate = add(app, options, "rotate", "Give a meter a new key in the place of its old");
  add_issuer_key(*rotate, options);
  add_key(*rotate, options);
  rotate->add_option("--overlap", options.overlap_days, "Days for which the old keys hold on")
      ->check(CLI::Range(0u, kMostDays))
      ->capture_default_str();

  CLI::App* revoke = add(app, options, "revoke", "Revoke the keys of a meter, or one key");
  add_issuer_key(*revoke, options);
  auto* which = revoke->add_option_group("which", "What is revoked");
  which->add_option("--meter", options.meter, "All keys of this meter");
  which->add_option("--key", options.key_id, "The key with this id: 16 hexadecimal digits");
  which->require_option(1);
  revoke->add_option("--from", options.from, "First revoked mailing date [today]");

  CLI::App* publish =
      add(app, options, "publish", "Bring the bundle to where a data center has it");
  publish->add_option("--to", options.to, "The file; never replaced by an older one")->required();
}

void describe_single(CLI::App& app, Options& options) {
  CLI::App* token_key = app.add_subcommand("token-key", "Make the key of a meter, for its tokens");
  token_key->add_option("--out", options.base, "Makes OUT.key and OUT.pub")->required();
  add_algorithm(*token_key, options);
  CLI::App* station = app.add_subcommand(
      "station", "Make the key pair by which a station (or a data center) is known on the uplink");
  station->add_option("--out", options.base, "Makes OUT.secret and OUT.public")->required();

  keys::InspectArguments& inspecting = options.inspecting;
  CLI::App* inspect = app.add_subcommand("inspect", "Say what a key, bundle or token file holds");
  inspect->add_option("FILE", inspecting.file, "A key, a bundle, or a token (bytes or hex)")
      ->required();
  auto* signer = inspect->add_option("--root", inspecting.root, "Public key of the bundle's root");
  inspect->add_option("--bundle", inspecting.bundle, "Verify a token against this bundle")
      ->needs(signer);
  inspect->add_flag("--json", inspecting.json, "JSON, one line an item");
}

Result<void> run(const std::string& command, const Options& options) {
  const keys::FolderArguments& folder = options.folder;
  if (command == "ceremony") {
    return keys::hold_ceremony({folder, options.issuers, options.algorithm, options.days});
  }
  if (command == "issue") {
    return keys::issue_keys({folder, options.key, options.lists, options.time_key});
  }
  if (command == "rotate") return keys::rotate_key({folder, options.key, options.overlap_days});
  if (command == "revoke") {
    return keys::revoke_key({folder, options.meter, options.key_id, options.from});
  }
  if (command == "rotate-issuer") {
    return keys::rotate_issuer({folder, options.algorithm, options.days});
  }
  if (command == "revoke-issuer") {
    return keys::revoke_issuer({folder, {}, options.key_id, options.from});
  }
  if (command == "publish") return keys::publish(folder, options.to);
  if (command == "token-key") return keys::make_signing_key(options.base, options.algorithm);
  if (command == "station") return keys::make_station_keys(options.base);
  return keys::inspect(options.inspecting);
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app{
      "Keeps the hierarchy of keys: a root names issuers, issuers list the keys of meters, and a\n"
      "bundle tells stations of both. Private halves are written once, readable by their owner\n"
      "alone, and never shown.",
      "backstamp keys"};
  app.footer(
      "Examples:\n"
      "  backstamp keys ceremony ring --issuer 7           root, issuer 7, ring/keys.bundle\n"
      "  backstamp keys issue ring --issuer 7 --meter 42 --public-key meter-42.pub \\\n"
      "    --valid-until 2027-12-31\n"
      "  backstamp keys rotate ring --issuer 7 --meter 42 --public-key new.pub \\\n"
      "    --valid-from 2027-01-01 --valid-until 2028-12-31\n"
      "  backstamp keys revoke ring --issuer 7 --meter 42\n"
      "  backstamp keys inspect ring/keys.bundle --root ring/root.pub\n"
      "  backstamp keys token-key --out meter-42           meter-42.key and meter-42.pub\n"
      "  backstamp keys station --out lane-1               lane-1.secret and lane-1.public\n\n"
      "Every change gives the bundle a greater sequence. The root's private key is needed for\n"
      "ceremony, rotate-issuer and revoke-issuer alone: keep it elsewhere (--root-key).");
  app.require_subcommand(1);
  Options options;
  describe_root(app, options);
  describe_meters(app, options);
  describe_single(app, options);
  BACKSTAMP_PARSE(app, argc, argv);
  return report(run(app.get_subcommands().front()->get_name(), options));
}
