// CBOR stands in postal/cbor.h, as others than tokens are made of it too.
#pragma once

#include "postal/cbor.h"
