#include "station/enrolment.h"

#include "base/file.h"
#include "postal/key_bundle.h"
#include "station/key_memory.h"
#include "uplink/curve_keys.h"

namespace backstamp::station {
namespace {

namespace fs = std::filesystem;

Result<const UplinkConfig*> uplink_of(const StationConfig& config) {
  if (config.uplink) return &*config.uplink;
  return fail(ErrorKind::invalid, "the station's configuration has no section 'uplink'");
}

/// The path of a key file without its ending; a key file ends with .secret.
Result<fs::path> base_of(const fs::path& secret_file) {
  if (secret_file.extension() == ".secret") return fs::path(secret_file).replace_extension();
  return fail(ErrorKind::invalid,
              secret_file.string() + ": a station's key file ends with .secret");
}

fs::path with_ending(fs::path base, const char* ending) {
  return base += ending;
}

bool there(const fs::path& path) {
  std::error_code error;
  return fs::exists(path, error);
}

Result<void> rename_durably(const fs::path& from, const fs::path& to) {
  std::error_code error;
  fs::rename(from, to, error);
  if (error) return fail(ErrorKind::io, from.string() + ": " + error.message());
  return sync_directory(to.parent_path().empty() ? fs::path(".") : to.parent_path());
}

/// Is the letter for the key that is in use (false), or for the one that waits (true)?
Result<bool> is_for_next_key(const fs::path& base, const uplink::Enrolment& letter) {
  const auto next = uplink::load_curve_keys(with_ending(base, ".next.secret"));
  if (next && next->public_key == letter.public_key) return true;
  const auto now = uplink::load_curve_keys(with_ending(base, ".secret"));
  if (now && now->public_key == letter.public_key) return false;
  if (!now) return std::unexpected(now.error());
  return fail(ErrorKind::refused,
              "the letter is for the key " + letter.public_key + ", which is not this station's");
}

struct Verified {
  postal::SignedBundle bundle;
  postal::TimeStatement time;
};

Result<Verified> verify(const uplink::Enrolment& letter, const std::optional<postal::KeyId>& root) {
  if (root && *root != postal::public_key_id(letter.root)) {
    return fail(ErrorKind::refused, "the letter's root is " +
                                        to_hex(postal::public_key_id(letter.root)) + ", not " +
                                        to_hex(*root));
  }
  auto bundle = postal::open_bundle(letter.bundle, letter.root);
  if (!bundle) return fail("the letter", bundle.error());
  if (const auto usable = postal::Verifier::make(bundle->believed()); !usable) {
    return fail("the letter", usable.error());
  }
  const auto time = postal::open_time(letter.time, *bundle);
  if (!time) return fail("the letter", time.error());
  return Verified{*std::move(bundle), *time};
}

/// What the station will remember. A memory that is damaged is replaced: that is what a letter from
/// the data center is for.
Result<KeyMemory> next_memory(const fs::path& directory, const Verified& verified) {
  KeyMemory memory;
  if (auto old = load_key_memory(directory); old && *old) memory = **old;
  if (auto newest = never_go_back(memory, verified.bundle); !newest) {
    return std::unexpected(newest.error());
  }
  remember(memory, verified.bundle);
  memory.floor = verified.time.time;
  memory.confirmed = verified.time.time;
  return memory;
}

}  // namespace

Result<fs::path> make_station_key(const StationConfig& config) {
  const auto uplink = uplink_of(config);
  if (!uplink) return std::unexpected(uplink.error());
  auto base = base_of((*uplink)->station_key);
  if (!base) return base;
  if (there(with_ending(*base, ".secret"))) *base += ".next";
  const auto keys = uplink::generate_curve_keys();
  if (!keys) return std::unexpected(keys.error());
  if (auto saved = uplink::save_curve_keys(*keys, *base); !saved) {
    return std::unexpected(saved.error());
  }
  return with_ending(*base, ".public");
}

Result<Enrolled> install_enrolment(const StationConfig& config, const uplink::Enrolment& letter,
                                   const std::optional<postal::KeyId>& root) {
  const auto uplink = uplink_of(config);
  if (!uplink) return std::unexpected(uplink.error());
  if (letter.station != config.station) {
    return fail(ErrorKind::refused,
                "the letter is for station " + letter.station + ", not for " + config.station);
  }
  const auto base = base_of((*uplink)->station_key);
  if (!base) return std::unexpected(base.error());
  const auto next_key = is_for_next_key(*base, letter);
  if (!next_key) return std::unexpected(next_key.error());
  const auto verified = verify(letter, root);
  if (!verified) return std::unexpected(verified.error());

  const fs::path& directory = config.journal.directory;
  std::error_code error;
  fs::create_directories(directory, error);
  if (error) return fail(ErrorKind::io, directory.string() + ": " + error.message());
  const auto lock = lock_file(directory / "lock");
  if (!lock) return fail("the station must not run meanwhile", lock.error());
  const auto memory = next_memory(directory, *verified);
  if (!memory) return std::unexpected(memory.error());

  if (auto saved = postal::save_public_key(letter.root, config.keys.root); !saved) {
    return std::unexpected(saved.error());
  }
  const std::string server = "public " + letter.server_key + "\n";
  if (auto saved = write_file_durably((*uplink)->server_key, as_bytes(server)); !saved) {
    return std::unexpected(saved.error());
  }
  if (auto saved = write_file_durably(config.keys.bundle, letter.bundle); !saved) {
    return std::unexpected(saved.error());
  }
  if (auto saved = save_key_memory(directory, *memory); !saved) {
    return std::unexpected(saved.error());
  }
  if (*next_key) {  // the public half first: the secret one has both
    for (const char* ending : {".public", ".secret"}) {
      const fs::path from = with_ending(*base, (std::string(".next") + ending).c_str());
      if (!there(from)) continue;
      if (auto moved = rename_durably(from, with_ending(*base, ending)); !moved) {
        return std::unexpected(moved.error());
      }
    }
  }
  return Enrolled{verified->bundle.root, verified->bundle.sequence(), verified->time.time,
                  *next_key, letter.endpoint != (*uplink)->endpoint};
}

}  // namespace backstamp::station
