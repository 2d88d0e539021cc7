#include "gang/launcher/nodes.h"

#include <algorithm>
#include <exception>
#include <utility>

#include "gang/launcher/network.h"
#include "roux/base/error.h"
#include "roux/base/strings.h"
#include "roux/base/units.h"

namespace roux::launcher {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

// When the user is told for the first time whom a launcher waits for, and how often then.
constexpr seconds kFirstNote{3};
constexpr seconds kNextNote{60};

class Notes {
 public:
  using Clock = std::chrono::steady_clock;

  bool is_due() {
    if (Clock::now() < next_) return false;
    next_ = Clock::now() + kNextNote;
    return true;
  }

 private:
  Clock::time_point next_ = Clock::now() + kFirstNote;
};

std::string place(const LaunchOptions& options) {
  return cat(options.host, ":", options.port);
}

// Comes to the store of node 0, whose launcher may be started later.
std::unique_ptr<Store> join_store(const LaunchOptions& options,
                                  const std::function<bool()>& is_over,
                                  const std::function<void(const std::string&)>& note) {
  const auto deadline = Notes::Clock::now() + options.meeting_timeout;
  Notes notes;
  std::string problem;
  while (!answers(options.host, options.port, seconds(2), problem)) {
    if (is_over()) return nullptr;
    if (Notes::Clock::now() > deadline) {
      throw Error(cat("node 0 could not be reached at ", place(options), " within ",
                      approximate_duration(options.meeting_timeout), ": ", problem));
    }
    if (notes.is_due()) {
      note(cat("waiting for the launcher of node 0 at ", place(options), " (", problem, ")"));
    }
    std::this_thread::sleep_for(milliseconds(200));
  }
  return open_store({options.host, options.port, -1, options.silence});
}

}  // namespace

Nodes::Nodes(const LaunchOptions& options, StoreMaker make_store)
    : options_(options),
      card_(card_of(options)),
      make_store_(std::move(make_store)),
      thread_([this] { run(); }) {}

Nodes::~Nodes() {
  {
    const std::lock_guard lock(mutex_);
    over_ = true;
  }
  changed_.notify_all();
  thread_.join();
}

void Nodes::tell_failed() {
  const std::lock_guard lock(mutex_);
  told_.failed = true;
  changed_.notify_all();
}

void Nodes::tell_stop() {
  const std::lock_guard lock(mutex_);
  told_.stop = true;
  changed_.notify_all();
}

void Nodes::tell_ended(const NodeEnd& end) {
  const std::lock_guard lock(mutex_);
  told_.ended = end;
  changed_.notify_all();
}

void Nodes::run() try {
  store_ =
      make_store_([this] { return is_over(); }, [this](const std::string& text) { note(text); });
  if (store_ == nullptr) return;
  if (meet()) {
    watch();
  } else {
    leave_meeting();
  }
} catch (const std::exception& error) {
  const std::string text =
      store_ == nullptr || is_first()
          ? error.what()
          : cat("node 0 at ", place(options_), " is gone: its launcher no longer answers");
  events_.push({.kind = Event::Kind::Lost, .text = text});
}

// ---- Meeting ----

// False if it does not come to a run; that was told.
bool Nodes::meet() {
  const std::string mine = to_text(card_);
  const std::string there = store_->set_if_new(key("node", card_.node_rank), mine);
  has_place_ = there == mine;
  if (const auto problem = contradiction(card_from(there), card_)) {
    refuse(*problem);
    return false;
  }

  const auto deadline = Clock::now() + options_.meeting_timeout;
  Notes notes;
  while (true) {
    if (is_over() || is_refused()) return false;
    if (is_first() && !greet_others()) return false;
    if (!is_first()) {
      const auto first = store_->get(key("node", 0));
      const auto problem = first ? contradiction(card_from(*first), card_) : std::nullopt;
      if (problem) {
        refuse(*problem);
        return false;
      }
    }
    if (const auto text = store_->get(key("start"))) {
      take_job(*text);
      return true;
    }
    const std::string whom = is_first() ? missing_nodes() : "the launchers of the other nodes";
    if (Clock::now() > deadline) {
      const std::string waited = approximate_duration(options_.meeting_timeout);
      events_.push({.kind = Event::Kind::Lost, .text = cat("waited ", waited, " for ", whom)});
      return false;
    }
    if (notes.is_due()) note(cat("waiting for ", whom));
    pause();
  }
}

