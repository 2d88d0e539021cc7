#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>

namespace roux::launcher {

// What the launchers of a run use of c10d's TCPStore: keys that all of them see. Members throw
// std::exception where the store's host does not answer.
class Store {
 public:
  virtual ~Store() = default;

  virtual void set(const std::string& key, const std::string& value) = 0;
  virtual std::optional<std::string> get(const std::string& key) = 0;

  // Adds to a number that begins with 0, and returns the sum.
  virtual std::int64_t add(const std::string& key, std::int64_t amount) = 0;

  // Sets a key that is not there yet; what it holds then.
  virtual std::string set_if_new(const std::string& key, const std::string& value) = 0;
};

struct StoreAddress {
  std::string host;
  std::uint16_t port = 0;
  int listener = -1;  // a socket that listens there: the store is to be hosted on it
  std::chrono::milliseconds timeout{30'000};  // of each call
};

// Hosts a store, or joins one. LibTorch comes with the first: it is linked by a library of its own,
// libroux_store.so, so that the ranks are started before it is loaded, which takes as long as they
// take for it. Throws Error.
std::unique_ptr<Store> open_store(const StoreAddress& address);

// The one symbol that is looked up in it: opens a store, for the caller to delete.
inline constexpr const char* kStoreOpener = "roux_open_store";
using StoreOpener = Store* (*)(const StoreAddress& address);

}  // namespace roux::launcher
