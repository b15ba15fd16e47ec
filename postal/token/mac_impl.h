// What a MAC key is, wherever it lies.
#pragma once

#include "postal/mac_key.h"

namespace backstamp::postal {

struct MacKey::Impl {
  virtual Result<Sha256> mac(ByteView message) const = 0;
  virtual ~Impl() = default;
};

}  // namespace backstamp::postal
