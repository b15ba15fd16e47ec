// backstamp read: pictures in, the codes on them out.
#include <chrono>
#include <condition_variable>
#include <cstdio>
#include <filesystem>
#include <map>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "programs/budget.h"
#include "programs/command_line.h"
#include "programs/read/image_list.h"
#include "programs/read/output.h"
#include "programs/read/reading_picture.h"
#include "vision/decode_pool.h"

namespace backstamp::programs {
namespace {

using namespace std::chrono_literals;

constexpr const char* kFooter =
    "Examples:\n"
    "  backstamp read envelope.png\n"
    "  backstamp read --json faces/ > reads.jsonl      every picture of a folder\n"
    "  backstamp read --json mail/ shard-000000.tar    a dataset, or one shard of it\n"
    "  backstamp read --explain envelope.png           which rung read what, and at what cost\n"
    "  backstamp read --explain --pictures seen faces/  and where: seen/NAME.reads.png\n"
    "  backstamp read --formats datamatrix,imb --threads 4 --budget 50ms faces/\n"
    "\n"
    "With --json one object a line, in the order of the input:\n"
    "  {\"image\": NAME, \"ms\": locate and decode alone, \"reads\": [{\"format\", \"text\", "
    "\"hex\": content\n"
    "  bytes, \"outline\": four corners in pixels, \"rung\", ...}], \"cause\": when nothing was "
    "read,\n"
    "  \"error\": when the picture could not be looked at, \"unread\": [{\"looks_like\", "
    "\"outline\",\n"
    "  \"cause\", ...}] what was found and not read, \"fim\": {\"kind\": A to E, "
    "\"upside_down\",\n"
    "  \"outline\"} a facing identification mark}. Reads and unread also have \"module_px\", "
    "\"contrast\"\n"
    "  (0 to 1) and \"margin\" (0 to 1: the share of the error correction left over), where "
    "known.\n"
    "With --explain each read also has \"us\" (spent on it), each of \"unread\" \"score\"; "
    "\"effort\" is\n"
    "  the work that was charged, and \"rungs\" lists what each step of the ladder cost: "
    "{\"rung\",\n"
    "  \"tries\", \"reads\", \"us\"}.\n"
    "With --pictures every face is drawn with the outlines of what was read (solid) and of what "
    "was\n"
    "  located and not read (dashed), numbered in the order in which --explain lists them.\n"
    "Exit status: 0; 1 when a picture could not be looked at (the others still are); 2 usage.";

struct Options {
  bool json = false;
  bool explain = false;
  std::string formats = "postal";
  unsigned threads = 1;
  std::string repair;
  std::uint32_t effort = vision::ReadOptions{}.effort;
  std::string budget = "2s";
  std::string pictures;
  std::vector<std::string> inputs;
};

/// Pulls pictures, reads them on several threads and prints in the order of the input. At most
/// four pictures a thread are under way or waiting to be printed.
class Run {
 public:
  Run(const Options& options, vision::ReadOptions how, vision::DecodePool& pool)
      : options_(options), how_(how), pool_(pool), images_(options.inputs) {}

  bool all_well() {
    {
      std::vector<std::jthread> threads;
      for (unsigned i = 0; i < options_.threads; ++i) threads.emplace_back([this] { work(); });
    }
    std::fflush(stdout);
    return !failed_;
  }

 private:
  void work() {
    for (;;) {
      std::unique_lock lock(mutex_);
      printed_.wait(lock, [this] { return next_ - to_print_ < 4 * options_.threads; });
      std::optional<NamedImage> image;
      if (!ended_) image = images_.next();
      if (!image) {
        ended_ = true;
        return;
      }
      const std::size_t number = next_++;
      lock.unlock();
      ReadResult result = read_one(*image);
      lock.lock();
      failed_ = failed_ || result.error;
      done_[number] =
          options_.json ? as_json(result, options_.explain) : as_words(result, options_.explain);
      print_what_is_due();
    }
  }

  ReadResult read_one(NamedImage& image) {
    ReadResult result;
    result.name = image.name;
    load(image);
    if (image.error) {
      result.error = image.error;
      return result;
    }
    auto frame = pool_.unpack(image.file, std::chrono::steady_clock::now() + 60s);
    if (!frame) {
      result.error = Error{frame.error().kind, image.name + ": " + frame.error().message};
      result.reading.cause = postal::NoReadCause::bad_image;
      return result;
    }
    // The reader keeps its budget by itself; only one that hangs meets the deadline.
    const auto deadline = std::chrono::steady_clock::now() + how_.budget + 30s;
    auto reading = pool_.read(frame->view(), how_, deadline);
    if (!reading) {
      result.error = reading.error();
    } else {
      result.reading = std::move(*reading);
      if (result.reading.cause == postal::NoReadCause::decoder_crashed)
        result.error = Error{ErrorKind::internal, image.name + ": the decoder died on it"};
    }
    if (!options_.pictures.empty()) draw(frame->view(), result);
    return result;
  }

