#include <unistd.h>

#include <iostream>
#include <nlohmann/json.hpp>

#include "base/file.h"
#include "base/privileges.h"
#include "base/process.h"
#include "base/service.h"
#include "programs/command_line.h"
#include "programs/meterbox/commands.h"

namespace backstamp::meterbox_program {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::uint64_t kOrderBytes = 64u << 10;

void log_line(const std::string& line) {
  std::fprintf(stderr, "meterbox: %s\n", line.c_str());
}

/// "ada=ada.pub": a name and a key file.
Result<void> add_people(const std::vector<std::string>& texts, const char* role,
                        std::vector<datacenter::MeterBoxPerson>& people) {
  for (const std::string& text : texts) {
    const std::size_t equals = text.find('=');
    if (equals == std::string::npos || equals == 0 || equals > 64) {
      return fail(ErrorKind::invalid, "--" + std::string(role) + " " + text + ": give NAME=FILE");
    }
    people.push_back({text.substr(0, equals), role, text.substr(equals + 1)});
  }
  return {};
}

Json audit_json(const datacenter::MeterBoxAudit& audit) {
  return {{"box", to_hex(audit.box)},
          {"issuer", audit.issuer},
          {"records", audit.records},
          {"version", audit.version},
          {"chain", to_hex(audit.chain)},
          {"accounts", audit.accounts},
          {"pieces", audit.pieces},
          {"ascending", audit.ascending.to_string()},
          {"descending", audit.descending.to_string()},
          {"control", audit.control.to_string()},
          {"funded", audit.funded.to_string()},
          {"refunded", audit.refunded.to_string()},
          {"withdrawn", audit.withdrawn.to_string()},
          {"transaction_key", to_base64(audit.transaction_key)},
          {"retired", audit.retired},
          {"torn_bytes", audit.torn_bytes}};
}

int show_audit(const Result<datacenter::MeterBoxAudit>& audit, bool json) {
  if (!audit) return programs::failed(kName, audit.error());
  const Json shown = audit_json(*audit);
  if (json) {
    std::cout << shown.dump() << "\n";
  } else {
    for (const auto& [field, value] : shown.items()) {
      const std::string text = value.is_string() ? value.get<std::string>() : value.dump();
      std::printf("%-11s %s\n", field.c_str(), text.c_str());
    }
  }
  std::cout.flush();
  if (!std::cout) return programs::failed(kName, Error{ErrorKind::io, "standard output"});
  return programs::kDone;
}

/// As root the box's folders are made for its user, and then it is that user that works.
Result<void> work_as(const std::string& name, const std::vector<std::filesystem::path>& folders) {
  if (name.empty()) return {};
  const auto user = find_user(name);
  if (!user) return std::unexpected(user.error());
  for (const auto& folder : folders) {
    if (folder.empty()) continue;
    if (auto made = make_folder_of(folder, *user); !made) return made;
  }
  return become_user(*user);
}

Result<std::vector<std::uint32_t>> user_numbers(const std::vector<std::string>& names) {
  std::vector<std::uint32_t> numbers;
  for (const std::string& name : names) {
    const auto user = find_user(name);
    if (!user) return std::unexpected(user.error());
    numbers.push_back(user->user);
  }
  if (numbers.empty()) numbers.push_back(::getuid());
  return numbers;
}

void describe_init(CLI::App& app, InitOptions& options) {
  CLI::App* init = app.add_subcommand(
      "init", "The ceremony of a new box: makes its keys in the HSM, its folder and first record");
  init->add_option("FOLDER", options.box.folder, "The box's folder, made when missing")->required();
  init->add_option("--issuer", options.box.issuer, "The issuer's number in tokens")->required();
  init->add_option("--open-limit", options.open_limit, "The most that accounts may be opened with")
      ->capture_default_str();
  auto* soft = init->add_option("--softhsm", options.box.soft_token,
                                "Make a token of SoftHSM in this folder: for development");
  auto* module = init->add_option("--module", options.box.hsm.module, "The PKCS#11 library");
  auto* token = init->add_option("--token", options.box.hsm.token, "The token's label");
  auto* pin = init->add_option("--pin-file", options.box.hsm.pin_file, "The user PIN, mode 0600");
  soft->excludes(module)->excludes(token)->excludes(pin);
  module->needs(token)->needs(pin);
  init->add_option("--officer", options.officers,
                   "NAME=FILE: a crypto officer and the Ed25519 public key; at least two. Without "
                   "any, keys of all roles are made in FOLDER/people: for development");
  init->add_option("--operator", options.operators, "NAME=FILE: an operator");
  init->add_option("--auditor", options.auditors, "NAME=FILE: an auditor");
  init->add_option("--user", options.user, "As root: make everything as this user's");
  init->add_flag("--json", options.json, "Print the new box as JSON");
}

void describe_serve(CLI::App& app, ServeOptions& options) {
  CLI::App* serve = app.add_subcommand("serve", "Serve the function server until SIGTERM");
  serve->add_option("FOLDER", options.service.folder, "The box's folder")->required();
  serve->add_option("--socket", options.service.socket, "The local socket to listen at")
      ->required();
  serve->add_option("--allow-uid", options.users,
                    "A user, by name or number, who may speak to it; may be repeated [its own]");
  serve->add_option("--ready-file", options.ready_file, "Write a line of JSON when it is ready");
  serve->add_option("--user", options.user, "As root: become this user first");
}

}  // namespace

