#pragma once

#include <chrono>
#include <condition_variable>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "gang/launcher/coordinator.h"
#include "gang/launcher/event_queue.h"
#include "gang/launcher/node_messages.h"
#include "gang/launcher/store.h"

namespace roux::launcher {

// How a node comes to the store; called in the thread that then speaks with it. Returns nullptr
// once `is_over` says that nobody waits any more. `note` tells the user whom it waits for.
using StoreMaker = std::function<std::unique_ptr<Store>(
    const std::function<bool()>& is_over, const std::function<void(const std::string&)>& note)>;

// One of several nodes. A thread speaks with the others through keys of the store, below
// "roux/launcher/":
//
//   node/I             the card of node I, as it comes
//   problem            why the run can't begin
//   start              the job, by node 0, once all are there
//   alive/I            counts on while node I is there
//   left/I             node I ended before the run did
//   failed/A           a rank failed in attempt A
//   order/A            numbers the nodes' failures in attempt A
//   ended/A/I          how the ranks of node I ended in attempt A
//   stop               somebody asked for a stop
//   verdict/A          what becomes of it, by node 0
//   read               how many nodes have read the last verdict
class Nodes final : public Coordinator {
 public:
  Nodes(const LaunchOptions& options, StoreMaker make_store);
  ~Nodes() override;

  int descriptor() const override { return events_.descriptor(); }
  std::optional<Event> next() override { return events_.next(); }
  void tell_started() override {}
  void tell_failed() override;
  void tell_stop() override;
  void tell_ended(const NodeEnd& end) override;

 private:
  using Clock = std::chrono::steady_clock;

  // What was told and is not yet passed on.
  struct Told {
    bool failed = false;
    bool stop = false;
    std::optional<NodeEnd> ended;
  };

  void run();
  bool meet();
  bool greet_others();
  bool is_refused();
  void leave_meeting();
  void wait_for_readers(std::chrono::milliseconds most);
  std::string missing_nodes() const;
  void start_job();
  void take_job(const std::string& text);
  void watch();
  void pass_on(Told told);
  void look_after_others();
  void lose(int node, const std::string& how);
  void decide_if_all_ended();
  bool take_verdict();
  void take_leave();

  bool is_over();
  void pause();
  void note(const std::string& text);
  void refuse(const std::string& text);
  std::string key(const char* name) const;
  std::string key(const char* name, int number) const;
  std::string of_attempt(const char* name) const;
  bool is_first() const { return card_.node_rank == 0; }

  const LaunchOptions options_;
  const NodeCard card_;
  StoreMaker make_store_;
  EventQueue events_;

  std::mutex mutex_;
  std::condition_variable changed_;
  Told told_;
  bool over_ = false;

  // Of the thread alone.
  struct Other {
    NodeCard card;
    std::int64_t beats = -1;
    Clock::time_point heard;
    bool is_lost = false;
  };
  std::unique_ptr<Store> store_;
  bool has_place_ = false;       // the card under our --node-rank is ours
  std::map<int, Other> others_;  // of node 0: those that have come
  std::map<int, NodeEnd> ends_;  // of node 0: in this attempt
  int attempt_ = 0;
  bool failure_is_known_ = false;
  bool is_decided_ = false;
  Clock::time_point next_beat_;

  std::thread thread_;
};

}  // namespace roux::launcher
