#include "datasets/synthetic_mint.h"

#include <array>

#include "base/file.h"
#include "datasets/random.h"
#include "datasets/synthesizer/addresses.h"
#include "postal/codes.h"
#include "postal/key_bundle.h"
#include "postal/token.h"

namespace backstamp::datasets {
namespace {

using namespace std::chrono;

constexpr std::uint32_t kIssuer = 990;
constexpr std::uint32_t kFirstMeter = 9901;
constexpr std::uint64_t kMeters = 4;
constexpr std::uint64_t kMailerId = 899001;            // of the first meter
constexpr std::uint64_t kPiecesLimit = 1'000'000'000;  // serial numbers have 9 digits
constexpr Date kValidFrom{year{2020}, month{1}, day{1}};
constexpr Date kValidUntil{year{2049}, month{12}, day{31}};
constexpr std::array<std::int64_t, 4> kRates_mills = {560, 690, 730, 1010};

Result<postal::SigningKey> key_of(std::uint64_t seed, std::uint64_t number) {
  std::uint64_t state = derive_seed(seed, 0x6B65790000 + number);
  std::array<std::uint8_t, 32> bytes{};
  for (std::size_t i = 0; i < bytes.size(); i += 8) {
    const std::uint64_t word = splitmix(state);
    for (std::size_t j = 0; j < 8; ++j) bytes[i + j] = static_cast<std::uint8_t>(word >> 8 * j);
  }
  return postal::SigningKey::from_seed(bytes);
}

std::string nine_digits(std::uint64_t value) {
  std::string digits = std::to_string(value);
  return std::string(9 - digits.size(), '0') + digits;
}

}  // namespace

struct SyntheticMint::Impl {
  std::uint64_t seed = 0;
  Date mailed{};
  std::vector<postal::SigningKey> meters;
  std::vector<postal::SigningKey> root;  // one
};

SyntheticMint::SyntheticMint(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
SyntheticMint::SyntheticMint(SyntheticMint&&) noexcept = default;
SyntheticMint& SyntheticMint::operator=(SyntheticMint&&) noexcept = default;
SyntheticMint::~SyntheticMint() = default;

Result<SyntheticMint> SyntheticMint::make(std::uint64_t seed, Date mailed) {
  auto impl = std::make_unique<Impl>();
  impl->seed = seed;
  impl->mailed = mailed;
  for (std::uint64_t i = 0; i <= kMeters; ++i) {
    auto key = key_of(seed, i);
    if (!key) return std::unexpected(key.error());
    (i < kMeters ? impl->meters : impl->root).push_back(std::move(*key));
  }
  return SyntheticMint(std::move(impl));
}

Result<SyntheticPiece> SyntheticMint::piece(std::uint64_t index) const {
  const std::uint64_t meter = index % kMeters;
  const std::uint64_t counter = index / kMeters + 1;
  if (counter >= kPiecesLimit) return fail(ErrorKind::limit, "too many synthetic pieces");
  Random random(derive_seed(impl_->seed, 0x7069656365000000 + index));
  InventedAddress address = invent_recipient(random);
  if (random.chance(0.3)) address.routing.resize(9);
  const postal::Imb code{"00", "270", std::to_string(kMailerId + meter), nine_digits(counter),
                         address.routing};
  postal::Token token;
  token.identity = {kIssuer, kFirstMeter + static_cast<std::uint32_t>(meter), counter};
  token.postage.mills = random.pick(kRates_mills);
  token.mailed = impl_->mailed;
  token.service = 270;
  token.code = code;
  auto bytes = postal::mint_token(token, impl_->meters[static_cast<std::size_t>(meter)]);
  if (!bytes) return std::unexpected(bytes.error());
  const std::string digits = code.digits();
  SyntheticPiece piece;
  piece.symbols.push_back({postal::Symbology::data_matrix, std::move(*bytes)});
  piece.symbols.push_back({postal::Symbology::imb, Bytes(digits.begin(), digits.end())});
  piece.address_lines = std::move(address.lines);
  piece.postage = token.postage.to_string();
  piece.code = postal::canonical(code);
  return piece;
}

Result<void> SyntheticMint::write_keys(const std::filesystem::path& folder) const {
  // One synthetic root, which is its own issuer too: nothing that is drawn from a seed is secret.
  const postal::SigningKey& root = impl_->root.front();
  const UtcTime issued_at = sys_days(impl_->mailed);
  const postal::IssuerStatement statement{
      1, issued_at, {{root.public_key(), kIssuer, kValidFrom, kValidUntil, {}}}};
  postal::KeyList list{kIssuer, 1, issued_at, {}, {}};
  for (std::uint64_t i = 0; i < kMeters; ++i) {
    list.keys.push_back({impl_->meters[static_cast<std::size_t>(i)].public_key(), kIssuer,
                         kFirstMeter + static_cast<std::uint32_t>(i), kValidFrom, kValidUntil,
                         std::nullopt});
  }
  const auto issuers = postal::sign_issuers(statement, root);
  if (!issuers) return std::unexpected(issuers.error());
  auto signed_list = postal::sign_key_list(list, root);
  if (!signed_list) return std::unexpected(signed_list.error());
  const Bytes lists[] = {*std::move(signed_list)};
  const auto bundle = postal::make_bundle(*issuers, lists, root.public_key());
  if (!bundle) return std::unexpected(bundle.error());
  auto saved = write_file_durably(folder / "keys.bundle", bundle->file());
  if (!saved) return saved;
  return postal::save_public_key(root.public_key(), folder / "root.pub");
}

}  // namespace backstamp::datasets