// Looks who has come, and starts once all are there. False if they contradict each other.
bool Nodes::greet_others() {
  for (int node = 1; node < card_.nodes; ++node) {
    if (others_.contains(node)) continue;
    const auto text = store_->get(key("node", node));
    if (!text) continue;
    others_[node] = {.card = card_from(*text), .heard = Clock::now()};
    if (const auto problem = contradiction(card_, others_[node].card)) {
      refuse(*problem);
      return false;
    }
  }
  if (others_.size() + 1 == static_cast<std::size_t>(card_.nodes)) start_job();
  return true;
}

bool Nodes::is_refused() {
  const auto problem = store_->get(key("problem"));
  if (problem) events_.push({.kind = Event::Kind::Refused, .text = *problem});
  return problem.has_value();
}

// The store goes with node 0: it waits a moment until the others have read what is wrong.
void Nodes::leave_meeting() {
  if (has_place_) store_->set(key("left", card_.node_rank), "1");
  store_->add(key("read"), 1);
  wait_for_readers(seconds(2));
}

std::string Nodes::missing_nodes() const {
  std::vector<std::string> missing;
  for (int node = 1; node < card_.nodes; ++node) {
    if (!others_.contains(node)) missing.push_back(std::to_string(node));
  }
  constexpr std::size_t kMost = 10;
  const std::size_t count = missing.size();
  if (count > kMost) {
    missing.resize(kMost);
    missing.emplace_back("...");
  }
  return cat(count == 1 ? "the launcher of node " : "the launchers of nodes ", join(missing, ", "),
             " (", count, " of ", card_.nodes, ")");
}

void Nodes::start_job() {
  Job job{.nodes = card_.nodes,
          .world_size = 0,
          .host = options_.host,
          .port = options_.port,
          .run_id = card_.id,
          .max_restarts = card_.max_restarts};
  for (int node = 0; node < card_.nodes; ++node) {
    job.sizes.push_back(node == 0 ? card_.processes : others_[node].card.processes);
    job.world_size += job.sizes.back();
  }
  store_->set(key("start"), to_text(job));
}

void Nodes::take_job(const std::string& text) {
  Job job = job_from(text);
  job.node_rank = card_.node_rank;
  job.first_rank = 0;
  for (int node = 0; node < job.node_rank; ++node) {
    job.first_rank += job.sizes.at(static_cast<std::size_t>(node));
  }
  job.local_size = card_.processes;
  for (auto& [node, other] : others_) other.heard = Clock::now();
  events_.push({.kind = Event::Kind::Met, .job = job});
}

// ---- While ranks run ----

void Nodes::watch() {
  while (true) {
    Told told;
    bool over = false;
    {
      const std::lock_guard lock(mutex_);
      std::swap(told, told_);
      over = over_;
    }
    pass_on(std::move(told));
    if (over) {
      take_leave();
      return;
    }
    if (Clock::now() >= next_beat_) {
      store_->add(key("alive", card_.node_rank), 1);
      next_beat_ = Clock::now() + options_.silence / 10;
    }
    if (!is_decided_) {
      if (!failure_is_known_ && store_->get(of_attempt("failed"))) {
        failure_is_known_ = true;
        events_.push({.kind = Event::Kind::OthersFailed});
      }
      if (is_first()) {
        look_after_others();
        decide_if_all_ended();
      }
      if (take_verdict()) continue;
    }
    pause();
  }
}

void Nodes::pass_on(Told told) {
  if (told.stop) store_->set(key("stop"), "1");
  if (told.failed && !failure_is_known_) {
    failure_is_known_ = true;
    store_->set_if_new(of_attempt("failed"), std::to_string(card_.node_rank));
  }
  if (told.ended) {
    if (told.ended->failure) {
      told.ended->order = static_cast<int>(store_->add(of_attempt("order"), 1));
    }
    store_->set(cat(of_attempt("ended"), "/", card_.node_rank), to_text(*told.ended));
  }
}

