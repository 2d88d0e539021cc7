// libroux_store.so: c10d's TCPStore for the launcher.
#include <fcntl.h>

#include <torch/csrc/distributed/c10d/TCPStore.hpp>
#include <vector>

#include "gang/launcher/store.h"
#include "gang/store_client.h"

namespace roux::launcher {
namespace {

using Bytes = std::vector<std::uint8_t>;

Bytes bytes_of(const std::string& text) {
  return {text.begin(), text.end()};
}

std::string text_of(const Bytes& bytes) {
  return {bytes.begin(), bytes.end()};
}

c10d::TCPStoreOptions options_for(const StoreAddress& address) {
  c10d::TCPStoreOptions options;
  options.port = address.port;
  options.isServer = address.listener >= 0;
  // The store closes what it is given.
  if (options.isServer) options.masterListenFd = fcntl(address.listener, F_DUPFD_CLOEXEC, 3);
  options.waitWorkers = false;
  options.timeout = address.timeout;
  return options;
}

class TcpStore final : public Store {
 public:
  explicit TcpStore(const StoreAddress& address) : store_(address.host, options_for(address)) {
    gang::limit_silence(address.port, address.timeout);
  }

  void set(const std::string& key, const std::string& value) override {
    store_.set(key, bytes_of(value));
  }

  std::optional<std::string> get(const std::string& key) override {
    if (!store_.check({key})) return std::nullopt;  // get() would wait for it
    return text_of(store_.get(key));
  }

  std::int64_t add(const std::string& key, std::int64_t amount) override {
    return store_.add(key, amount);
  }

  std::string set_if_new(const std::string& key, const std::string& value) override {
    return text_of(store_.compareSet(key, {}, bytes_of(value)));
  }

 private:
  c10d::TCPStore store_;
};

}  // namespace
}  // namespace roux::launcher

extern "C" roux::launcher::Store* roux_open_store(const roux::launcher::StoreAddress& address) {
  roux::gang::quiet_c10d();  // what it would warn of is told in the launcher's words
  return new roux::launcher::TcpStore(address);
}
