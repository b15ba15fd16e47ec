// A PKCS#11 module that passes every call on to another one, until it is told to fail: then its
// device is gone, and when it comes back, sessions of before are void, as those of a device that
// was pulled out are.
//
// BACKSTAMP_SHIM_MODULE names the module behind it, BACKSTAMP_SHIM_CONTROL a file that is mapped as
// the ShimControl of failing_pkcs11.h.
#include "tests/support/failing_pkcs11.h"

#include <dlfcn.h>
#include <fcntl.h>
#include <p11-kit/pkcs11.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include <atomic>

namespace {

using backstamp::test::ShimControl;

CK_FUNCTION_LIST* real = nullptr;
CK_FUNCTION_LIST shim;
ShimControl* control = nullptr;
std::atomic<bool> was_gone{false};

void void_sessions() {
  CK_SLOT_ID slots[64];
  CK_ULONG count = 64;
  if (real->C_GetSlotList(CK_TRUE, slots, &count) != CKR_OK) return;
  for (CK_ULONG i = 0; i < count; ++i) real->C_CloseAllSessions(slots[i]);
}

/// May this call reach the device?
bool gone() {
  const int left = control->calls_until_gone.load();
  if (left > 0 && control->calls_until_gone.fetch_sub(1) == 1) control->gone = 1;
  if (control->gone != 0) {
    was_gone = true;
    control->refused_calls.fetch_add(1);
    return true;
  }
  if (was_gone.exchange(false)) void_sessions();
  return false;
}

/// The function that stands in for `call` of the real list.
template <auto Call, typename Type = decltype(Call)>
struct Stand;
template <auto Call, typename... Arguments>
struct Stand<Call, CK_RV (*CK_FUNCTION_LIST::*)(Arguments...)> {
  static CK_RV in(Arguments... arguments) {
    return gone() ? CKR_DEVICE_REMOVED : (real->*Call)(arguments...);
  }
};
template <auto Call>
void stand_in() {
  shim.*Call = Stand<Call>::in;
}

/// Each time that it is loaded anew the control may be another one.
bool load() {
  const char* path = ::getenv("BACKSTAMP_SHIM_MODULE");
  const char* file = ::getenv("BACKSTAMP_SHIM_CONTROL");
  if (path == nullptr || file == nullptr) return false;
  const int fd = ::open(file, O_RDWR | O_CLOEXEC);
  void* mapped = ::mmap(nullptr, sizeof(ShimControl), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  ::close(fd);
  if (mapped == MAP_FAILED) return false;
  control = static_cast<ShimControl*>(mapped);
  if (real != nullptr) return true;
  void* library = ::dlopen(path, RTLD_NOW | RTLD_LOCAL);
  if (library == nullptr) return false;
  const auto entry = reinterpret_cast<CK_C_GetFunctionList>(::dlsym(library, "C_GetFunctionList"));
  return entry != nullptr && entry(&real) == CKR_OK;
}

}  // namespace

extern "C" __attribute__((visibility("default"))) CK_RV C_GetFunctionList(
    CK_FUNCTION_LIST_PTR_PTR list) {
  if (!load()) return CKR_GENERAL_ERROR;
  shim = *real;
  using List = CK_FUNCTION_LIST;
  stand_in<&List::C_GetSlotList>();
  stand_in<&List::C_GetTokenInfo>();
  stand_in<&List::C_OpenSession>();
  stand_in<&List::C_Login>();
  stand_in<&List::C_FindObjectsInit>();
  stand_in<&List::C_FindObjects>();
  stand_in<&List::C_GetAttributeValue>();
  stand_in<&List::C_CreateObject>();
  stand_in<&List::C_DestroyObject>();
  stand_in<&List::C_GenerateKeyPair>();
  stand_in<&List::C_GenerateKey>();
  stand_in<&List::C_SignInit>();
  stand_in<&List::C_Sign>();
  *list = &shim;
  return CKR_OK;
}
