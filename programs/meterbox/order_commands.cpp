#include <algorithm>
#include <iostream>
#include <sstream>

#include "base/file.h"
#include "programs/command_line.h"
#include "programs/meterbox/commands.h"

namespace backstamp::meterbox_program {
namespace {

constexpr std::uint64_t kOrderBytes = 64u << 10;
constexpr std::uint64_t kRecordsBytes = 1u << 20;
constexpr std::uint64_t kDocumentBytes = 32u << 20;

Result<Sha256> parse_hash(const std::string& text, const char* option) {
  const auto bytes = from_hex(text);
  Sha256 hash{};
  if (!bytes || bytes->size() != hash.size()) {
    return fail(ErrorKind::invalid, std::string(option) + ": 64 hexadecimal digits are wanted");
  }
  std::copy(bytes->begin(), bytes->end(), hash.begin());
  return hash;
}

/// One record a line, in hexadecimal, as the data center keeps them.
Result<std::vector<Bytes>> read_records(const std::string& path) {
  const auto content = read_file(path, kRecordsBytes);
  if (!content) return std::unexpected(content.error());
  std::istringstream lines{std::string(as_text(*content))};
  std::vector<Bytes> records;
  for (std::string line; std::getline(lines, line);) {
    if (line.empty()) continue;
    auto record = from_hex(line);
    if (!record) return fail(path, record.error());
    records.push_back(*std::move(record));
  }
  return records;
}

Result<void> complete(OrderOptions& options) {
  const auto box = parse_hash(options.box, "--box");
  if (!box) return std::unexpected(box.error());
  options.order.box = *box;
  options.order.valid_for = std::chrono::minutes(options.minutes);
  options.order.last = !options.more;
  if (!options.limit.empty()) {
    const auto limit = postal::Money::parse(options.limit);
    if (!limit) return std::unexpected(limit.error());
    options.order.limit = *limit;
  }
  if (!options.chain.empty()) {
    const auto chain = parse_hash(options.chain, "--chain");
    if (!chain) return std::unexpected(chain.error());
    options.order.chain = *chain;
  }
  if (!options.records.empty()) {
    auto records = read_records(options.records);
    if (!records) return std::unexpected(records.error());
    options.order.records = *std::move(records);
  }
  if (!options.successor.empty()) {
    const auto successor = parse_hash(options.successor, "--successor");
    if (!successor) return std::unexpected(successor.error());
    options.order.successor = *successor;
  }
  if (!options.document.empty()) {
    auto document = read_file(options.document, kDocumentBytes);
    if (!document) return std::unexpected(document.error());
    auto key = from_base64(options.transaction_key);
    if (!key) return fail("--transaction-key", key.error());
    options.order.document = *std::move(document);
    options.order.transaction_key = *std::move(key);
  }
  return {};
}

CLI::App* add_action(CLI::App* order, OrderOptions& options, const char* name, const char* what) {
  CLI::App* action = order->add_subcommand(name, what);
  action->add_option("--box", options.box, "The box's name, as audit shows it")->required();
  action->add_option("--sequence", options.order.sequence, "Greater than that of the last order")
      ->required();
  action->add_option("--minutes", options.minutes, "How long it may be submitted")
      ->check(CLI::Range(1u, 60u * 24 * 30))
      ->capture_default_str();
  action->add_option("--key", options.key, "The private key of the first who approves")->required();
  action->add_option("--out", options.out, "The file to write")->required();
  return action;
}

}  // namespace

void describe_order_commands(CLI::App& app, Options& all) {
  OrderOptions& options = all.order;
  CLI::App* order = app.add_subcommand(
      "order", "Write an order: a statement to the box that two persons must sign");
  order->require_subcommand(1);
  CLI::App* limit = add_action(order, options, "fund-limit", "What an account may hold at most");
  limit->add_option("--meter", options.order.meter, "The account's meter")->required();
  limit->add_option("--limit", options.limit, "Such as 5000.00")->required();
  CLI::App* open = add_action(order, options, "open-limit", "What accounts may be opened with");
  open->add_option("--limit", options.limit, "Such as 5000.00")->required();
  CLI::App* add = add_action(order, options, "add-person", "Someone who may approve, or look");
  add->add_option("--name", options.order.person.name, "His or her name")->required();
  add->add_option("--role", options.order.person.role, "officer, operator or auditor")->required();
  add->add_option("--public-key", options.order.person.public_key, "Ed25519, PEM")->required();
  CLI::App* remove = add_action(order, options, "remove-person", "Takes a person off the list");
  remove->add_option("--public-key", options.order.person.public_key, "Whose key it is")
      ->required();
  add_action(order, options, "renew-issuer-key", "Makes a new issuer key in the HSM");
  CLI::App* recover = add_action(order, options, "recover",
                                 "Brings a restored box up to what the data center has heard");
  recover->add_option("--version", options.order.version, "Version of the anchor")->required();
  recover->add_option("--chain", options.chain, "Hash of the anchor")->required();
  recover->add_option("--records", options.records,
                      "Signed transaction records after the backup, one a line in hexadecimal");
  recover->add_flag("--more", options.more, "Further orders with records follow");

  CLI::App* hand_over =
      add_action(order, options, "hand-over", "Retires the box for good, for a successor");
  hand_over->add_option("--successor", options.successor, "The new box's name")->required();
  CLI::App* take_over =
      add_action(order, options, "take-over", "Takes the accounts of a retired box");
  take_over->add_option("--document", options.document, "The retired box's document")->required();
  take_over
      ->add_option("--transaction-key", options.transaction_key,
                   "The retired box's transaction key, as its audit shows it")
      ->required();

  CLI::App* approve = app.add_subcommand("approve", "Add an approval to an order");
  approve->add_option("FILE", options.file, "The order")->required();
  approve->add_option("--key", options.key, "The private key of who approves")->required();
  approve->add_option("--out", options.out, "Where to write it [FILE itself]");
  CLI::App* show = app.add_subcommand("show", "Say what an order is, as JSON");
  show->add_option("FILE", options.file, "The order")->required();
  CLI::App* submit = app.add_subcommand("submit", "Bring an order to a box that is served");
  submit->add_option("FILE", options.file, "The order")->required();
  submit->add_option("--socket", options.socket, "The box's socket")->required();
}

int order(OrderOptions options, const std::string& what) {
  options.order.what = what;
  if (auto done = complete(options); !done) return programs::failed(kName, done.error());
  const auto key = postal::SigningKey::load(options.key);
  if (!key) return programs::failed(kName, key.error());
  const auto file = datacenter::write_meter_box_order(options.order, *key);
  if (!file) return programs::failed(kName, file.error());
  const auto written = write_file_durably(options.out, *file);
  return written ? programs::kDone : programs::failed(kName, written.error());
}

int approve(const OrderOptions& options) {
  const auto file = read_file(options.file, kOrderBytes);
  if (!file) return programs::failed(kName, file.error());
  const auto key = postal::SigningKey::load(options.key);
  if (!key) return programs::failed(kName, key.error());
  const auto approved = datacenter::approve_meter_box_order(*file, *key);
  if (!approved) return programs::failed(kName, approved.error());
  const auto written =
      write_file_durably(options.out.empty() ? options.file : options.out, *approved);
  return written ? programs::kDone : programs::failed(kName, written.error());
}

int show(const OrderOptions& options) {
  const auto file = read_file(options.file, kOrderBytes);
  if (!file) return programs::failed(kName, file.error());
  const auto said = datacenter::describe_meter_box_order(*file);
  if (!said) return programs::failed(kName, said.error());
  std::cout << *said << "\n" << std::flush;
  return programs::kDone;
}

int submit(const OrderOptions& options) {
  const auto file = read_file(options.file, kOrderBytes);
  if (!file) return programs::failed(kName, file.error());
  const auto answer = datacenter::submit_meter_box_order(options.socket, *file);
  if (!answer) return programs::failed(kName, answer.error());
  if (!answer->empty()) std::cout << to_base64(*answer) << "\n";
  std::cout.flush();
  return programs::kDone;
}

}  // namespace backstamp::meterbox_program
