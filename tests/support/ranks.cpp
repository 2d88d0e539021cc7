#include "support/ranks.h"

#include <torch/csrc/distributed/c10d/TCPStore.hpp>

#include <exception>
#include <thread>
#include <vector>

namespace roux {

void as_ranks(int size, const std::function<void(Meeting& meeting)>& body,
              std::chrono::nanoseconds timeout) {
  c10d::TCPStoreOptions options;
  options.port = 0;
  options.isServer = true;
  options.waitWorkers = false;
  const auto store = c10::make_intrusive<c10d::TCPStore>("127.0.0.1", options);
  std::vector<std::exception_ptr> errors(static_cast<std::size_t>(size));
  std::vector<std::thread> threads;
  for (int rank = 0; rank < size; ++rank) {
    threads.emplace_back([&, rank] {
      try {
        Meeting meeting({.rank = rank,
                         .size = size,
                         .local_rank = rank,
                         .local_size = size,
                         .host = "127.0.0.1",
                         .port = store->getPort(),
                         .has_store = true,
                         .launcher = "torchrun"},
                        timeout);
        body(meeting);
      } catch (...) {
        errors[static_cast<std::size_t>(rank)] = std::current_exception();
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  for (const std::exception_ptr& error : errors) {
    if (error) std::rethrow_exception(error);
  }
}

}  // namespace roux
