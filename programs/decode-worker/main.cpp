// One of vision's decode workers; started by a DecodePool, not by people.
#include "vision/worker.h"

int main(int argument_count, char** arguments) {
  return backstamp::vision::decode_worker_main(argument_count, arguments);
}
