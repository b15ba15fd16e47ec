// print and mint: what takes funds.
#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <nlohmann/json.hpp>

#include "base/file.h"
#include "meter/batch.h"
#include "meter/indicium.h"
#include "meter/virtual_meter.h"
#include "programs/command_line.h"
#include "programs/meter/commands.h"

namespace backstamp::programs::meter_commands {
namespace {

using Json = nlohmann::ordered_json;

std::vector<std::string> address_lines(const std::string& to) {
  std::vector<std::string> lines(1);
  for (const char c : to) {
    if (c == '|') {
      lines.emplace_back();
    } else {
      lines.back() += c;
    }
  }
  return lines;
}

/// Where the n-th of the pieces is drawn to.
std::filesystem::path file_for(const PrintOptions& options, std::uint64_t counter) {
  if (!options.out.empty()) return options.out;
  char name[48];
  std::snprintf(name, sizeof name, "piece-%06llu.", static_cast<unsigned long long>(counter));
  return std::filesystem::path(options.out_folder) / (name + options.format);
}

Result<Bytes> draw(const std::filesystem::path& file, const meter::FacePlan& face,
                   double px_per_mm) {
  if (file.extension() == ".pdf") return meter::draw_face_pdf(face);
  return meter::draw_face_png(face, px_per_mm);
}

/// What can be known to be wrong before anything is paid.
Result<void> check(const PrintOptions& options) {
  std::error_code error;
  if (options.out.empty() == options.out_folder.empty()) {
    return fail(ErrorKind::invalid, "name --out FILE or --out-dir FOLDER");
  }
  const std::filesystem::path out = options.out;
  if (!out.empty() && out.extension() != ".png" && out.extension() != ".pdf") {
    return fail(ErrorKind::invalid, options.out + ": must end with .png or .pdf");
  }
  const auto folder = out.empty()             ? std::filesystem::path(options.out_folder)
                      : out.has_parent_path() ? out.parent_path()
                                              : std::filesystem::path(".");
  if (!out.empty() || std::filesystem::create_directories(folder, error) || !error) {
    if (std::filesystem::is_directory(folder, error)) return {};
  }
  return fail(ErrorKind::not_found, folder.string() + ": is no folder that can be written to");
}

void tell(const PrintOptions& options, const meter::PrintedPiece& piece, const std::string& file) {
  const meter::PieceRecord& record = piece.record;
  if (!options.json) {
    std::printf("%s  piece %llu  %s  postage %s\n", file.c_str(),
                static_cast<unsigned long long>(record.counter), record.code.c_str(),
                record.postage.to_string().c_str());
    return;
  }
  const Json line{{"file", file},
                  {"code", record.code},
                  {"issuer", piece.identity.issuer},
                  {"meter", piece.identity.meter},
                  {"counter", record.counter},
                  {"postage", record.postage.to_string()},
                  {"mailed", format_date(record.mailed)},
                  {"service", record.service},
                  {"token", to_hex(piece.token)}};
  std::printf("%s\n", line.dump(-1, ' ', false, Json::error_handler_t::replace).c_str());
}

}  // namespace

Result<void> draw_all(const PrintOptions& options, const std::vector<meter::PrintedPiece>& pieces) {
  for (const meter::PrintedPiece& piece : pieces) {
    const auto file = file_for(options, piece.record.counter);
    const auto bytes =
        draw(file, meter::indicium_face(piece, address_lines(options.to)), options.px_per_mm);
    if (!bytes) return std::unexpected(bytes.error());
    if (auto written = write_file_durably(file, *bytes); !written) return written;
    tell(options, piece, file.string());
  }
  return {};
}

int print(const PrintOptions& options) {
  if (auto fine = check(options); !fine) {
    failed("meter", fine.error());
    return kUsage;
  }
  const auto date = date_or_today(options.date);
  if (!date) {
    failed("meter", {date.error().kind, "--date: " + date.error().message});
    return kUsage;
  }
  const auto postage = postal::Money::parse(options.postage);
  if (!postage) return failed("meter", postage.error());
  const meter::PieceRequest request{options.zip,
                                    static_cast<std::uint16_t>(options.service),
                                    *postage,
                                    *date,
                                    address_lines(options.to),
                                    options.meter_code};
  if (meter::VirtualMeter::is_in(options.folder)) return print_virtual(options, request);
  auto vault = open_vault(options.folder);
  if (!vault) return failed("meter", vault.error());
  if (request.postage.mills <= INT64_MAX / options.count) {
    synchronise_when_due(*vault, {request.postage.mills * options.count}, options.folder,
                         !options.no_register);
  }
  const auto pieces = vault->print(std::vector(options.count, request));
  if (!pieces) return failed("meter", pieces.error());
  const auto drawn = draw_all(options, *pieces);
  if (!options.no_register) register_if_possible(*vault, options.folder);
  if (drawn) return kDone;
  failed("meter", drawn.error());
  std::fprintf(stderr,
               "backstamp-meter: pieces %llu to %llu are debited and on record; those not drawn "
               "are spoiled\n",
               static_cast<unsigned long long>(pieces->front().record.counter),
               static_cast<unsigned long long>(pieces->back().record.counter));
  return kFailed;
}

int mint(const MintOptions& options) {
  const auto date = date_or_today(options.date);
  if (!date) {
    failed("meter", {date.error().kind, "--date: " + date.error().message});
    return kUsage;
  }
  if (meter::VirtualMeter::is_in(options.folder)) return mint_virtual(options, *date);
  const auto input = read_file(options.batch, meter::kBatchFileBytes);
  if (!input) return failed("meter", input.error());
  auto vault = open_vault(options.folder);
  if (!vault) return failed("meter", vault.error());
  // Tokens that were paid for are never overwritten.
  const UniqueFd out(::open(options.out.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644));
  if (!out) return failed("meter", system_error("create " + options.out, errno));
  synchronise_when_due(*vault, {}, options.folder, !options.no_register);
  const std::uint64_t counter_before = vault->registers().counter;
  const auto write = [&](std::string_view lines) { return write_all(out.get(), as_bytes(lines)); };
  const auto minted = meter::mint_batch(*vault, as_text(*input), *date, write);
  if (vault->registers().counter == counter_before) ::unlink(options.out.c_str());
  if (!options.no_register) register_if_possible(*vault, options.folder);
  if (!minted)
    return failed("meter", {minted.error().kind, options.batch + ": " + minted.error().message});
  const auto count = static_cast<unsigned long long>(*minted);
  if (options.json) {
    std::printf("{\"minted\":%llu,\"pending\":%zu}\n", count, vault->pending().size());
  } else {
    std::printf("%llu pieces minted, %zu wait to be registered\n", count, vault->pending().size());
  }
  return kDone;
}

}  // namespace backstamp::programs::meter_commands
