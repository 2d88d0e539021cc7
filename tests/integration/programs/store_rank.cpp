// A rank that meets the others at the launcher's store, with nothing of Roux in it. Rank 0 leaves
// first: the store must outlive it.
#include <chrono>
#include <cstdlib>
#include <iostream>
#include <string>
#include <thread>
#include <torch/csrc/distributed/c10d/TCPStore.hpp>

int main() {
  c10d::TCPStoreOptions options;
  options.port = static_cast<std::uint16_t>(std::stoi(std::getenv("MASTER_PORT")));
  options.isServer = false;
  options.waitWorkers = false;
  c10d::TCPStore store(std::getenv("MASTER_ADDR"), options);

  const int rank = std::stoi(std::getenv("RANK"));
  const int size = std::stoi(std::getenv("WORLD_SIZE"));
  store.add("here", 1);
  while (store.add("here", 0) < size) std::this_thread::sleep_for(std::chrono::milliseconds(10));
  if (rank == 0) return 0;

  std::this_thread::sleep_for(std::chrono::milliseconds(200));  // longer than rank 0 needs to end
  store.add("here", 1);
  while (store.add("here", 0) < 2 * size - 1) {
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  std::cout << "met without rank 0\n";
  return 0;
}
