// Founding, serving, backing up and restoring a box.
#include <algorithm>
#include <condition_variable>
#include <mutex>

#include "base/file.h"
#include "datacenter/meterbox.h"
#include "datacenter/meterbox/folder.h"
#include "datacenter/meterbox/hand_over.h"
#include "datacenter/meterbox/ledger.h"
#include "datacenter/meterbox/order.h"
#include "datacenter/meterbox/server.h"
#include "postal/signed_message.h"

namespace backstamp::datacenter {

namespace fs = std::filesystem;
using namespace meterbox;

namespace {

constexpr const char* kSoftTokenLabel = "backstamp-meterbox";

Result<void> make_private_folder(const fs::path& folder) {
  std::error_code error;
  fs::create_directories(folder, error);
  if (!error) fs::permissions(folder, fs::perms::owner_all, error);
  if (error) return fail(ErrorKind::io, folder.string() + ": " + error.message());
  return {};
}

Result<std::vector<Person>> load_people(const std::vector<MeterBoxPerson>& files) {
  std::vector<Person> people;
  for (const MeterBoxPerson& file : files) {
    const auto role = parse_role(file.role);
    if (!role) return std::unexpected(role.error());
    auto key = postal::load_public_key(file.public_key);
    if (!key) return std::unexpected(key.error());
    people.push_back({file.name, *role, *std::move(key)});
  }
  return people;
}

/// For development alone: whoever has the folder has all persons' keys.
Result<std::vector<Person>> make_people(const fs::path& folder) {
  if (auto made = make_private_folder(folder); !made) return std::unexpected(made.error());
  std::vector<MeterBoxPerson> files;
  for (const auto& [name, role] :
       {std::pair("officer-1", "officer"), std::pair("officer-2", "officer"),
        std::pair("operator", "operator"), std::pair("auditor", "auditor")}) {
    const auto key = postal::SigningKey::generate(postal::SignatureAlgorithm::eddsa);
    if (!key) return std::unexpected(key.error());
    const fs::path base = folder / name;
    if (auto saved = key->save(base.string() + ".key"); !saved) {
      return std::unexpected(saved.error());
    }
    const fs::path public_file = base.string() + ".pub";
    if (auto saved = postal::save_public_key(key->public_key(), public_file); !saved) {
      return std::unexpected(saved.error());
    }
    files.push_back({name, role, public_file});
  }
  return load_people(files);
}

bool is_sealed_file(const fs::path& path) {
  const std::string name = path.filename().string();
  return name.starts_with("journal-") || name.starts_with("snapshot-");
}

/// Snapshots first: the journal that is copied after them reaches at least as far.
Result<void> copy_sealed_files(const fs::path& from, const fs::path& to) {
  if (auto made = make_private_folder(to); !made) return made;
  std::vector<fs::path> files;
  std::error_code error;
  for (fs::directory_iterator it(from, error), end; !error && it != end; it.increment(error)) {
    if (is_sealed_file(it->path())) files.push_back(it->path());
  }
  std::sort(files.begin(), files.end(), std::greater<>());
  if (error || files.empty()) return fail(ErrorKind::not_found, from.string() + ": no meter box");
  files.push_back(from / "meterbox.yaml");
  for (const fs::path& file : files) {
    const auto content = read_file(file, std::uint64_t{4} << 30);
    // A snapshot may have been replaced meanwhile; a journal never goes.
    if (!content && content.error().kind == ErrorKind::not_found &&
        file.filename().string().starts_with("snapshot-")) {
      continue;
    }
    if (!content) return std::unexpected(content.error());
    if (auto done = write_file_durably(to / file.filename(), *content, 0600); !done) return done;
  }
  return {};
}

/// Brings a restored folder up to date, if it has to be. Fails when it stays too old.
Result<void> bring_up(const fs::path& folder, const std::vector<Bytes>& orders, const Log& log) {
  auto keys = open_keyring(folder);
  if (!keys) return std::unexpected(keys.error());
  if (!orders.empty()) {
    const auto reached = Box::recover(folder, *std::move(keys), orders, log);
    if (!reached) return std::unexpected(reached.error());
    return {};
  }
  const auto floor = (*keys)->floor();
  if (!floor) return std::unexpected(floor.error());
  const auto opened = Ledger::open(folder, (*keys)->seal(), *floor);
  if (!opened) return std::unexpected(opened.error());
  return {};
}

}  // namespace

Result<void> make_meter_box(const NewMeterBox& box) {
  if (auto fresh = must_be_new(box.folder); !fresh) return fresh;
  auto people = load_people(box.people);
  if (!people) return std::unexpected(people.error());
  postal::HsmConfig config = box.hsm;
  if (!box.soft_token.empty()) {
    auto made = postal::make_soft_token(box.soft_token, kSoftTokenLabel);
    if (!made) return std::unexpected(made.error());
    config = *std::move(made);
  }
  if (auto made = make_private_folder(box.folder); !made) return made;
  if (people->empty()) {
    people = make_people(box.folder / "people");
    if (!people) return std::unexpected(people.error());
  }
  auto hsm = postal::Hsm::open(config);
  if (!hsm) return std::unexpected(hsm.error());
  auto keys = HsmKeyring::create(*std::move(hsm));
  if (!keys) return std::unexpected(keys.error());
  Founding founding;
  founding.issuer = box.issuer;
  founding.open_limit = box.open_limit;
  founding.people = *std::move(people);
  if (auto created = Box::create(box.folder, std::move(founding), **keys); !created) return created;
  return write_box_config(box.folder, config);
}

Result<void> serve_meter_box(const MeterBoxService& service, const std::stop_token& stop) {
  auto keys = open_keyring(service.folder);
  if (!keys) return std::unexpected(keys.error());
  auto box = Box::open(service.folder, *std::move(keys), service.log);
  if (!box) return std::unexpected(box.error());
  {
    const auto server = Server::start(**box, service.socket, service.users, service.log);
    if (!server) return std::unexpected(server.error());
    if (auto told = service.ready(); !told) return told;
    std::mutex mutex;
    std::condition_variable_any moment;
    std::unique_lock lock(mutex);
    while (!stop.stop_requested()) {
      if (service.answers_every <= std::chrono::microseconds(0)) {
        moment.wait(lock, stop, [] { return false; });
        continue;
      }
      if (std::holds_alternative<BoxKeys>((*box)->ask(AskKeys{}))) service.answers();
      moment.wait_for(lock, stop, service.answers_every, [] { return false; });
    }
  }
  (*box)->stop();
  return {};
}

Result<Bytes> hand_over_meter_box(const fs::path& folder) {
  const auto keys = open_keyring(folder);
  if (!keys) return std::unexpected(keys.error());
  const auto lock = lock_file(folder / "lock");
  if (!lock) return std::unexpected(lock.error());
  const auto floor = (*keys)->floor();
  if (!floor) return std::unexpected(floor.error());
  const auto opened = Ledger::open(folder, (*keys)->seal(), *floor);
  if (!opened) return std::unexpected(opened.error());
  const BoxState& state = opened->second;
  if (!state.settings.retired) {
    return fail(ErrorKind::refused,
                "the box is not retired: an order to hand over must come first");
  }
  const auto key = (*keys)->transaction();
  if (!key) return std::unexpected(key.error());
  const Bytes payload = encode_hand_over(state);
  if (payload.size() > kDocumentBytes - 1024) {
    return fail(ErrorKind::limit, "the accounts are over 32 MiB");
  }
  return postal::sign_message(payload, **key);
}

Result<MeterBoxAudit> take_over_meter_box(const fs::path& folder, const Bytes& document,
                                          const Bytes& order,
                                          const std::function<void(const std::string&)>& log) {
  auto keys = open_keyring(folder);
  if (!keys) return std::unexpected(keys.error());
  auto box = Box::open(folder, *std::move(keys), log);
  if (!box) return std::unexpected(box.error());
  const Answer answer = (*box)->ask(TakeAccounts{order, document});
  (*box)->stop();
  if (const auto* refusal = std::get_if<Refusal>(&answer)) {
    return fail(refusal->kind, refusal->message);
  }
  return audit_meter_box(folder, true, nullptr);
}

Result<MeterBoxAudit> back_up_meter_box(const fs::path& folder, const fs::path& to) {
  if (auto fresh = must_be_new(to); !fresh) return std::unexpected(fresh.error());
  if (auto copied = copy_sealed_files(folder, to); !copied) return std::unexpected(copied.error());
  return audit_meter_box(to, false, nullptr);
}

Result<MeterBoxAudit> restore_meter_box(const fs::path& backup, const fs::path& folder,
                                        const std::vector<Bytes>& orders,
                                        const std::function<void(const std::string&)>& log) {
  if (auto fresh = must_be_new(folder); !fresh) return std::unexpected(fresh.error());
  auto done = copy_sealed_files(backup, folder);
  if (done) done = bring_up(folder, orders, log);
  if (!done) {
    std::error_code ignored;
    fs::remove_all(folder, ignored);
    return std::unexpected(done.error());
  }
  return audit_meter_box(folder, false, nullptr);
}

}  // namespace backstamp::datacenter
