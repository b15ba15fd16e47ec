// The subcommands of backstamp-bench. Each is added to the command line, then run when it was
// asked for; running returns an exit code.
#pragma once

#include <CLI/CLI.hpp>
#include <cstddef>
#include <cstdint>
#include <string>

namespace backstamp::bench {

struct ReadArguments {
  std::string dataset;
  std::string peer;
  unsigned threads = 1;
  unsigned rounds = 1;
  std::size_t limit = 0;
  std::string budget = "2s";
  std::string clock = "wall";
  std::string out;
  std::string plot;
  bool json = false;
  bool allow_misreads = false;
};
CLI::App* add_read_command(CLI::App& app, ReadArguments& arguments);
int run_read_command(const ReadArguments& arguments);

struct CompareArguments {
  std::string before;
  std::string after;
  double significance = 0.01;
  double slower = 0.05;
  bool json = false;
};
CLI::App* add_compare_command(CLI::App& app, CompareArguments& arguments);
int run_compare_command(const CompareArguments& arguments);

struct MintArguments {
  unsigned meters = 1000;
  unsigned threads = 32;
  double seconds = 5;
  std::string folder;
  bool json = false;
};
CLI::App* add_mint_command(CLI::App& app, MintArguments& arguments);
int run_mint_command(const MintArguments& arguments);

struct VerifyArguments {
  unsigned rounds = 5;
  double seconds = 0.5;
  std::uint64_t entries = 32'000'000;
  std::size_t lookups = 1'000'000;
  bool json = false;
};
CLI::App* add_verify_command(CLI::App& app, VerifyArguments& arguments);
int run_verify_command(const VerifyArguments& arguments);

}  // namespace backstamp::bench
