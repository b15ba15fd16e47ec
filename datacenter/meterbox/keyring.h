// The keys that a box works with, and the floor of its version, wherever they lie.
#pragma once

#include <map>
#include <memory>
#include <mutex>

#include "datacenter/meterbox/protocol.h"
#include "postal/hsm.h"
#include "postal/keys.h"
#include "postal/mac_key.h"

namespace backstamp::datacenter::meterbox {

using SharedKey = std::shared_ptr<const postal::SigningKey>;

/// Thread-safe. Keys are handed out shared; those that do not lie here fail with not_found.
class Keyring {
 public:
  virtual ~Keyring() = default;
  virtual const postal::MacKey& seal() const = 0;
  virtual const postal::MacKey& address() const = 0;
  virtual Result<SharedKey> transaction() = 0;
  virtual Result<SharedKey> issuer(std::uint64_t number) = 0;
  virtual Result<SharedKey> meter(std::uint32_t meter) = 0;
  /// Makes the key, or finds the one that was made and not used. Its public half.
  virtual Result<Bytes> make_issuer(std::uint64_t number) = 0;
  virtual Result<Bytes> make_meter(std::uint32_t meter) = 0;
  /// What the journal must have come to. Kept where whoever puts back old files cannot reach it.
  virtual Result<Anchor> floor() = 0;
  virtual Result<void> keep_floor(const Anchor& anchor) = 0;
};

/// Keys in an HSM, under labels of their own: "seal", "address", "transaction", "issuer-N",
/// "meter-N" (ES256), "floor".
class HsmKeyring : public Keyring {
 public:
  /// Makes the keys of a new box. Fails: refused (there are some), unavailable.
  static Result<std::unique_ptr<HsmKeyring>> create(postal::Hsm hsm);
  /// Fails: not_found, unavailable.
  static Result<std::unique_ptr<HsmKeyring>> open(postal::Hsm hsm);

  const postal::MacKey& seal() const override { return seal_; }
  const postal::MacKey& address() const override { return address_; }
  Result<SharedKey> transaction() override { return find("transaction"); }
  Result<SharedKey> issuer(std::uint64_t number) override;
  Result<SharedKey> meter(std::uint32_t meter) override;
  Result<Bytes> make_issuer(std::uint64_t number) override;
  Result<Bytes> make_meter(std::uint32_t meter) override;
  Result<Anchor> floor() override;
  Result<void> keep_floor(const Anchor& anchor) override;

 private:
  HsmKeyring(postal::Hsm hsm, postal::MacKey seal, postal::MacKey address)
      : hsm_(std::move(hsm)), seal_(std::move(seal)), address_(std::move(address)) {}
  Result<SharedKey> find(const std::string& label);
  Result<Bytes> make(const std::string& label);

  postal::Hsm hsm_;
  postal::MacKey seal_;
  postal::MacKey address_;
  std::mutex making_;
  std::mutex mutex_;
  std::map<std::string, SharedKey> found_;
};

/// The address binding of a token (docs/formats/meterbox.md): the first bytes of the MAC over what
/// the token says and the cleansed address. `token.address` is not looked at.
Result<postal::AddressBinding> bind_address(const postal::MacKey& key, const postal::Token& token,
                                            std::string_view cleansed_address);

}  // namespace backstamp::datacenter::meterbox
