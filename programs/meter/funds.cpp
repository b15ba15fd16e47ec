// fund and authorize-funds: what puts value into a meter, and what lets it.
#include "meter/authorization.h"

#include "base/file.h"
#include "programs/command_line.h"
#include "programs/meter/commands.h"

namespace backstamp::programs::meter_commands {

int fund(const FundOptions& options) {
  auto vault = open_vault(options.folder);
  if (!vault) return failed("meter", vault.error());
  if (options.authorization.empty()) {
    const auto money = postal::Money::parse(options.amount);
    if (!money) return failed("meter", money.error());
    const auto funded = vault->fund(*money);
    return funded ? kDone : failed("meter", funded.error());
  }
  const auto message = read_file(options.authorization, meter::kAuthorizationBytes);
  if (!message) return failed("meter", message.error());
  const auto funded = vault->fund_authorized(*message);
  if (!funded) {
    return failed("meter",
                  {funded.error().kind, options.authorization + ": " + funded.error().message});
  }
  std::printf("%s put in, %s left\n", funded->to_string().c_str(),
              vault->registers().descending.to_string().c_str());
  return kDone;
}

int authorize(const AuthorizeOptions& options) {
  const auto amount = postal::Money::parse(options.amount);
  const auto total = postal::Money::parse(options.total.empty() ? options.amount : options.total);
  if (!amount) return failed("meter", {amount.error().kind, "--amount: " + amount.error().message});
  if (!total) return failed("meter", {total.error().kind, "--total: " + total.error().message});
  const auto key = postal::SigningKey::load(options.key);
  if (!key) return failed("meter", key.error());
  const auto message = meter::sign_authorization(
      {options.issuer, options.meter, options.number, *amount, *total}, *key);
  if (!message) return failed("meter", message.error());
  const auto written = write_file_durably(options.out, *message);
  return written ? kDone : failed("meter", written.error());
}

}  // namespace backstamp::programs::meter_commands
