// The subcommands of backstamp-meterbox: each is described on the command line, then run when it
// was asked for; running returns an exit code.
#pragma once

#include <CLI/CLI.hpp>
#include <string>
#include <vector>

#include "datacenter/meterbox.h"

namespace backstamp::meterbox_program {

inline constexpr const char* kName = "meterbox";

struct InitOptions {
  datacenter::NewMeterBox box;
  std::string open_limit = "1000.00";
  std::vector<std::string> officers;
  std::vector<std::string> operators;
  std::vector<std::string> auditors;
  std::string user;
  bool json = false;
};
struct ServeOptions {
  datacenter::MeterBoxService service;
  std::vector<std::string> users;
  std::string ready_file;
  std::string user;
};
struct LookOptions {
  std::string folder;
  std::string to;
  std::vector<std::string> orders;
  bool records = false;
  bool json = false;
};
struct OrderOptions {
  datacenter::MeterBoxOrder order;
  std::string box;
  std::string chain;
  std::string limit;
  std::string records;
  std::string successor;
  std::string document;
  std::string transaction_key;
  std::string key;
  std::string file;
  std::string out;
  std::string socket;
  unsigned minutes = 60;
  bool more = false;
};

/// All that the program was told.
struct Options {
  InitOptions init;
  ServeOptions serve;
  LookOptions look;
  OrderOptions order;
};

void describe_box_commands(CLI::App& app, Options& options);
void describe_order_commands(CLI::App& app, Options& options);

int init(const InitOptions& options);
int serve(ServeOptions options);
int audit(const LookOptions& options);
int back_up(const LookOptions& options);
int restore(const LookOptions& options);
int hand_over(const LookOptions& options);
int take_over(const LookOptions& options);
int order(OrderOptions options, const std::string& what);
int approve(const OrderOptions& options);
int show(const OrderOptions& options);
int submit(const OrderOptions& options);

}  // namespace backstamp::meterbox_program
