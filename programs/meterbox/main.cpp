// backstamp-meterbox: the secure meter box as a process of its own.
#include "programs/command_line.h"
#include "programs/meterbox/commands.h"

int main(int argc, char** argv) {
  using namespace backstamp;
  namespace program = meterbox_program;
  program::Options options;
  CLI::App app{
      "Runs the secure meter box: the one process that holds postage and mints tokens, with keys\n"
      "in an HSM behind PKCS#11 that never leave it. Only the function server speaks to it, over "
      "a\n"
      "local socket; what changes keys or limits needs signed orders of two persons.",
      "backstamp meterbox"};
  app.footer(
      "Examples:\n"
      "  backstamp meterbox init box --softhsm box-hsm --issuer 7     for development\n"
      "  backstamp meterbox init box --issuer 7 --module /usr/lib/vendor/pkcs11.so \\\n"
      "    --token post --pin-file pin --officer ada=ada.pub --officer ben=ben.pub\n"
      "  backstamp meterbox serve box --socket box/socket --allow-uid backstamp\n"
      "  backstamp meterbox order fund-limit --meter 42 --limit 5000.00 --box HEX --sequence 1 \\\n"
      "    --key ada.key --out raise.order\n"
      "  backstamp meterbox approve raise.order --key ben.key\n"
      "  backstamp meterbox submit raise.order --socket box/socket\n"
      "  backstamp meterbox audit box --json\n"
      "  backstamp meterbox backup box --to box-2026-11-26\n"
      "docs/formats/meterbox.md says what each file and message holds.");
  program::describe_box_commands(app, options);
  program::describe_order_commands(app, options);
  app.require_subcommand(1);
  BACKSTAMP_PARSE(app, argc, argv);

  CLI::App* chosen = app.get_subcommands().front();
  const std::string command = chosen->get_name();
  if (command == "init") return program::init(options.init);
  if (command == "serve") return program::serve(options.serve);
  if (command == "inspect" || command == "audit") return program::audit(options.look);
  if (command == "backup") return program::back_up(options.look);
  if (command == "restore") return program::restore(options.look);
  if (command == "hand-over") return program::hand_over(options.look);
  if (command == "take-over") return program::take_over(options.look);
  if (command == "approve") return program::approve(options.order);
  if (command == "show") return program::show(options.order);
  if (command == "submit") return program::submit(options.order);
  return program::order(options.order, chosen->get_subcommands().front()->get_name());
}
