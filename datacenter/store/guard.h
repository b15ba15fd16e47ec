// From SqlFailure, inside the store, to Error, outside of it.
#pragma once

#include "datacenter/store/store.h"

namespace backstamp::datacenter {

template <typename Work>
auto Store::writing(Work work) -> Result<decltype(work(std::declval<Database&>()))> {
  const std::scoped_lock lock(writer_mutex_);
  if (!writer_) return fail(ErrorKind::refused, reader_->name() + ": opened for reading only");
  if (failure_) return std::unexpected(*failure_);
  try {
    return work(*writer_);
  } catch (const SqlFailure& failure) {
    if (failure.kind == ErrorKind::io) failure_ = Error{failure.kind, failure.what()};
    return fail(failure.kind, failure.what());
  }
}

template <typename Work>
auto Store::reading(Work work) -> Result<decltype(work(std::declval<Database&>()))> {
  const std::scoped_lock lock(reader_mutex_);
  try {
    return work(*reader_);
  } catch (const SqlFailure& failure) {
    return fail(failure.kind, failure.what());
  }
}

}  // namespace backstamp::datacenter
