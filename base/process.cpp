#include "base/process.h"

#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <condition_variable>
#include <cstddef>
#include <future>
#include <mutex>
#include <thread>

namespace backstamp {
namespace {

#if defined(__SANITIZE_THREAD__)
constexpr bool kThreadsWatched = true;
#elif defined(__has_feature)
#if __has_feature(thread_sanitizer)
constexpr bool kThreadsWatched = true;
#else
constexpr bool kThreadsWatched = false;
#endif
#else
constexpr bool kThreadsWatched = false;
#endif

constexpr int kNotBecome = 127;

/// In the child, on the parent's memory: only what is safe there. Returns when it failed.
int become(char* const* arguments, const int* inherited, std::size_t count, pid_t parent) {
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (::getppid() != parent) return kNotBecome;
  // No handler of the parent's may run here; what was sent meanwhile takes its default effect.
  for (int number = 1; number < NSIG; ++number) ::signal(number, SIG_DFL);
  sigset_t none;
  sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
  // close_range on the gaps between what is inherited: `inherited` is sorted and above 2.
  unsigned from = 3;
  for (std::size_t i = 0; i < count; ++i) {
    const auto keep = static_cast<unsigned>(inherited[i]);
    ::fcntl(inherited[i], F_SETFD, 0);
    if (keep > from) ::close_range(from, keep - 1, 0);
    from = keep + 1;
  }
  ::close_range(from, ~0u, 0);
  ::execv(arguments[0], arguments);
  return kNotBecome;
}

/// Starts children on one thread that lives as long as the process: "dies with its parent" means,
/// to the kernel, with the thread that forked, and callers' threads come and go. A child borrows
/// this process's memory until it is its own program, while that thread waits: a copy of the memory
/// of a process that has much would take it tens of milliseconds, in which no thread could get on.
class Forker {
 public:
  static Forker& instance() {
    static Forker& forker = *new Forker;  // never destroyed: its thread outlives main
    return forker;
  }

  /// The child's process id, or the negative error number. `work` is what the child does; what it
  /// returns is its exit status.
  template <typename Work>
  pid_t fork_with(Work work) {
    std::packaged_task<pid_t()> task([this, work]() mutable {
      const pid_t pid = kThreadsWatched ? copy(work) : borrow(work);
      return pid < 0 ? -errno : pid;
    });
    auto result = task.get_future();
    {
      const std::lock_guard lock(mutex_);
      tasks_.push_back(std::move(task));
    }
    ready_.notify_one();
    return result.get();
  }

 private:
  Forker() {
    std::thread([this] {
      sigset_t all;  // so that a child is born with its signals held back, until it is ready
      sigfillset(&all);
      ::pthread_sigmask(SIG_SETMASK, &all, nullptr);
      for (;;) {
        std::unique_lock lock(mutex_);
        ready_.wait(lock, [this] { return !tasks_.empty(); });
        auto task = std::move(tasks_.front());
        tasks_.erase(tasks_.begin());
        lock.unlock();
        task();
      }
    }).detach();
  }

  template <typename Work>
  pid_t borrow(Work& work) {
    const auto run = [](void* what) { return (*static_cast<Work*>(what))(); };
    std::byte* const top = stack_.data() + stack_.size();
    return ::clone(run, top, CLONE_VM | CLONE_VFORK | SIGCHLD, &work);
  }

  /// A thread sanitizer would take what the child does for what the waiting thread does.
  template <typename Work>
  static pid_t copy(Work& work) {
    const pid_t pid = ::fork();
    if (pid == 0) ::_exit(work());
    return pid;
  }

  std::mutex mutex_;
  std::condition_variable ready_;
  std::vector<std::packaged_task<pid_t()>> tasks_;
  alignas(16) std::array<std::byte, 64 * 1024> stack_;  // a child's, until it has its own
};

std::stop_source& stop_instance() {
  static std::stop_source source;
  return source;
}

}  // namespace

ChildProcess::ChildProcess(ChildProcess&& other) noexcept
    : pid_(std::exchange(other.pid_, -1)), status_(other.status_) {}

ChildProcess& ChildProcess::operator=(ChildProcess&& other) noexcept {
  if (this != &other) {
    this->~ChildProcess();
    pid_ = std::exchange(other.pid_, -1);
    status_ = other.status_;
  }
  return *this;
}

ChildProcess::~ChildProcess() {
  if (pid_ < 0 || status_) return;
  ::kill(pid_, SIGKILL);
  int status = 0;
  while (::waitpid(pid_, &status, 0) < 0 && errno == EINTR) {
  }
  pid_ = -1;
}

Result<ChildProcess> ChildProcess::start(const std::vector<std::string>& arguments,
                                         const std::vector<int>& inherited) {
  if (arguments.empty() || ::access(arguments[0].c_str(), X_OK) != 0) {
    return fail(ErrorKind::not_found,
                (arguments.empty() ? "no program" : arguments[0]) + ": cannot be run");
  }
  std::vector<char*> raw;
  for (const std::string& argument : arguments) raw.push_back(const_cast<char*>(argument.c_str()));
  raw.push_back(nullptr);
  std::vector<int> sorted;
  std::copy_if(inherited.begin(), inherited.end(), std::back_inserter(sorted),
               [](int fd) { return fd > 2; });
  std::sort(sorted.begin(), sorted.end());

  const pid_t parent = ::getpid();
  const pid_t pid = Forker::instance().fork_with(
      [&] { return become(raw.data(), sorted.data(), sorted.size(), parent); });
  if (pid < 0) return std::unexpected(system_error("fork for " + arguments[0], -pid));
  ChildProcess child;
  child.pid_ = pid;
  return child;
}

bool ChildProcess::running() {
  return pid_ >= 0 && !wait_for(std::chrono::milliseconds(0));
}

void ChildProcess::signal(int number) {
  if (pid_ >= 0 && !status_) ::kill(pid_, number);
}

std::optional<int> ChildProcess::wait_for(std::chrono::milliseconds limit) {
  const auto deadline = std::chrono::steady_clock::now() + limit;
  auto pause = std::chrono::microseconds(200);
  while (pid_ >= 0 && !status_) {
    int status = 0;
    const pid_t got = ::waitpid(pid_, &status, WNOHANG);
    if (got == pid_) {
      status_ = status;
    } else if (got < 0 && errno != EINTR) {
      status_ = -1;
    } else if (std::chrono::steady_clock::now() >= deadline) {
      break;
    } else {
      std::this_thread::sleep_for(pause);
      pause = std::min(pause * 2, std::chrono::microseconds(20'000));
    }
  }
  return status_;
}

std::stop_source& stop_on_signals() {
  static const bool installed = [] {
    static sigset_t watched;
    sigemptyset(&watched);
    sigaddset(&watched, SIGINT);
    sigaddset(&watched, SIGTERM);
    ::pthread_sigmask(SIG_BLOCK, &watched, nullptr);
    stop_instance();  // lives longer than the thread that uses it
    std::thread([] {
      int number = 0;
      while (::sigwait(&watched, &number) != 0) {
      }
      stop_instance().request_stop();
      while (::sigwait(&watched, &number) != 0) {
      }
      ::_exit(128 + number);
    }).detach();
    return true;
  }();
  (void)installed;
  return stop_instance();
}

std::filesystem::path program_folder() {
  std::error_code ignored;
  return std::filesystem::read_symlink("/proc/self/exe", ignored).parent_path();
}

}  // namespace backstamp
