#include "base/log.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <catch2/catch_test_macros.hpp>
#include <chrono>
#include <cstring>
#include <map>
#include <sstream>
#include <thread>

#include "base/file.h"
#include "tests/support/temporary_folder.h"

namespace {

using namespace backstamp;
using test::TemporaryFolder;

/// A pipe, as a log's reader has it.
struct Pipe {
  Pipe() {
    std::array<int, 2> ends{};
    REQUIRE(::pipe2(ends.data(), O_CLOEXEC) == 0);
    out.reset(ends[0]);
    in.reset(ends[1]);
  }
  std::string read_all() {
    in.reset();
    std::string text;
    std::array<char, 65536> buffer{};
    for (;;) {
      const ssize_t got = ::read(out.get(), buffer.data(), buffer.size());
      if (got <= 0) return text;
      text.append(buffer.data(), static_cast<std::size_t>(got));
    }
  }
  UniqueFd out;
  UniqueFd in;
};

/// journald's end: one datagram an entry, or a descriptor of sealed memory.
class FakeJournal {
 public:
  explicit FakeJournal(const std::filesystem::path& path)
      : fd_(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0)) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::strncpy(address.sun_path, path.c_str(), sizeof address.sun_path - 1);
    REQUIRE(::bind(fd_.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) == 0);
  }

  std::string next() {
    std::string entry(1u << 20, '\0');
    iovec part{entry.data(), entry.size()};
    alignas(cmsghdr) std::array<char, 256> control{};
    msghdr message{};
    message.msg_iov = &part;
    message.msg_iovlen = 1;
    message.msg_control = control.data();
    message.msg_controllen = control.size();
    const ssize_t size = ::recvmsg(fd_.get(), &message, MSG_CMSG_CLOEXEC);
    REQUIRE(size >= 0);
    entry.resize(static_cast<std::size_t>(size));
    const cmsghdr* header = CMSG_FIRSTHDR(&message);
    if (header == nullptr) return entry;
    int received = -1;
    std::memcpy(&received, CMSG_DATA(header), sizeof received);
    const UniqueFd memory(received);
    constexpr int kSealed = F_SEAL_WRITE | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL;
    CHECK(::fcntl(memory.get(), F_GET_SEALS) == kSealed);
    struct stat status {};
    REQUIRE(::fstat(memory.get(), &status) == 0);
    entry.resize(static_cast<std::size_t>(status.st_size));
    REQUIRE(::pread(memory.get(), entry.data(), entry.size(), 0) == status.st_size);
    by_memory = true;
    return entry;
  }

  bool by_memory = false;

 private:
  UniqueFd fd_;
};

/// A second reading of the native protocol.
std::map<std::string, std::string> parse_journal(const std::string& entry) {
  std::map<std::string, std::string> fields;
  for (std::size_t at = 0; at < entry.size();) {
    const std::size_t end = entry.find('\n', at);
    REQUIRE(end != std::string::npos);
    const std::string line = entry.substr(at, end - at);
    const std::size_t equals = line.find('=');
    if (equals != std::string::npos) {
      fields[line.substr(0, equals)] = line.substr(equals + 1);
      at = end + 1;
      continue;
    }
    std::uint64_t size = 0;
    for (std::size_t i = 8; i-- > 0;) {
      size = size << 8 | static_cast<unsigned char>(entry.at(end + 1 + i));
    }
    fields[line] = entry.substr(end + 9, size);
    REQUIRE(entry.at(end + 9 + size) == '\n');
    at = end + 10 + size;
  }
  return fields;
}

LogOptions to_pipe(const Pipe& pipe, LogForm form) {
  LogOptions options;
  options.program = "backstamp-station";
  options.form = form;
  options.descriptor = pipe.in.get();
  return options;
}

/// The text after the time stamp of a plain line.
std::string after_time(const std::string& line) {
  return line.substr(line.find(' ') + 1);
}

}  // namespace

TEST_CASE("plain lines have time, severity, kind, text and fields, each on one line") {
  Pipe pipe;
  {
    auto log = Logger::open(to_pipe(pipe, LogForm::plain));
    REQUIRE(log);
    log->write(Severity::info, "station", "takes pieces", {{"lane", "LANE-1"}, {"why", "a \"b\""}});
    log->write(Severity::error, "journal", "two\nlines\x1b[2J");
    log->write(Severity::debug, "left-out", "of no interest");
  }
  std::istringstream text(pipe.read_all());
  std::string line;
  REQUIRE(std::getline(text, line));
  CHECK(after_time(line) == R"(info station: takes pieces lane=LANE-1 why="a \"b\"")");
  REQUIRE(std::getline(text, line));
  CHECK(after_time(line) == R"(error journal: two\nlines\x1b[2J)");
  CHECK_FALSE(std::getline(text, line));
}

