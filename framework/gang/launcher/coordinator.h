#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string>

#include "gang/launcher/job.h"
#include "gang/launcher/verdict.h"
#include "roux/gang/launcher.h"

namespace roux::launcher {

// What a launcher learns of the others.
struct Event {
  enum class Kind {
    Note,          // `text`: to be shown
    Met,           // all are there: `job`
    OthersFailed,  // a rank of another node failed: ours are to be stopped
    Decided,       // all ranks of all nodes have ended: `verdict`
    Refused,       // `text`: the launchers contradict each other
    Lost,          // `text`: the store is gone, or the others did not come
  };
  Kind kind = Kind::Note;
  std::string text = {};
  Job job = {};
  Verdict verdict = {};
};

// Agrees with the launchers of the other nodes, if there are any, on the start, the first failure,
// and whether to go on; and hosts the store.
//
// Order of calls: Met comes first; then, for each attempt, tell_started(), and tell_ended() once,
// whereupon Decided comes. Nothing here waits: events are asked for once `descriptor()` can be
// read.
class Coordinator {
 public:
  virtual ~Coordinator() = default;

  virtual int descriptor() const = 0;
  virtual std::optional<Event> next() = 0;

  // The ranks of this node run: nothing is delayed any more by what takes a while.
  virtual void tell_started() = 0;

  // A rank of this node failed, so that the others are to be stopped.
  virtual void tell_failed() = 0;

  // Somebody asked for a stop: there is to be no restart.
  virtual void tell_stop() = 0;

  // No rank of this node runs any more.
  virtual void tell_ended(const NodeEnd& end) = 0;
};

// For one node, and for several. Both throw Error if they can't listen where they are to.
std::unique_ptr<Coordinator> coordinate_alone(const LaunchOptions& options);
std::unique_ptr<Coordinator> coordinate_nodes(const LaunchOptions& options);

}  // namespace roux::launcher
