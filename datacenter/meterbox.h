// The secure meter box: where value is kept and tokens are minted (docs/formats/meterbox.md). This
// is its administration; the function server speaks to it through datacenter/meterbox/client.h.
#pragma once

#include <chrono>
#include <filesystem>
#include <functional>
#include <iosfwd>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/histogram.h"
#include "base/sha256.h"
#include "postal/hsm.h"
#include "postal/money.h"

namespace backstamp::datacenter {

/// Someone who may approve orders, or look.
struct MeterBoxPerson {
  std::string name;
  std::string role;                  ///< officer, operator or auditor
  std::filesystem::path public_key;  ///< PEM, Ed25519
};

struct NewMeterBox {
  std::filesystem::path folder;  ///< made when missing; must be empty
  std::uint32_t issuer = 0;
  postal::Money open_limit;            ///< what accounts may be opened with
  std::vector<MeterBoxPerson> people;  ///< at least two officers; empty: made below the folder
  std::filesystem::path soft_token;    ///< where a development token is made; or, when empty,
  postal::HsmConfig hsm;               ///< the token that is there
};

/// The ceremony of a new box: its keys are made in the HSM, its first record is written, its folder
/// gets a meterbox.yaml. Without people, development keys are made in people/ (officer-1,
/// officer-2, operator, auditor). Fails: refused (something is there), as the HSM.
Result<void> make_meter_box(const NewMeterBox& box);

struct MeterBoxService {
  std::filesystem::path folder;
  std::filesystem::path socket;
  std::vector<std::uint32_t> users;  ///< who may speak to it
  std::function<void(const std::string&)> log;
  std::function<Result<void>()> ready;  ///< called once it can be spoken to
  /// Called so often while the box answers, for a watchdog; zero: never.
  std::function<void()> answers;
  std::chrono::microseconds answers_every{0};
};
/// Serves until stopped. Fails: refused (rolled back, another process), as the HSM and the journal.
Result<void> serve_meter_box(const MeterBoxService& service, const std::stop_token& stop);

/// What a check of the whole journal found; all of it is sound, or the check fails.
struct MeterBoxAudit {
  std::uint64_t records = 0;
  std::uint64_t version = 0;
  Sha256 chain{};
  Sha256 box{};
  std::uint32_t issuer = 0;
  std::uint64_t accounts = 0;
  std::uint64_t pieces = 0;
  postal::Money ascending;
  postal::Money descending;
  postal::Money control;
  postal::Money funded;
  postal::Money refunded;
  postal::Money withdrawn;
  Bytes transaction_key;  ///< SubjectPublicKeyInfo
  bool retired = false;   ///< its accounts went to another box
  std::uint64_t torn_bytes = 0;
};
/// Every record from the first: seal, chain, rules, registers; with `signatures`, those of records
/// and tokens too. `lines`, unless null, gets one line of JSON a record, and one an account. The
/// folder may be one that is served, or a backup. Fails: refused, invalid, as the HSM.
Result<MeterBoxAudit> audit_meter_box(const std::filesystem::path& folder, bool signatures,
                                      std::ostream* lines);

/// Copies the sealed files of a box, served or not, into a new folder, and audits the copy.
Result<MeterBoxAudit> back_up_meter_box(const std::filesystem::path& folder,
                                        const std::filesystem::path& to);
/// Puts a backup in the place of a box that was lost: `folder` must not exist or be empty. A backup
/// older than what the HSM knows needs orders to recover, which bring what came after it. Fails:
/// refused (older, and the orders do not bring it up), and then nothing is left in `folder`.
Result<MeterBoxAudit> restore_meter_box(const std::filesystem::path& backup,
                                        const std::filesystem::path& folder,
                                        const std::vector<Bytes>& orders,
                                        const std::function<void(const std::string&)>& log);

/// Moving to another HSM. The old box is retired by an order (hand-over), and then signs a document
/// of all that it held; a new box, which the order names, takes it by an order of its own
/// (take-over) and gives every account a new key. Neither box is served meanwhile. Fails: refused,
/// invalid, as the HSM.
Result<Bytes> hand_over_meter_box(const std::filesystem::path& folder);
Result<MeterBoxAudit> take_over_meter_box(const std::filesystem::path& folder,
                                          const Bytes& document, const Bytes& order,
                                          const std::function<void(const std::string&)>& log);

/// An administrative order as a person writes it down.
struct MeterBoxOrder {
  Sha256 box{};
  std::uint64_t sequence = 0;
  std::chrono::seconds valid_for{3600};
  std::string what;  ///< fund-limit, open-limit, add-person, remove-person, renew-issuer-key,
                     ///< recover, hand-over, take-over
  std::uint32_t meter = 0;     ///< fund-limit
  postal::Money limit;         ///< fund-limit, open-limit
  MeterBoxPerson person;       ///< add-person; remove-person: its public key alone
  std::uint64_t version = 0;   ///< recover: the anchor
  Sha256 chain{};              ///< the same
  bool last = true;            ///< recover: no further order follows
  std::vector<Bytes> records;  ///< recover: signed transaction records, by version
  Sha256 successor{};          ///< hand-over: the name of the box that gets the accounts
  Bytes document;              ///< take-over: the retired box's document
  Bytes transaction_key;       ///< take-over: the key of the retired box
};
/// The order with its first approval; another approval; what it says, as one line of JSON.
Result<Bytes> write_meter_box_order(const MeterBoxOrder& order, const postal::SigningKey& key);
Result<Bytes> approve_meter_box_order(ByteView file, const postal::SigningKey& key);
Result<std::string> describe_meter_box_order(ByteView file);
/// Brings it to the box; what it answered (a new key), or nothing.
Result<Bytes> submit_meter_box_order(const std::filesystem::path& socket, ByteView file);

/// A load on a served box, to see how fast it mints.
struct MintLoad {
  std::filesystem::path socket;
  std::uint32_t meters = 1;  ///< accounts 1 to `meters`, opened and funded first when missing
  unsigned threads = 1;      ///< requests under way at once
  unsigned pieces = 1;       ///< of one request
  std::chrono::milliseconds duration{5000};
};
struct MintFigures {
  std::uint64_t tokens = 0;
  std::uint64_t requests = 0;
  double seconds = 0;
  Histogram times;            ///< of one request
  std::uint64_t faults = 0;   ///< answers that were not what was asked for, and refusals
  std::uint64_t version = 0;  ///< the greatest one that was heard
};
/// Every answer is checked: counters follow on, registers balance, no token comes twice.
Result<MintFigures> measure_minting(const MintLoad& load);

}  // namespace backstamp::datacenter
