// The keys of a meter box in memory: what tests of the box itself work with, fast, and without an
// HSM. Its device can be told to be gone.
#pragma once

#include <atomic>
#include <map>
#include <mutex>

#include "datacenter/meterbox/keyring.h"

namespace backstamp::test {

/// What outlives a box: the device. Each has keys of its own.
struct MemoryDevice {
  const std::string name = [] {
    static std::atomic<int> made{0};
    return std::to_string(++made);
  }();
  std::mutex mutex;
  std::map<std::string, std::array<std::uint8_t, 32>> seeds;
  datacenter::meterbox::Anchor floor;
  std::atomic<bool> gone{false};
};

class MemoryKeyring : public datacenter::meterbox::Keyring {
 public:
  using Anchor = datacenter::meterbox::Anchor;
  using SharedKey = datacenter::meterbox::SharedKey;

  explicit MemoryKeyring(std::shared_ptr<MemoryDevice> device)
      : device_(std::move(device)),
        seal_(postal::MacKey::from_bytes(sha256(as_bytes("seal " + device_->name)))),
        address_(postal::MacKey::from_bytes(sha256(as_bytes("address " + device_->name)))) {}

  const postal::MacKey& seal() const override { return seal_; }
  const postal::MacKey& address() const override { return address_; }
  Result<SharedKey> transaction() override { return find("transaction", true); }
  Result<SharedKey> issuer(std::uint64_t number) override {
    return find("issuer-" + std::to_string(number), false);
  }
  Result<SharedKey> meter(std::uint32_t meter) override {
    return find("meter-" + std::to_string(meter), false);
  }
  Result<Bytes> make_issuer(std::uint64_t number) override {
    return make("issuer-" + std::to_string(number));
  }
  Result<Bytes> make_meter(std::uint32_t meter) override {
    return make("meter-" + std::to_string(meter));
  }
  Result<Anchor> floor() override {
    if (device_->gone) return gone();
    return device_->floor;
  }
  Result<void> keep_floor(const Anchor& anchor) override {
    if (device_->gone) return gone();
    device_->floor = anchor;
    return {};
  }

 private:
  static std::unexpected<Error> gone() { return fail(ErrorKind::unavailable, "device gone"); }
  Result<SharedKey> find(const std::string& label, bool make_it) {
    if (device_->gone) return gone();
    const std::lock_guard guard(device_->mutex);
    auto seed = device_->seeds.find(label);
    if (seed == device_->seeds.end()) {
      if (!make_it) return fail(ErrorKind::not_found, "no key " + label);
      seed = device_->seeds.emplace(label, sha256(as_bytes(device_->name + label))).first;
    }
    auto key = postal::SigningKey::from_seed(seed->second);
    if (!key) return std::unexpected(key.error());
    return std::make_shared<const postal::SigningKey>(*std::move(key));
  }
  Result<Bytes> make(const std::string& label) {
    auto key = find(label, true);
    if (!key) return std::unexpected(key.error());
    return (*key)->public_key();
  }

  std::shared_ptr<MemoryDevice> device_;
  postal::MacKey seal_;
  postal::MacKey address_;
};

}  // namespace backstamp::test
