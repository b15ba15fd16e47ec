// backstamp-datacenter: the data center, its administration and its reports.
#include <iostream>
#include <nlohmann/json.hpp>

#include "base/file.h"
#include "datacenter/administration.h"
#include "datacenter/report.h"
#include "datacenter/stations.h"
#include "postal/keys.h"
#include "programs/command_line.h"
#include "programs/datacenter/postage.h"
#include "programs/datacenter/serve.h"

namespace {

using namespace backstamp;
using Json = nlohmann::ordered_json;

constexpr const char* kName = "datacenter";

/// What the command line said.
struct Options {
  std::string config = "datacenter.yaml";
  std::string ready_file;
  std::string account;
  std::uint32_t meter = 0;
  std::string name;
  std::string public_key;
  std::string endpoint;
  std::string out;
  bool replace = false;
  bool json = false;
  bool pieces = false;
  bool suspects = false;
  bool meters = false;
  std::string pictures;
  std::uint64_t epoch = 0;
  std::uint64_t sequence = 0;
  std::string review;
  bool no_reads = false;
  bool events = false;
  bool transactions = false;
  datacenter::NewFolder folder;
};

/// Prints what was done as text or as one JSON line.
int done(const Options& options, const Json& json, const std::string& text) {
  std::cout << (options.json ? json.dump() : text) << "\n";
  return programs::kDone;
}

int init(const Options& options) {
  datacenter::NewFolder folder = options.folder;
  if (folder.hosts.empty()) folder.hosts = {"localhost", "127.0.0.1"};
  const auto path = datacenter::make_folder(folder);
  if (!path) return programs::failed(kName, path.error());
  return done(options, {{"config", path->string()}},
              "made " + path->string() + "\nnext: backstamp datacenter add-account --config " +
                  path->string() + " --account NAME");
}

Result<postal::KeyId> enrol(const Options& options, const datacenter::Config& config) {
  const auto letter = datacenter::enrol_station(
      config, {options.name, options.public_key, options.endpoint, options.replace});
  if (!letter) return std::unexpected(letter.error());
  if (auto written = write_file_durably(options.out, as_bytes(uplink::write_enrolment(*letter)));
      !written) {
    return std::unexpected(written.error());
  }
  return postal::public_key_id(letter->root);
}

constexpr const char* kTakesItLater =
    "; a running data center takes it on SIGHUP or when it starts again";

/// The commands that change the list of stations.
int change_stations(const Options& options, const std::string& command,
                    const datacenter::Config& config) {
  if (command == "enrol-station") {
    const auto root = enrol(options, config);
    if (!root) return programs::failed(kName, root.error());
    return done(options,
                {{"station", options.name}, {"letter", options.out}, {"root", to_hex(*root)}},
                "let station " + options.name + " in; " + options.out +
                    " is its letter, of the root " + to_hex(*root) + kTakesItLater);
  }
  const bool removing = command == "remove-station";
  const auto changed = removing ? datacenter::remove_station(config, options.name)
                                : datacenter::add_station(config, options.name, options.public_key);
  if (!changed) return programs::failed(kName, changed.error());
  return done(options, {{"station", options.name}},
              (removing ? "removed station " : "added station ") + options.name + kTakesItLater);
}

/// The commands that change an existing folder.
int change(const Options& options, const std::string& command) {
  const auto config = datacenter::load_config(options.config);
  if (!config) return programs::failed(kName, config.error());
  if (command == "add-account") {
    const auto added = datacenter::add_account(*config, options.account);
    if (!added) return programs::failed(kName, added.error());
    return done(options, {{"account", options.account}}, "added account " + options.account);
  }
  if (command == "add-meter") {
    const std::string number = std::to_string(options.meter);
    const auto key = datacenter::add_meter(*config, options.account, options.meter,
                                           options.name.empty() ? "meter " + number : options.name);
    if (!key) return programs::failed(kName, key.error());
    if (!options.json) std::cerr << "the API key of meter " << number << ", shown only now:\n";
    return done(options, {{"meter", options.meter}, {"api_key", *key}}, *key);
  }
  return change_stations(options, command, *config);
}

int review(const Options& options) {
  const auto config = datacenter::load_config(options.config);
  if (!config) return programs::failed(kName, config.error());
  const postal::EventId scan{options.name, options.epoch, options.sequence};
  const auto reviewed = datacenter::review_suspect(*config, scan, options.review, options.account);
  if (!reviewed) return programs::failed(kName, reviewed.error());
  return done(options, {{"station", scan.station}, {"review", options.review}},
              "the scan is " + options.review);
}

int report(const Options& options) {
  const auto config = datacenter::load_config(options.config);
  if (!config) return programs::failed(kName, config.error());
  using datacenter::Listing;
  const auto written = [&] {
    if (options.pieces) return write_listing(*config, Listing::pieces, std::cout);
    if (options.suspects) return write_listing(*config, Listing::suspects, std::cout);
    if (options.meters) return write_listing(*config, Listing::meters, std::cout);
    if (options.no_reads) return write_listing(*config, Listing::no_reads, std::cout);
    if (options.events) return write_listing(*config, Listing::events, std::cout);
    if (options.transactions) return write_listing(*config, Listing::transactions, std::cout);
    return write_totals(*config, options.json, std::cout);
  }();
  if (!written) return programs::failed(kName, written.error());
  if (!options.pictures.empty()) {
    const auto pictures = datacenter::write_pictures(*config, options.pictures);
    if (!pictures) return programs::failed(kName, pictures.error());
    std::fprintf(stderr, "%zu pictures in %s\n", *pictures, options.pictures.c_str());
  }
  std::cout.flush();
  if (!std::cout) return programs::failed(kName, Error{ErrorKind::io, "standard output"});
  return programs::kDone;
}

void add_config(CLI::App& command, Options& options) {
  command.add_option("--config", options.config, "The data center's YAML file")
      ->capture_default_str();
}

void describe_init(CLI::App& app, Options& options) {
  CLI::App* init = app.add_subcommand("init", "Make a working folder: configuration, keys, store");
  init->add_option("folder", options.folder.folder, "The folder, made when missing")->required();
  init->add_option("--name", options.folder.name, "What people call this data center")
      ->capture_default_str();
  init->add_option("--host", options.folder.hosts,
                   "A name or address of this machine, for the TLS certificate; may be repeated "
                   "(localhost and 127.0.0.1 unless given)");
  init->add_option("--listen", options.folder.listen, "The address to listen on")
      ->capture_default_str();
  init->add_option("--https-port", options.folder.https_port, "The API's port; 0: any free one")
      ->capture_default_str();
  init->add_option("--uplink-port", options.folder.uplink_port, "The uplink's port; 0: any free")
      ->capture_default_str();
  init->add_option("--waiting-period", options.folder.waiting_period,
                   "How long a piece may stay unseen before it was not read: 1s to 400d")
      ->capture_default_str();
  init->add_option("--meterbox", options.folder.meterbox_socket,
                   "The socket of the secure meter box, for virtual meters");
  init->add_option("--keys", options.folder.keys,
                   "A folder of `backstamp keys`, whose bundle is published to stations");
  init->add_flag("--json", options.json, "Print the configuration's path as JSON");
}

void describe_changes(CLI::App& app, Options& options) {
  CLI::App* account = app.add_subcommand("add-account", "Add an account, which owns meters");
  add_config(*account, options);
  account->add_option("--account", options.account, "The account's name")->required();
  account->add_flag("--json", options.json, "Print JSON");

  CLI::App* meter = app.add_subcommand("add-meter", "Add a meter and print its API key, once");
  add_config(*meter, options);
  meter->add_option("--account", options.account, "Whose meter it is")->required();
  meter->add_option("--meter", options.meter, "The meter's number, 1 to 99999999")->required();
  meter->add_option("--name", options.name, "A name for people");
  meter->add_flag("--json", options.json, "Print the key as JSON");

  CLI::App* station = app.add_subcommand("add-station", "Let a station in");
  add_config(*station, options);
  station->add_option("--name", options.name, "The station's name")->required();
  station
      ->add_option("--public-key", options.public_key,
                   "Its public key: 40 characters of Z85, or a .public file")
      ->required();
  station->add_flag("--json", options.json, "Print JSON");
}

void describe_enrolment(CLI::App& app, Options& options) {
  CLI::App* enrol = app.add_subcommand(
      "enrol-station", "Let a station in, and write the letter that it begins with");
  add_config(*enrol, options);
  enrol->add_option("--name", options.name, "The station's name")->required();
  enrol
      ->add_option("--public-key", options.public_key,
                   "Its public key: 40 characters of Z85, or a .public file")
      ->required();
  enrol->add_option("--out", options.out, "The letter: a file for `backstamp station enrol`")
      ->required();
  enrol->add_option("--endpoint", options.endpoint,
                    "tcp://HOST:PORT by which stations reach this data center [as configured]");
  enrol->add_flag("--replace", options.replace,
                  "It has another key from now on, or another machine takes its place");
  enrol->add_flag("--json", options.json, "Print JSON");

  CLI::App* remove = app.add_subcommand("remove-station", "Let a station in no more");
  add_config(*remove, options);
  remove->add_option("--name", options.name, "The station's name")->required();
  remove->add_flag("--json", options.json, "Print JSON");
}

void describe_report(CLI::App& app, Options& options) {
  CLI::App* report = app.add_subcommand("report", "Say what became of the mail");
  add_config(*report, options);
  report->add_flag("--json", options.json, "Print the totals as one line of JSON");
  auto* lists = report->add_option_group("lists", "One line of JSON an item, instead of totals");
  lists->add_flag("--pieces", options.pieces, "Every piece with its state and reason");
  lists->add_flag("--suspects", options.suspects, "Every scan that speaks against the mail");
  lists->add_flag("--meters", options.meters,
                  "Suspect scans of each meter, by reason and rule, open and reviewed");
  lists->add_flag("--noreads", options.no_reads, "Every event that names no piece, with its cause");
  lists->add_flag("--events", options.events, "Every scan event");
  lists->add_flag("--transactions", options.transactions,
                  "Every transaction record that the meter box signed, in hexadecimal");
  lists->require_option(0, 1);
  report->add_option("--pictures", options.pictures,
                     "A folder for the evidence of suspect scans, made when missing");
}

void describe_review(CLI::App& app, Options& options) {
  CLI::App* review = app.add_subcommand(
      "review", "Say what was made of a suspect scan: confirmed, dismissed, or open again");
  add_config(*review, options);
  review->add_option("--station", options.name, "The scan's station")->required();
  review->add_option("--epoch", options.epoch, "Its epoch")->required();
  review->add_option("--sequence", options.sequence, "Its sequence")->required();
  review->add_option("--as", options.review, "What was made of it")
      ->check(CLI::IsMember({"open", "confirmed", "dismissed"}))
      ->required();
  review->add_option("--by", options.account, "Who says so")->required();
  review->add_flag("--json", options.json, "Print JSON");
}

}  // namespace

