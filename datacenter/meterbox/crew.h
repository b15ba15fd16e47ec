// A few threads that share work of many small parts.
#pragma once

#include <atomic>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

namespace backstamp::datacenter::meterbox {

/// Thread-bound; its threads live as long as it does.
class Crew {
 public:
  /// `hands` work: the caller and `hands` - 1 threads.
  explicit Crew(std::size_t hands);
  ~Crew();
  Crew(const Crew&) = delete;
  Crew& operator=(const Crew&) = delete;

  /// Calls `part(0)` … `part(count - 1)`, each once, in any order, and returns when all are done.
  void share(std::size_t count, const std::function<void(std::size_t)>& part);

 private:
  void work();

  std::mutex mutex_;
  std::condition_variable begin_;
  std::condition_variable end_;
  const std::function<void(std::size_t)>* part_ = nullptr;
  std::size_t count_ = 0;
  std::atomic<std::size_t> next_{0};
  std::size_t working_ = 0;
  std::uint64_t round_ = 0;
  bool stop_ = false;
  std::vector<std::thread> threads_;
};

}  // namespace backstamp::datacenter::meterbox
