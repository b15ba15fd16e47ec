#include "datacenter/meterbox/group.h"

#include "postal/signed_message.h"

namespace backstamp::datacenter::meterbox {
namespace {

/// One token of one draft.
struct Piece {
  Draft* draft;
  std::size_t index;
  std::optional<Error> fault;
};

void mint(Piece& piece, Keyring& keys) {
  Draft& draft = *piece.draft;
  postal::Token& token = draft.plan.tokens[piece.index];
  const std::string& address = draft.plan.addresses[piece.index];
  if (!address.empty()) {
    const auto binding = bind_address(keys.address(), token, address);
    if (!binding) {
      piece.fault = binding.error();
      return;
    }
    token.address = *binding;
  }
  const auto key = keys.meter(token.identity.meter);
  auto minted =
      key ? postal::mint_token(token, **key) : Result<Bytes>(std::unexpected(key.error()));
  if (!minted) {
    piece.fault = minted.error();
    return;
  }
  draft.done.tokens[piece.index] = *std::move(minted);
}

/// The transaction record, or the statement that was asked for.
void sign(Draft& draft, Keyring& keys, const Settings& settings) {
  if (draft.fault) return;
  const auto* statement = std::get_if<SignStatement>(draft.job->request);
  if (!draft.plan.transaction && statement == nullptr) return;
  const auto key = statement != nullptr ? keys.issuer(settings.issuer_keys) : keys.transaction();
  if (!key) {
    draft.fault = key.error();
    return;
  }
  Bytes payload;
  if (statement != nullptr) {
    payload = statement->payload;
  } else {
    Transaction& transaction = *draft.plan.transaction;
    for (const Bytes& token : draft.done.tokens) transaction.tokens.push_back(sha256(token));
    payload = encode_transaction(transaction);
  }
  auto message = postal::sign_message(payload, **key);
  if (!message) {
    draft.fault = message.error();
    return;
  }
  draft.done.record = *std::move(message);
}

}  // namespace

void sign_drafts(std::vector<Draft>& drafts, Keyring& keys, const Settings& settings, Crew& crew) {
  std::vector<Piece> pieces;
  for (Draft& draft : drafts) {
    draft.done.tokens.resize(draft.plan.tokens.size());
    for (std::size_t i = 0; i < draft.plan.tokens.size(); ++i) pieces.push_back({&draft, i, {}});
  }
  crew.share(pieces.size(), [&](std::size_t i) { mint(pieces[i], keys); });
  for (Piece& piece : pieces) {
    if (piece.fault && !piece.draft->fault) piece.draft->fault = piece.fault;
  }
  crew.share(drafts.size(), [&](std::size_t i) { sign(drafts[i], keys, settings); });
}

Result<std::vector<Bytes>> frame_drafts(std::vector<Draft>& drafts, Keyring& keys, Sha256& chain) {
  std::vector<Bytes> frames;
  Sha256 last = chain;
  for (Draft& draft : drafts) {
    draft.before = last;
    const Bytes body = encode_entry({draft.version, last, draft.at, draft.done});
    const Sha256 hash = sha256(body);
    const auto seal = keys.seal().mac(sealed_content(kRecordDomain, hash));
    if (!seal) return std::unexpected(seal.error());
    frames.push_back(frame_entry(body, *seal));
    if (frames.back().size() > kFrameHeadBytes + kEntryBytes) {
      return fail(ErrorKind::limit, "meter box: a record is too large");
    }
    last = hash;
  }
  chain = last;
  return frames;
}

}  // namespace backstamp::datacenter::meterbox
