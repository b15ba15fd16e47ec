// One of vision's image workers; started by a DecodePool, not by people.
#include "vision/worker.h"

int main(int argument_count, char** arguments) {
  return backstamp::vision::image_worker_main(argument_count, arguments);
}
