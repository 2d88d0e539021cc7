#include <exception>
#include <thread>
#include <vector>

#include "gang/launcher/coordinator.h"
#include "gang/launcher/event_queue.h"
#include "gang/launcher/network.h"
#include "gang/launcher/store.h"

namespace roux::launcher {
namespace {

// One node: what happens here is all there is.
class Alone final : public Coordinator {
 public:
  explicit Alone(const LaunchOptions& options) : max_restarts_(options.max_restarts) {
    Job job{.local_size = options.processes,
            .world_size = options.processes,
            .host = "127.0.0.1",
            .run_id = posix::random_suffix(),
            .max_restarts = options.max_restarts,
            .sizes = {options.processes}};
    listener_ = listen_locally(job.port);
    address_ = {.host = job.host, .port = job.port, .listener = listener_.get()};
    events_.push({.kind = Event::Kind::Met, .job = job});
  }

  ~Alone() override {
    if (opening_.joinable()) opening_.join();
  }

  int descriptor() const override { return events_.descriptor(); }

  std::optional<Event> next() override { return events_.next(); }

  // They find whom to connect to, and are answered once LibTorch is loaded.
  void tell_started() override {
    if (!opening_.joinable()) opening_ = std::thread([this] { open(); });
  }

  void tell_failed() override {}
  void tell_stop() override { stop_was_asked_ = true; }

  void tell_ended(const NodeEnd& end) override {
    events_.push({.kind = Event::Kind::Decided,
                  .verdict = decide({end}, stop_was_asked_, attempt_++, max_restarts_)});
  }

 private:
  void open() try { store_ = open_store(address_); } catch (const std::exception& error) {
    events_.push({.kind = Event::Kind::Lost, .text = error.what()});
  }

  int max_restarts_;
  int attempt_ = 0;
  bool stop_was_asked_ = false;
  EventQueue events_;
  posix::Descriptor listener_;
  StoreAddress address_;
  std::unique_ptr<Store> store_;
  std::thread opening_;
};

}  // namespace

std::unique_ptr<Coordinator> coordinate_alone(const LaunchOptions& options) {
  return std::make_unique<Alone>(options);
}

}  // namespace roux::launcher
