#include "programs/datacenter/postage.h"

#include <iostream>
#include <nlohmann/json.hpp>

#include "programs/command_line.h"

namespace backstamp::programs {

using Json = nlohmann::ordered_json;
using datacenter::PostageOrder;

namespace {

constexpr const char* kName = "datacenter";

void add_common(CLI::App& action, PostageCommand& command, bool changes) {
  action.add_option("--config", command.config, "The data center's YAML file")
      ->capture_default_str();
  action.add_option("--meter", command.order.meter, "The meter's number")->required();
  action.add_flag("--json", command.json, "Print the account as one line of JSON");
  if (changes) {
    action.add_option("--request", command.order.request,
                      "A name for this order: the same name again changes nothing and gives the "
                      "same answer. A new one is made unless given");
  }
}

PostageOrder::Action action_of(const std::string& name) {
  using enum PostageOrder::Action;
  if (name == "open") return open;
  if (name == "fund") return fund;
  if (name == "refund") return refund;
  if (name == "lock") return lock;
  if (name == "unlock") return unlock;
  return name == "withdraw" ? withdraw : show;
}

std::string for_people(const std::string& account) {
  const Json json = Json::parse(account);
  const Json& registers = json.at("registers");
  const auto text = [&](const char* key) { return registers.at(key).get<std::string>(); };
  return "meter " + std::to_string(json.at("meter").get<std::uint32_t>()) + ", " +
         json.at("state").get<std::string>() + ": " + text("descending") + " left, " +
         text("ascending") + " dispensed for " +
         std::to_string(registers.at("pieces").get<std::uint64_t>()) + " pieces, " +
         text("control") + " in all";
}

int check_address(const datacenter::Config& config, const PostageCommand& command) {
  const auto bound = token_is_bound(config, command.token, command.to, command.routing);
  if (!bound) return failed(kName, bound.error());
  std::cout << (command.json ? Json{{"bound", *bound}}.dump()
                : *bound     ? "bound to this address"
                             : "NOT bound to this address")
            << "\n";
  return kDone;
}

}  // namespace

void describe_postage(CLI::App& app, PostageCommand& command) {
  CLI::App* postage = app.add_subcommand("postage", "Order something of the secure meter box");
  postage->require_subcommand(1);
  CLI::App* open = postage->add_subcommand("open", "Open a meter's account in the box");
  add_common(*open, command, true);
  open->add_option("--mailer-id", command.order.mailer_id, "6 digits, or 9 starting with 9")
      ->required();
  open->add_option("--fund-limit", command.order.amount, "What it may hold at most, such as 500.00")
      ->required();
  CLI::App* fund = postage->add_subcommand("fund", "Put funds into an account");
  add_common(*fund, command, true);
  fund->add_option("--amount", command.order.amount, "Such as 50.00")->required();
  CLI::App* refund = postage->add_subcommand("refund", "Give the postage of a piece back");
  add_common(*refund, command, true);
  refund->add_option("--issuer", command.order.issuer, "Issuer of the piece's token")->required();
  refund->add_option("--counter", command.order.counter, "Counter of the piece's token")
      ->required();
  refund->add_option("--amount", command.order.amount, "Such as 0.406")->required();
  add_common(*postage->add_subcommand("lock", "Let nothing be dispensed for now"), command, true);
  add_common(*postage->add_subcommand("unlock", "Let postage be dispensed again"), command, true);
  add_common(*postage->add_subcommand("withdraw", "Close an account for good and pay it out"),
             command, true);
  add_common(*postage->add_subcommand("show", "Show an account's registers"), command, false);
  CLI::App* check = postage->add_subcommand(
      "check-address", "Ask the box whether a token is bound to a recipient's address");
  check->add_option("--config", command.config, "The data center's YAML file")
      ->capture_default_str();
  check->add_option("--token", command.token, "The token, in hexadecimal")->required();
  check->add_option("--to", command.to, "A line of the address; may be repeated")->required();
  check->add_option("--routing", command.routing, "The routing digits: 5, 9 or 11, or none");
  check->add_flag("--json", command.json, "Print one line of JSON");
  postage->footer(
      "Example:\n"
      "  backstamp datacenter postage open --config dc/datacenter.yaml --meter 7 \\\n"
      "    --mailer-id 123456 --fund-limit 500.00\n"
      "  backstamp datacenter postage fund --config dc/datacenter.yaml --meter 7 --amount 100.00\n"
      "Every order is on record before the box hears of it (docs/formats/meterbox.md).");
}

int run_postage(const CLI::App& postage, const PostageCommand& command) {
  const auto config = datacenter::load_config(command.config);
  if (!config) return failed(kName, config.error());
  const std::string name = postage.get_subcommands().front()->get_name();
  if (name == "check-address") return check_address(*config, command);
  datacenter::PostageOrder order = command.order;
  order.action = action_of(name);
  const auto account = order_postage(*config, order);
  if (!account) return failed(kName, account.error());
  std::cout << (command.json ? *account : for_people(*account)) << "\n";
  return kDone;
}

}  // namespace backstamp::programs