TEST_CASE("an alarm is a warning with its remedy, and its end a notice") {
  Pipe pipe;
  {
    auto log = Logger::open(to_pipe(pipe, LogForm::plain));
    REQUIRE(log);
    log->write(Alarm{"camera-lost", "L1/front", true, "no frame for 5.0 s", "look at its cable"});
    log->write(Alarm{"camera-lost", "L1/front", false, "", ""});
  }
  std::istringstream text(pipe.read_all());
  std::string line;
  REQUIRE(std::getline(text, line));
  CHECK(after_time(line) ==
        "warning camera-lost: L1/front: no frame for 5.0 s source=L1/front state=raised "
        "remedy=\"look at its cable\"");
  REQUIRE(std::getline(text, line));
  CHECK(after_time(line) ==
        "notice camera-lost: L1/front: camera-lost is over source=L1/front state=over");
}

TEST_CASE("RFC 5424 lines have structured data with its escapes, and UTF-8 that says so") {
  Pipe pipe;
  {
    auto log = Logger::open(to_pipe(pipe, LogForm::rfc5424));
    REQUIRE(log);
    log->write(Severity::warning, "key stale", "too old", {{"by", "\\ \"x\" ]\n"}, {"Own", ""}});
    log->write(Severity::notice, "", "caf\xC3\xA9");
  }
  std::istringstream text(pipe.read_all());
  std::string line;
  REQUIRE(std::getline(text, line));
  CHECK(line.starts_with("<28>1 20"));  // daemon, warning
  const std::string pid = std::to_string(::getpid());
  const std::string tail = " backstamp-station " + pid +
                           R"( key_stale [backstamp@32473 by="\\ \"x\" \]\\n" _wn=""] too old)";
  CHECK(line.find(" backstamp-station ") != std::string::npos);
  INFO(line);
  CHECK(line.ends_with(R"(key_stale [backstamp@32473 by="\\ \"x\" \]\\n" x_wn=""] too old)"));
  REQUIRE(std::getline(text, line));
  CHECK(line.ends_with(" " + pid +
                       " - - \xEF\xBB\xBF"
                       "caf\xC3\xA9"));
}

TEST_CASE("journald gets every field, whatever is in it") {
  const TemporaryFolder folder;
  FakeJournal journal(folder / "socket");
  LogOptions options;
  options.program = "backstamp-station";
  options.form = LogForm::journald;
  options.journal = folder / "socket";
  auto log = Logger::open(options);
  REQUIRE(log);
  log->write(Severity::critical, "disk-full", "two\nlines = one", {{"free_bytes", "17"}});
  const auto fields = parse_journal(journal.next());
  CHECK(fields.at("MESSAGE") == "two\nlines = one");
  CHECK(fields.at("PRIORITY") == "2");
  CHECK(fields.at("SYSLOG_IDENTIFIER") == "backstamp-station");
  CHECK(fields.at("BACKSTAMP_ID") == "disk-full");
  CHECK(fields.at("BACKSTAMP_FREE_BYTES") == "17");
}

