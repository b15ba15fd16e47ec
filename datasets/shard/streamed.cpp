// Samples of a bare tar: members with the same key that follow each other.
#include <utility>

#include "datasets/shard/sample_stream.h"
#include "datasets/shard/tar_stream.h"

namespace backstamp::datasets {
namespace {

class TarSamples final : public SampleStream {
 public:
  TarSamples(std::filesystem::path path, TarStream tar)
      : path_(std::move(path)), tar_(std::move(tar)) {}

  Result<std::optional<Sample>> next() override { return take(true); }

  Result<void> skip(std::uint64_t samples) override {
    for (; samples > 0; --samples) {
      auto sample = take(false);
      if (!sample && damaged_key_.empty()) return std::unexpected(sample.error());
      if (sample && !*sample) return {};
    }
    return {};
  }

 private:
  /// The next sample; its contents stay empty unless they are wanted.
  Result<std::optional<Sample>> take(bool wanted) {
    damaged_key_.clear();
    if (auto moved = advance(); !moved) return std::unexpected(moved.error());
    if (!ahead_) return std::optional<Sample>();
    if (!ahead_->parsed) return refuse(*std::exchange(ahead_, {}));
    Sample sample{ahead_->parsed->key, {}};
    Result<void> sound;
    while (ahead_ && ahead_->parsed && ahead_->parsed->key == sample.key) {
      if (auto added = add_part(sample, wanted); !added && sound) sound = added;
      ahead_.reset();
      if (auto moved = advance(); !moved) {
        // The stream is broken: what came before the break is still whole.
        pending_ = moved.error();
        break;
      }
    }
    if (!sound) {
      damaged_key_ = sample.key;
      return std::unexpected(sound.error());
    }
    return std::optional(std::move(sample));
  }

  Result<void> add_part(Sample& sample, bool wanted) {
    const std::string where = path_.string() + ": " + ahead_->name;
    if (sample.parts.size() == kPartsPerSample) {
      return fail(ErrorKind::limit, where + ": too many parts of one sample");
    }
    Bytes content;
    if (wanted) {
      auto read = tar_.content();
      if (!read) return std::unexpected(read.error());
      content = std::move(*read);
    }
    if (!sample.parts.emplace(ahead_->parsed->extension, std::move(content)).second) {
      return fail(ErrorKind::invalid, where + ": the same name again");
    }
    return {};
  }

  /// Makes sure that the next member's header is at hand, if there is one.
  Result<void> advance() {
    if (pending_) {
      const Error error = *std::exchange(pending_, {});
      return std::unexpected(error);
    }
    if (ahead_) return {};
    auto header = tar_.next();
    if (!header) return std::unexpected(header.error());
    ahead_ = std::move(*header);
    return {};
  }

  std::unexpected<Error> refuse(const TarHeader& header) const {
    return fail(path_.string() + ": " + header.name, header.parsed.error());
  }

  std::filesystem::path path_;
  TarStream tar_;
  std::optional<TarHeader> ahead_;
  std::optional<Error> pending_;
};

}  // namespace

Result<std::unique_ptr<SampleStream>> open_tar(const std::filesystem::path& path) {
  auto tar = TarStream::open(path);
  if (!tar) return std::unexpected(tar.error());
  return std::make_unique<TarSamples>(path, std::move(*tar));
}

}  // namespace backstamp::datasets
