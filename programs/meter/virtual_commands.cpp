// What a virtual meter does: the data center's meter box mints, the meter prints.
#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <nlohmann/json.hpp>

#include "base/file.h"
#include "meter/batch.h"
#include "meter/virtual_meter.h"
#include "programs/command_line.h"
#include "programs/meter/commands.h"

namespace backstamp::programs::meter_commands {
namespace {

using Json = nlohmann::ordered_json;

void tell_unprinted(const Error& why) {
  if (why.kind != ErrorKind::unavailable && why.kind != ErrorKind::timeout) return;
  std::fprintf(stderr,
               "backstamp-meter: whether it was paid is open; ask again, at no cost, with\n"
               "backstamp-meter: backstamp meter recover\n");
}

std::string line_of(const meter::PrintedPiece& piece) {
  return Json{{"code", piece.record.code},
              {"issuer", piece.identity.issuer},
              {"meter", piece.identity.meter},
              {"counter", piece.identity.counter},
              {"postage", piece.record.postage.to_string()},
              {"mailed", format_date(piece.record.mailed)},
              {"service", piece.record.service},
              {"token", to_hex(piece.token)}}
             .dump() +
         "\n";
}

/// A file of tokens that were paid for: made anew, never overwritten, synced before it counts.
Result<UniqueFd> new_file(const std::string& path) {
  UniqueFd out(::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644));
  if (!out) return std::unexpected(system_error("create " + path, errno));
  return out;
}

Result<void> write_and_sync(int out, const std::string& text) {
  if (auto written = write_all(out, as_bytes(text)); !written) return written;
  if (::fsync(out) != 0) return std::unexpected(system_error("fsync", errno));
  return {};
}

/// Pays for all lines in requests of kPiecesPerPostage; writes each before the next is asked for.
Result<void> mint_lines(meter::VirtualMeter& meter, meter::DataCenter& data_center,
                        const std::vector<meter::BatchLine>& lines, int out) {
  for (std::size_t from = 0; from < lines.size(); from += meter::kPiecesPerPostage) {
    const std::size_t count = std::min(meter::kPiecesPerPostage, lines.size() - from);
    std::vector<meter::PieceRequest> requests;
    for (std::size_t i = 0; i < count; ++i) requests.push_back(lines[from + i].request);
    const auto paid = meter.pay(requests, data_center.post());
    if (!paid) return std::unexpected(paid.error());
    std::string text;
    for (std::size_t i = 0; i < count; ++i) {
      text += meter::minted_line(lines[from + i].text, paid->pieces[i]) + "\n";
    }
    if (auto written = write_and_sync(out, text); !written) return written;
    if (auto noted = meter.printed(paid->request); !noted) return noted;
  }
  return {};
}

}  // namespace

int init_virtual(const InitOptions& options) {
  const bool more = options.issuer != 0 || !options.mailer_id.empty() || options.soft_token ||
                    !options.hsm_module.empty() || !options.offline_limit.empty() ||
                    options.offline_period_s != 0 || !options.fund_authority.empty();
  if (more) {
    failed("meter", {ErrorKind::invalid,
                     "init: a virtual meter has neither issuer, mailer id, device, limits nor a "
                     "fund authority of its own: leave them out"});
    return kUsage;
  }
  if (auto made = meter::VirtualMeter::create(options.folder, options.meter); !made) {
    return failed("meter", made.error());
  }
  std::fprintf(stderr, "backstamp-meter: %s: virtual meter %u\n", options.folder.c_str(),
               options.meter);
  if (options.address.url.empty()) return kDone;
  return connect(options.folder, options.address);
}

int print_virtual(const PrintOptions& options, const meter::PieceRequest& request) {
  auto data_center = data_center_of(options.folder);
  if (!data_center) return failed("meter", data_center.error());
  auto meter = meter::VirtualMeter::open(options.folder);
  if (!meter) return failed("meter", meter.error());
  for (std::size_t left = options.count; left > 0;) {
    const std::size_t count = std::min(meter::kPiecesPerPostage, left);
    const auto paid = meter->pay(std::vector(count, request), data_center->post());
    if (!paid) {
      tell_unprinted(paid.error());
      return failed("meter", paid.error());
    }
    if (const auto drawn = draw_all(options, paid->pieces); !drawn) {
      std::fprintf(stderr,
                   "backstamp-meter: paid for and not drawn: see backstamp meter recover\n");
      return failed("meter", drawn.error());
    }
    if (const auto noted = meter->printed(paid->request); !noted) {
      return failed("meter", noted.error());
    }
    left -= count;
  }
  return kDone;
}

int mint_virtual(const MintOptions& options, Date today) {
  const auto input = read_file(options.batch, meter::kBatchFileBytes);
  if (!input) return failed("meter", input.error());
  const auto lines = meter::parse_batch(as_text(*input), today);
  if (!lines) {
    return failed("meter", {lines.error().kind, options.batch + ": " + lines.error().message});
  }
  auto data_center = data_center_of(options.folder);
  if (!data_center) return failed("meter", data_center.error());
  auto meter = meter::VirtualMeter::open(options.folder);
  if (!meter) return failed("meter", meter.error());
  const auto out = new_file(options.out);
  if (!out) return failed("meter", out.error());
  if (const auto minted = mint_lines(*meter, *data_center, *lines, out->get()); !minted) {
    tell_unprinted(minted.error());
    return failed("meter", minted.error());
  }
  std::printf(options.json ? "{\"minted\":%zu,\"pending\":0}\n" : "%zu pieces minted\n",
              lines->size());
  return kDone;
}

int status_virtual(const std::string& folder, bool json) {
  auto data_center = data_center_of(folder);
  if (!data_center) return failed("meter", data_center.error());
  const auto account = data_center->account();
  if (!account) return failed("meter", account.error());
  const auto totals = data_center->totals();
  if (!totals) return failed("meter", totals.error());
  Json report = Json::parse(*account, nullptr, false);
  report["datacenter"] = Json::parse(*totals, nullptr, false);
  std::printf("%s\n", report.dump(json ? -1 : 2).c_str());
  return kDone;
}

int recover(const RecoverOptions& options) {
  if (!meter::VirtualMeter::is_in(options.folder)) {
    return failed("meter", {ErrorKind::invalid,
                            options.folder + ": no virtual meter; a vault has nothing to recover"});
  }
  auto data_center = data_center_of(options.folder);
  if (!data_center) return failed("meter", data_center.error());
  auto meter = meter::VirtualMeter::open(options.folder);
  if (!meter) return failed("meter", meter.error());
  const auto paid = meter->recover(data_center->post());
  if (!paid) return failed("meter", paid.error());
  const auto out = new_file(options.out);
  if (!out) return failed("meter", out.error());
  std::size_t pieces = 0;
  for (const meter::PaidPieces& request : *paid) {
    std::string text;
    for (const meter::PrintedPiece& piece : request.pieces) text += line_of(piece);
    if (const auto written = write_and_sync(out->get(), text); !written) {
      return failed("meter", written.error());
    }
    if (const auto noted = meter->printed(request.request); !noted) {
      return failed("meter", noted.error());
    }
    pieces += request.pieces.size();
  }
  std::printf("%zu pieces recovered\n", pieces);
  return kDone;
}

}  // namespace backstamp::programs::meter_commands
