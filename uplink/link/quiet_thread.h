// A thread that takes no signals: they go to the program's own threads, and no call in this one is
// interrupted by them.
#pragma once

#include <pthread.h>

#include <csignal>
#include <thread>
#include <utility>

namespace backstamp::uplink::link {

template <typename Function>
std::thread quiet_thread(Function function) {
  sigset_t all{};
  sigset_t before{};
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  std::thread thread(std::move(function));
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
  return thread;
}

}  // namespace backstamp::uplink::link
