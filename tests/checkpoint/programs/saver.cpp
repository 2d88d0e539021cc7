// saver FOLDER SIZE: saves checkpoints of that size (sample_run.h) until it is killed, from the
// newest one in the folder on.
#include <exception>
#include <iostream>
#include <string>

#include "checkpoint/sample_run.h"
#include "roux/checkpoint/checkpoint_store.h"

int main(int, char** argv) {
  try {
    roux::CheckpointStore store(argv[1], {.keep_last_n = 3, .model_only_but_last = true});
    const auto newest = store.newest();
    for (std::int64_t step = newest ? newest->step() + 1 : 0;; ++step) {
      const auto contents = roux::contents_at(step, std::stoll(argv[2]));
      // Each once more, so that replacing is interrupted too.
      for (int twice = 0; twice < 2; ++twice) {
        store.save(step, contents);
        store.finish();
      }
      std::cout << "saved " << step << '\n' << std::flush;
    }
  } catch (const std::exception& error) {
    std::cerr << error.what() << '\n';
    return 1;
  }
}