void describe_box_commands(CLI::App& app, Options& options) {
  describe_init(app, options.init);
  describe_serve(app, options.serve);
  LookOptions& look = options.look;
  const auto add_folder = [&](CLI::App* command) {
    command->add_option("FOLDER", look.folder, "The box's folder")->required();
    command->add_flag("--json", look.json, "Print one line of JSON");
  };
  CLI::App* audit = app.add_subcommand(
      "audit", "Check the whole journal: seals, chain, rules, registers, signatures");
  audit->alias("inspect");
  add_folder(audit);
  audit->add_flag("--records", look.records, "One line of JSON a record, and one an account");
  CLI::App* backup = app.add_subcommand("backup", "Copy a box, served or not, and audit the copy");
  add_folder(backup);
  backup->add_option("--to", look.to, "A new folder")->required();
  CLI::App* hand_over = app.add_subcommand(
      "hand-over", "Write the document of a box that an order retired, for its successor");
  hand_over->add_option("FOLDER", look.folder, "The retired box's folder")->required();
  hand_over->add_option("--to", look.to, "The file to write")->required();
  CLI::App* take_over =
      app.add_subcommand("take-over", "Take the accounts of a retired box, with new keys");
  add_folder(take_over);
  take_over->add_option("--from", look.to, "The retired box's document")->required();
  take_over->add_option("--order", look.orders, "The order to take over, approved by two officers")
      ->required()
      ->expected(1);
  CLI::App* restore = app.add_subcommand(
      "restore", "Put a backup in the place of a box that was lost; never to roll back");
  add_folder(restore);
  restore->add_option("--from", look.to, "The backup")->required();
  restore->add_option("--order", look.orders,
                      "Orders to recover, approved by two officers, where the backup is older than "
                      "what the HSM knows; may be repeated");
}

int init(const InitOptions& options) {
  datacenter::NewMeterBox box = options.box;
  const auto limit = postal::Money::parse(options.open_limit);
  if (!limit) return programs::failed(kName, limit.error());
  box.open_limit = *limit;
  if (box.soft_token.empty() && box.hsm.module.empty()) {
    return programs::failed(
        kName, Error{ErrorKind::invalid, "give --softhsm, or --module, --token and --pin-file"});
  }
  for (const auto& [texts, role] :
       {std::pair(&options.officers, "officer"), std::pair(&options.operators, "operator"),
        std::pair(&options.auditors, "auditor")}) {
    if (auto added = add_people(*texts, role, box.people); !added) {
      return programs::failed(kName, added.error());
    }
  }
  auto done = work_as(options.user, {box.folder, box.soft_token});
  if (done) done = keep_memory_private();
  if (done) done = datacenter::make_meter_box(box);
  if (!done) return programs::failed(kName, done.error());
  if (!options.json) std::cout << "made " << box.folder.string() << "\n";
  return show_audit(datacenter::audit_meter_box(box.folder, true, nullptr), options.json);
}

int serve(ServeOptions options) {
  const std::stop_token stop = stop_on_signals().get_token();
  const auto users = user_numbers(options.users);
  if (!users) return programs::failed(kName, users.error());
  options.service.users = *users;
  options.service.log = log_line;
  options.service.ready = [&]() -> Result<void> {
    const std::string line =
        Json{{"ready", true}, {"socket", options.service.socket.string()}}.dump() + "\n";
    std::cout << line << std::flush;
    if (!options.ready_file.empty()) {
      auto written = write_file_durably(options.ready_file, as_bytes(line));
      if (!written) return written;
    }
    service::ready("serves at " + options.service.socket.string());
    return {};
  };
  if (const auto interval = service::watchdog_interval()) {
    options.service.answers = service::watchdog;
    options.service.answers_every = *interval / 2;
  }
  const std::stop_callback told(stop, [] { service::stopping(); });
  auto done = work_as(options.user, {});
  if (done) done = keep_memory_private();
  if (done) done = datacenter::serve_meter_box(options.service, stop);
  return done ? programs::kDone : programs::failed(kName, done.error());
}

int audit(const LookOptions& options) {
  return show_audit(
      datacenter::audit_meter_box(options.folder, true, options.records ? &std::cout : nullptr),
      options.json);
}

int back_up(const LookOptions& options) {
  return show_audit(datacenter::back_up_meter_box(options.folder, options.to), options.json);
}

int hand_over(const LookOptions& options) {
  const auto document = datacenter::hand_over_meter_box(options.folder);
  if (!document) return programs::failed(kName, document.error());
  const auto written = write_file_durably(options.to, *document, 0600);
  return written ? programs::kDone : programs::failed(kName, written.error());
}

int take_over(const LookOptions& options) {
  const auto document = read_file(options.to, std::uint64_t{32} << 20);
  if (!document) return programs::failed(kName, document.error());
  const auto order = read_file(options.orders.front(), kOrderBytes);
  if (!order) return programs::failed(kName, order.error());
  return show_audit(datacenter::take_over_meter_box(options.folder, *document, *order, log_line),
                    options.json);
}

int restore(const LookOptions& options) {
  std::vector<Bytes> orders;
  for (const std::string& path : options.orders) {
    auto order = read_file(path, kOrderBytes);
    if (!order) return programs::failed(kName, order.error());
    orders.push_back(*std::move(order));
  }
  return show_audit(datacenter::restore_meter_box(options.to, options.folder, orders, log_line),
                    options.json);
}

}  // namespace backstamp::meterbox_program