int main(int argc, char** argv) {
  Options options;
  CLI::App app{
      "Runs the data center: takes scan events from stations, registrations from meters, and\n"
      "says of every piece whether it was read, is suspect, or was not read.",
      "backstamp datacenter"};
  app.footer(
      "Examples:\n"
      "  backstamp datacenter init dc\n"
      "  backstamp datacenter add-account --config dc/datacenter.yaml --account Acme\n"
      "  backstamp datacenter add-meter --config dc/datacenter.yaml --account Acme --meter 7\n"
      "  backstamp datacenter add-station --config dc/datacenter.yaml --name S1 \\\n"
      "    --public-key s1.public\n"
      "  backstamp datacenter --config dc/datacenter.yaml\n"
      "  backstamp datacenter report --config dc/datacenter.yaml --pieces\n\n"
      "It prints one line of JSON with its addresses when it is ready, and ends on SIGTERM;\n"
      "SIGHUP reads the list of stations again. docs/formats/datacenter-config.md lists every\n"
      "key, docs/formats/meter-api.md describes the API for meters.");
  add_config(app, options);
  app.add_option("--ready-file", options.ready_file,
                 "Also write the line that says it is ready to this file");
  describe_init(app, options);
  describe_changes(app, options);
  describe_enrolment(app, options);
  describe_report(app, options);
  programs::PostageCommand postage;
  programs::describe_postage(app, postage);
  describe_review(app, options);
  app.require_subcommand(0, 1);
  BACKSTAMP_PARSE(app, argc, argv);

  const auto chosen = app.get_subcommands();
  if (chosen.empty()) return programs::serve_datacenter(options.config, options.ready_file);
  const std::string command = chosen.front()->get_name();
  if (command == "init") return init(options);
  if (command == "report") return report(options);
  if (command == "postage") return programs::run_postage(*chosen.front(), postage);
  if (command == "review") return review(options);
  return change(options, command);
}
