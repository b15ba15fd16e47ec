// Invented senders and recipients.
#pragma once

#include <string>
#include <vector>

#include "datasets/random.h"

namespace backstamp::datasets {

struct InventedAddress {
  std::vector<std::string> lines;  ///< name, perhaps a firm, street, town with ZIP+4
  std::string routing;             ///< 11 digits: ZIP, +4, delivery point
};

InventedAddress invent_recipient(Random& random);

/// A firm's name first, then street and town.
std::vector<std::string> invent_sender(Random& random);

/// A few lines of prose, as advertising on an envelope.
std::vector<std::string> invent_prose(Random& random, int lines);

}  // namespace backstamp::datasets
