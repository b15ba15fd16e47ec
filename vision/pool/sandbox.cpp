#include "vision/pool/sandbox.h"

#include <fcntl.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <vector>

namespace backstamp::vision {
namespace {

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr bool kSanitized = true;
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
constexpr bool kSanitized = true;
#else
constexpr bool kSanitized = false;
#endif
#else
constexpr bool kSanitized = false;
#endif

#if defined(__x86_64__)
constexpr std::uint32_t kArchitecture = AUDIT_ARCH_X86_64;
#elif defined(__aarch64__)
constexpr std::uint32_t kArchitecture = AUDIT_ARCH_AARCH64;
#else
constexpr std::uint32_t kArchitecture = 0;
#endif

/// Memory, clocks, talking over what is open, ending. Everything else gets EPERM.
constexpr int kAllowed[] = {
    SYS_read,         SYS_write,        SYS_writev,         SYS_recvfrom,  SYS_recvmsg,
    SYS_sendto,       SYS_sendmsg,      SYS_ppoll,          SYS_close,     SYS_fstat,
    SYS_mmap,         SYS_munmap,       SYS_mremap,         SYS_mprotect,  SYS_brk,
    SYS_madvise,      SYS_futex,        SYS_clock_gettime,  SYS_getrandom, SYS_sched_yield,
    SYS_rt_sigaction, SYS_rt_sigreturn, SYS_rt_sigprocmask, SYS_gettid,    SYS_getpid,
    SYS_exit,         SYS_exit_group,
#if defined(SYS_poll)
    SYS_poll,
#endif
};

constexpr std::uint32_t kNumberAt = offsetof(seccomp_data, nr);
constexpr std::uint32_t kArchitectureAt = offsetof(seccomp_data, arch);
constexpr std::uint32_t kFirstArgumentAt = offsetof(seccomp_data, args);

sock_filter load(std::uint32_t at) {
  return BPF_STMT(BPF_LD | BPF_W | BPF_ABS, at);
}
sock_filter give(std::uint32_t what) {
  return BPF_STMT(BPF_RET | BPF_K, what);
}
/// Skips `yes` instructions when the loaded word is `value`, else `no`.
sock_filter if_equal(std::uint32_t value, std::uint8_t yes, std::uint8_t no) {
  return BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, value, yes, no);
}

bool filter_system_calls() {
  std::vector<sock_filter> code = {load(kArchitectureAt), if_equal(kArchitecture, 1, 0),
                                   give(SECCOMP_RET_KILL_PROCESS), load(kNumberAt)};
  for (const int number : kAllowed) {
    code.push_back(if_equal(static_cast<std::uint32_t>(number), 0, 1));
    code.push_back(give(SECCOMP_RET_ALLOW));
  }
  // abort() signals its own process; no other may be signalled.
  code.push_back(if_equal(static_cast<std::uint32_t>(SYS_tgkill), 0, 3));
  code.push_back(load(kFirstArgumentAt));
  code.push_back(if_equal(static_cast<std::uint32_t>(::getpid()), 0, 1));
  code.push_back(give(SECCOMP_RET_ALLOW));
  code.push_back(give(SECCOMP_RET_ERRNO | EPERM));
  const sock_fprog program{static_cast<unsigned short>(code.size()), code.data()};
  return ::prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) == 0;
}

bool limit(decltype(RLIMIT_AS) what, rlim_t most) {
  const rlimit limits{most, most};
  return ::setrlimit(what, &limits) == 0;
}

/// Standard output is its parent's, where machines read JSON, and standard error is a log that
/// others read: a worker that sees mail has nothing to say to either. (A sanitizer has.)
bool leave_standard_streams() {
  const int nowhere = ::open("/dev/null", O_RDWR | O_CLOEXEC);
  bool left = nowhere >= 0 && ::dup2(nowhere, 0) == 0 && ::dup2(nowhere, 1) == 1;
  if (!kSanitized) left = left && ::dup2(nowhere, 2) == 2;
  if (nowhere > 2) ::close(nowhere);
  return left;
}

}  // namespace

bool enter_sandbox(std::size_t address_space_bytes) {
  bool entered = limit(RLIMIT_CORE, 0) && ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 &&
                 leave_standard_streams() && limit(RLIMIT_NOFILE, 0);
  if (!kSanitized) {
    entered = entered && limit(RLIMIT_AS, address_space_bytes);
    if (kArchitecture != 0) entered = entered && filter_system_calls();
  }
  return entered;
}

}  // namespace backstamp::vision
