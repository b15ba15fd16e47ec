#include "programs/demo/commands.h"

#include <algorithm>

#include "base/file.h"

namespace backstamp::demo {
namespace {

constexpr std::uint64_t kOutputBytes = 256ull << 20;
constexpr auto kPatience = std::chrono::minutes(30);

/// The last lines of the log, for a message.
std::string end_of(const std::filesystem::path& log) {
  const auto content = read_file(log, kOutputBytes);
  if (!content) return "";
  std::string text(as_text(*content));
  std::size_t from = text.size();
  for (int lines = 0; lines <= 12 && from != std::string::npos && from > 0; ++lines) {
    from = text.rfind('\n', from - 1);
  }
  return from == std::string::npos ? text : text.substr(from);
}

Result<std::vector<Json>> parse_lines(std::string_view text, const std::string& name) {
  std::vector<Json> lines;
  for (std::size_t number = 1; !text.empty(); ++number) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    const std::string_view line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    if (line.empty()) continue;
    Json json = Json::parse(line, nullptr, false);
    if (!json.is_object()) {
      return fail(ErrorKind::invalid, name + ":" + std::to_string(number) + ": not a JSON object");
    }
    lines.push_back(std::move(json));
  }
  return lines;
}

}  // namespace

Result<ChildProcess> Commands::start(const std::string& name, std::vector<std::string> arguments,
                                     const std::string& output) const {
  // The shell only redirects; it becomes the program.
  std::vector<std::string> line = {"/bin/sh",
                                   "-c",
                                   "out=$1; log=$2; shift 2; exec \"$@\" >\"$out\" 2>>\"$log\"",
                                   "sh",
                                   (folder_ / output).string(),
                                   (folder_ / "demo.log").string(),
                                   (program_folder() / ("backstamp-" + name)).string()};
  line.insert(line.end(), arguments.begin(), arguments.end());
  return ChildProcess::start(line);
}

Result<std::string> Commands::run(const std::string& name,
                                  std::vector<std::string> arguments) const {
  const std::string output = "." + name + ".out";
  std::string shown = "backstamp " + name;
  for (const std::string& argument : arguments) shown += " " + argument;
  auto child = start(name, std::move(arguments), output);
  if (!child) return std::unexpected(child.error());
  const auto status = child->wait_for(kPatience);
  if (status != 0) {
    return fail(ErrorKind::internal, "'" + shown + "' failed:" + end_of(folder_ / "demo.log"));
  }
  const auto content = read_file(folder_ / output, kOutputBytes);
  if (!content) return std::unexpected(content.error());
  return std::string(as_text(*content));
}

Result<std::vector<Json>> Commands::run_json(const std::string& name,
                                             std::vector<std::string> arguments) const {
  const auto output = run(name, std::move(arguments));
  if (!output) return std::unexpected(output.error());
  return parse_lines(*output, "backstamp " + name);
}

Result<std::vector<Json>> read_json_lines(const std::filesystem::path& path) {
  const auto content = read_file(path, kOutputBytes);
  if (!content) return std::unexpected(content.error());
  return parse_lines(as_text(*content), path.string());
}

Result<void> write_json_lines(const std::filesystem::path& path, const std::vector<Json>& lines) {
  std::string text;
  for (const Json& line : lines) text += line.dump() + "\n";
  return write_file_durably(path, as_bytes(text));
}

}  // namespace backstamp::demo
