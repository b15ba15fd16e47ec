#include "datacenter/meterbox/keyring.h"

#include <algorithm>

#include "datacenter/meterbox/fields.h"

namespace backstamp::datacenter::meterbox {

Result<std::unique_ptr<HsmKeyring>> HsmKeyring::create(postal::Hsm hsm) {
  for (const char* label : {"seal", "address"}) {
    if (auto made = hsm.generate_mac(label); !made) return std::unexpected(made.error());
  }
  auto key = hsm.generate(postal::SignatureAlgorithm::es256, "transaction");
  if (!key) return std::unexpected(key.error());
  return open(std::move(hsm));
}

Result<std::unique_ptr<HsmKeyring>> HsmKeyring::open(postal::Hsm hsm) {
  auto seal = hsm.mac_key("seal");
  if (!seal) return std::unexpected(seal.error());
  auto address = hsm.mac_key("address");
  if (!address) return std::unexpected(address.error());
  return std::unique_ptr<HsmKeyring>(
      new HsmKeyring(std::move(hsm), *std::move(seal), *std::move(address)));
}

Result<SharedKey> HsmKeyring::find(const std::string& label) {
  {
    const std::lock_guard guard(mutex_);
    if (const auto found = found_.find(label); found != found_.end()) return found->second;
  }
  auto key = hsm_.key(label);
  if (!key) return std::unexpected(key.error());
  auto shared = std::make_shared<const postal::SigningKey>(*std::move(key));
  const std::lock_guard guard(mutex_);
  return found_.emplace(label, std::move(shared)).first->second;
}

Result<Bytes> HsmKeyring::make(const std::string& label) {
  const std::lock_guard one_at_a_time(making_);
  auto made = hsm_.generate(postal::SignatureAlgorithm::es256, label);
  if (made) return made->public_key();
  if (made.error().kind != ErrorKind::refused) return std::unexpected(made.error());
  auto there = find(label);
  if (there) return (*there)->public_key();
  if (there.error().kind != ErrorKind::not_found) return std::unexpected(there.error());
  // Half a pair, from a making that was cut short: nothing was ever signed with it.
  if (auto gone = hsm_.destroy(label); !gone) return std::unexpected(gone.error());
  made = hsm_.generate(postal::SignatureAlgorithm::es256, label);
  if (!made) return std::unexpected(made.error());
  return made->public_key();
}

Result<SharedKey> HsmKeyring::issuer(std::uint64_t number) {
  return find("issuer-" + std::to_string(number));
}
Result<SharedKey> HsmKeyring::meter(std::uint32_t meter) {
  return find("meter-" + std::to_string(meter));
}
Result<Bytes> HsmKeyring::make_issuer(std::uint64_t number) {
  return make("issuer-" + std::to_string(number));
}
Result<Bytes> HsmKeyring::make_meter(std::uint32_t meter) {
  return make("meter-" + std::to_string(meter));
}

Result<Anchor> HsmKeyring::floor() {
  const auto contents = hsm_.get("floor");
  if (!contents) return std::unexpected(contents.error());
  Anchor floor;
  for (const Bytes& content : *contents) {
    FieldReader in(content);
    const Anchor anchor = in.anchor();
    // An interrupted write may have left a part of one beside the one before it.
    if (in.at_good_end() && anchor.version > floor.version) floor = anchor;
  }
  if (floor.version == 0) return fail(ErrorKind::not_found, "HSM: it knows of no meter box");
  return floor;
}

Result<void> HsmKeyring::keep_floor(const Anchor& anchor) {
  FieldWriter out;
  out.anchor(anchor);
  return hsm_.put("floor", out.take());
}

Result<postal::AddressBinding> bind_address(const postal::MacKey& key, const postal::Token& token,
                                            std::string_view cleansed_address) {
  FieldWriter out;
  out.array(9).text("backstamp address 1").natural(token.identity.issuer);
  out.natural(token.identity.meter).natural(token.identity.counter).money(token.postage);
  out.date(token.mailed).natural(token.service).text(postal::canonical(token.code));
  out.text(cleansed_address);
  const auto mac = key.mac(out.take());
  if (!mac) return std::unexpected(mac.error());
  postal::AddressBinding binding{};
  std::copy_n(mac->begin(), binding.size(), binding.begin());
  return binding;
}

}  // namespace backstamp::datacenter::meterbox
