// backstamp-datacenter postage: what an administrator orders of the secure meter box.
#pragma once

#include <CLI/CLI.hpp>
#include <string>
#include <vector>

#include "datacenter/postage.h"

namespace backstamp::programs {

/// What `postage ACTION` was given.
struct PostageCommand {
  std::string config = "datacenter.yaml";
  datacenter::PostageOrder order;
  std::string token;
  std::vector<std::string> to;
  std::string routing;
  bool json = false;
};

void describe_postage(CLI::App& app, PostageCommand& command);

/// Carries out the action that was parsed; the exit code.
int run_postage(const CLI::App& postage, const PostageCommand& command);

}  // namespace backstamp::programs