void Nodes::look_after_others() {
  for (auto& [node, other] : others_) {
    if (other.is_lost) continue;
    const std::int64_t beats = store_->add(key("alive", node), 0);
    if (beats != other.beats) {
      other.beats = beats;
      other.heard = Clock::now();
    }
    if (store_->get(key("left", node))) {
      lose(node, "has ended: its launcher was stopped");
    } else if (Clock::now() - other.heard > options_.silence) {
      lose(node, cat("is gone: its launcher has said nothing for ",
                     approximate_duration(options_.silence)));
    }
  }
}

void Nodes::lose(int node, const std::string& how) {
  Other& other = others_[node];
  other.is_lost = true;
  Failure failure{.node = node, .host = other.card.host, .exit_code = 1, .how = how};
  ends_[node] = {failure, static_cast<int>(store_->add(of_attempt("order"), 1))};
  store_->set_if_new(of_attempt("failed"), std::to_string(node));
}

void Nodes::decide_if_all_ended() {
  for (int node = 0; node < card_.nodes; ++node) {
    if (ends_.contains(node)) continue;
    const auto text = store_->get(cat(of_attempt("ended"), "/", node));
    if (!text) return;
    ends_[node] = end_from(*text);
  }
  std::vector<NodeEnd> all;
  for (const auto& [node, end] : ends_) all.push_back(end);
  const bool stop = store_->get(key("stop")).has_value();
  store_->set(of_attempt("verdict"), to_text(decide(all, stop, attempt_, card_.max_restarts)));
}

bool Nodes::take_verdict() {
  const auto text = store_->get(of_attempt("verdict"));
  if (!text) return false;
  const Verdict verdict = verdict_from(*text);
  if (verdict.restart) {
    ++attempt_;
    ends_.clear();
    failure_is_known_ = false;
  } else {
    is_decided_ = true;
    store_->add(key("read"), 1);
  }
  events_.push({.kind = Event::Kind::Decided, .verdict = verdict});
  return true;
}

// The store goes with node 0: it waits until the others have read what was decided.
void Nodes::take_leave() {
  if (is_decided_) {
    wait_for_readers(seconds(10));
  } else {
    store_->set(key("left", card_.node_rank), "1");
    store_->add(key("read"), 1);
  }
}

void Nodes::wait_for_readers(std::chrono::milliseconds most) {
  if (!is_first()) return;
  std::int64_t wanted = 1;
  for (const auto& [node, other] : others_) wanted += other.is_lost ? 0 : 1;
  const auto deadline = Clock::now() + most;
  while (store_->add(key("read"), 0) < wanted && Clock::now() < deadline) {
    std::this_thread::sleep_for(milliseconds(20));
  }
}

// ---- What all of it uses ----

bool Nodes::is_over() {
  const std::lock_guard lock(mutex_);
  return over_;
}

// Until there is something new to look for, or to tell.
void Nodes::pause() {
  const auto time = std::min<milliseconds>(options_.silence / 10,
                                           milliseconds(std::clamp(card_.nodes, 50, 1000)));
  std::unique_lock lock(mutex_);
  changed_.wait_for(lock, time,
                    [this] { return over_ || told_.failed || told_.stop || told_.ended; });
}

void Nodes::note(const std::string& text) {
  events_.push({.kind = Event::Kind::Note, .text = text});
}

// All launchers are told, unless the run has begun: then it is this one alone that is wrong.
void Nodes::refuse(const std::string& text) {
  if (!store_->get(key("start"))) store_->set_if_new(key("problem"), text);
  events_.push({.kind = Event::Kind::Refused, .text = text});
}

std::string Nodes::key(const char* name) const {
  return cat("roux/launcher/", name);
}

std::string Nodes::key(const char* name, int number) const {
  return cat(key(name), "/", number);
}

std::string Nodes::of_attempt(const char* name) const {
  return key(name, attempt_);
}

std::unique_ptr<Coordinator> coordinate_nodes(const LaunchOptions& options) {
  if (options.node_rank > 0) {
    return std::make_unique<Nodes>(options, [options](const auto& is_over, const auto& note) {
      return join_store(options, is_over, note);
    });
  }
  // At once, and not in the thread: a port that is taken is told before anything else.
  const auto listener = std::make_shared<posix::Descriptor>(listen_at(options.port));
  return std::make_unique<Nodes>(options, [options, listener](const auto&, const auto&) {
    return open_store({options.host, options.port, listener->get(), options.silence});
  });
}

}  // namespace roux::launcher
