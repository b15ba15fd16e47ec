// backstamp-datacenter postage: what an administrator orders of the secure meter box.
#pragma once

#include <CLI/CLI.hpp>
#include <cstdint>
#include <string>
#include <vector>

namespace backstamp::programs {

/// What `postage ACTION` was given.
struct PostageCommand {
  std::string config = "datacenter.yaml";
  std::string request;
  std::uint32_t meter = 0;
  std::string mailer_id;
  std::string amount;
  std::uint32_t issuer = 0;
  std::uint64_t counter = 0;
  std::string token;
  std::vector<std::string> to;
  std::string routing;
  bool json = false;
};

void describe_postage(CLI::App& app, PostageCommand& command);

/// Carries out the action that was parsed; the exit code.
int run_postage(const CLI::App& postage, const PostageCommand& command);

}  // namespace backstamp::programs