  void draw(vision::ImageView face, const ReadResult& result) {
    const auto drawn =
        draw_reading(face, result.reading, reading_picture_path(options_.pictures, result.name));
    if (drawn) return;
    std::fprintf(stderr, "backstamp read: %s\n", drawn.error().message.c_str());
    const std::lock_guard lock(mutex_);
    failed_ = true;
  }

  void print_what_is_due() {
    for (auto it = done_.find(to_print_); it != done_.end(); it = done_.find(to_print_)) {
      std::fwrite(it->second.data(), 1, it->second.size(), stdout);
      done_.erase(it);
      ++to_print_;
    }
    if (options_.threads == 1) std::fflush(stdout);
    printed_.notify_all();
  }

  const Options& options_;
  const vision::ReadOptions how_;
  vision::DecodePool& pool_;
  std::mutex mutex_;
  std::condition_variable printed_;
  ImageList images_;
  std::map<std::size_t, std::string> done_;
  std::size_t next_ = 0;
  std::size_t to_print_ = 0;
  bool ended_ = false;
  bool failed_ = false;
};

int usage(const Error& error) {
  std::fprintf(stderr, "backstamp read: %s\n", error.message.c_str());
  return 2;
}

int run(const Options& options) {
  vision::ReadOptions how;
  const auto formats = vision::Formats::parse(options.formats);
  if (!formats) return usage(formats.error());
  const auto budget = parse_budget(options.budget);
  if (!budget) return usage(budget.error());
  if (!options.repair.empty()) {
    const auto repair = vision::RepairLimits::parse(options.repair);
    if (!repair) return usage({repair.error().kind, "--repair " + repair.error().message});
    how.repair = *repair;
  }
  how.formats = *formats;
  how.effort = options.effort;
  how.budget = *budget;
  if (!options.pictures.empty()) {
    std::error_code error;
    std::filesystem::create_directories(options.pictures, error);
    if (error) return usage({ErrorKind::io, options.pictures + ": " + error.message()});
  }
  auto pool = vision::DecodePool::start(
      {.workers = options.threads, .program_folder = {}, .decode_worker = {}, .image_worker = {}});
  if (!pool) {
    std::fprintf(stderr, "backstamp read: %s\n", pool.error().message.c_str());
    return 1;
  }
  return Run(options, how, *pool).all_well() ? 0 : 1;
}

/// The repair limits that hold when none is given.
std::string usual_repair() {
  const vision::RepairLimits usual;
  std::string out;
  for (const vision::RepairLimit& limit : vision::repair_limits()) {
    if (!out.empty()) out += ", ";
    out.append(limit.name).append("=").append(std::to_string(usual.*limit.value));
  }
  return out;
}

}  // namespace
}  // namespace backstamp::programs

int main(int argument_count, char** arguments) {
  backstamp::programs::Options options;
  CLI::App app("Reads the codes on pictures of mail", "backstamp read");
  app.footer(backstamp::programs::kFooter);
  app.add_flag("--json", options.json, "One JSON object a line instead of words");
  app.add_flag("--explain", options.explain,
               "Also how each symbol was read, what was found and not read, and what each rung of "
               "the ladder cost");
  app.add_option("--formats", options.formats,
                 "Comma-separated: datamatrix, qrcode, aztec, pdf417, code128, itf, imb, mailmark, "
                 "rm4scc, kix, australiapost, japanpost, postnet, planet, or postal (all)")
      ->capture_default_str();
  app.add_option("--threads", options.threads, "Pictures read at the same time")
      ->check(CLI::Range(1u, 256u))
      ->capture_default_str();
  app.add_option("--effort", options.effort,
                 "Work for one picture, in units of about a microsecond: ends at the same step "
                 "every time")
      ->check(CLI::Range(0u, 1'000'000'000u))
      ->capture_default_str();
  app.add_option("--budget", options.budget,
                 "Time for one picture, a backstop: 50ms, 2s; none: search large pictures whole, "
                 "too, whatever the effort")
      ->capture_default_str();
  app.add_option("--repair", options.repair,
                 "What must be left of a symbol's proof, and how many bars may be repaired: " +
                     backstamp::programs::usual_repair() + "; those not named stay so")
      ->type_name("LIMIT=N,...");
  app.add_option("--pictures", options.pictures,
                 "Also draw every face with the outlines of what was read, and what was not, here")
      ->type_name("FOLDER");
  app.add_option("input", options.inputs, "Pictures, folders of pictures, datasets, tars")
      ->required()
      ->type_name("IMAGE|FOLDER|TAR");
  BACKSTAMP_PARSE(app, argument_count, arguments);
  return backstamp::programs::run(options);
}