TEST_CASE("what is too big for a datagram reaches journald in sealed memory") {
  const TemporaryFolder folder;
  FakeJournal journal(folder / "socket");
  LogOptions options;
  options.program = "backstamp-station";
  options.form = LogForm::journald;
  options.journal = folder / "socket";
  auto log = Logger::open(options);
  REQUIRE(log);
  LogFields fields;
  for (char name = 'a'; name <= 'h'; ++name) {
    fields.emplace_back(std::string(1, name), std::string(60'000, name));
  }
  log->write(Severity::info, "big", std::string(300'000, 'm'), fields);
  const auto got = parse_journal(journal.next());
  CHECK(journal.by_memory);
  CHECK(got.at("BACKSTAMP_H") == std::string(60'000, 'h'));
  CHECK(got.at("MESSAGE").size() < 270'000);
  CHECK(got.at("MESSAGE").ends_with("m…(cut)"));
}

TEST_CASE("a journald that is not there is an error when it is asked for by name") {
  LogOptions options;
  options.form = LogForm::journald;
  options.journal = "/nowhere/socket";
  const auto log = Logger::open(options);
  REQUIRE_FALSE(log);
  CHECK(log.error().kind == ErrorKind::unavailable);
}

TEST_CASE("the automatic form is journald's where standard error is its stream") {
  const TemporaryFolder folder;
  FakeJournal journal(folder / "socket");
  Pipe pipe;
  struct stat status {};
  REQUIRE(::fstat(pipe.in.get(), &status) == 0);
  LogOptions options = to_pipe(pipe, LogForm::automatic);
  options.journal = folder / "socket";
  const auto form = [&] { return Logger::open(options)->form(); };
  ::unsetenv("JOURNAL_STREAM");
  CHECK(form() == LogForm::plain);
  const std::string stream = std::to_string(status.st_dev) + ":" + std::to_string(status.st_ino);
  ::setenv("JOURNAL_STREAM", stream.c_str(), 1);
  CHECK(form() == LogForm::journald);
  options.journal = "/nowhere/socket";
  CHECK(form() == LogForm::plain);
  ::setenv("JOURNAL_STREAM", "1:2", 1);
  options.journal = folder / "socket";
  CHECK(form() == LogForm::plain);
  ::unsetenv("JOURNAL_STREAM");
}

TEST_CASE("a reader that does not read costs messages, which are counted, and never waits") {
  Pipe pipe;
  constexpr int kWritten = 20'000;
  LogOptions options = to_pipe(pipe, LogForm::plain);
  options.queue_limit = 100;
  {
    auto log = Logger::open(options);
    REQUIRE(log);
    const auto begin = std::chrono::steady_clock::now();
    for (int i = 0; i < kWritten; ++i) {
      log->write(Severity::info, "piece", std::string(100, 'x'), {{"number", std::to_string(i)}});
    }
    // A pipe takes some five hundred; with a second's wait for each of the others this would take
    // hours, and so would the end of the log.
    CHECK(std::chrono::steady_clock::now() - begin < std::chrono::seconds(30));
    CHECK(log->lost() > kWritten / 2);
  }
  const std::string text = pipe.read_all();
  CHECK(text.find("number=0\n") != std::string::npos);
}

TEST_CASE("written and lost messages are all there were") {
  Pipe pipe;
  constexpr int kWritten = 5'000;
  LogOptions options = to_pipe(pipe, LogForm::plain);
  options.queue_limit = 50;
  std::string text;
  std::uint64_t lost = 0;
  const int copy = ::dup(pipe.in.get());
  options.descriptor = copy;
  {
    auto log = Logger::open(options);
    REQUIRE(log);
    for (int i = 0; i < kWritten; ++i) log->write(Severity::info, "piece", "x");
    std::jthread reader([&] {
      while (text.size() < (1u << 20)) {
        std::array<char, 4096> buffer{};
        const ssize_t got = ::read(pipe.out.get(), buffer.data(), buffer.size());
        if (got <= 0) break;
        text.append(buffer.data(), static_cast<std::size_t>(got));
        if (text.find("all is told") != std::string::npos) break;
      }
    });
    ::usleep(300'000);  // the queue is empty again
    lost = log->lost();
    ::sleep(1);  // losses are told once a second
    log->write(Severity::info, "last", "x");
    ::usleep(100'000);
    log->write(Severity::info, "last", "all is told");
  }
  ::close(copy);
  std::istringstream lines(text);
  std::uint64_t written = 0;
  std::uint64_t told = 0;
  for (std::string line; std::getline(lines, line);) {
    if (line.find(" piece: ") != std::string::npos) ++written;
    const std::size_t count = line.find("count=");
    if (line.find(" log-lost: ") != std::string::npos) told += std::stoull(line.substr(count + 6));
  }
  CHECK(written + lost == kWritten);
  CHECK(told == lost);
}

TEST_CASE("a reader that went away ends neither the process nor the end of the log") {
  Pipe pipe;
  auto log = Logger::open(to_pipe(pipe, LogForm::plain));
  REQUIRE(log);
  pipe.out.reset();
  for (int i = 0; i < 10; ++i) log->write(Severity::info, "piece", "x");
  log = Logger::open("backstamp-station", LogForm::plain);
  SUCCEED("no signal ended it");
}

TEST_CASE("forms and severities have names") {
  CHECK(parse_log_form("auto") == LogForm::automatic);
  CHECK(parse_log_form("rfc5424") == LogForm::rfc5424);
  CHECK(parse_severity("warning") == Severity::warning);
  const auto wrong = parse_log_form("json");
  REQUIRE_FALSE(wrong);
  CHECK(wrong.error().message.find("auto, journald, rfc5424, plain") != std::string::npos);
}
