// Launchers of several nodes and what they agree on, each with a thread of its own and a store in
// memory between them.
#include "gang/launcher/nodes.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <poll.h>

#include <chrono>
#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <string>

#include "roux/base/error.h"

namespace roux::launcher {
namespace {

using std::chrono::milliseconds;
using ::testing::AllOf;
using ::testing::HasSubstr;
using Kind = Event::Kind;

// What the store of node 0 holds, and whether it still answers.
struct Shared {
  std::mutex mutex;
  std::map<std::string, std::string> values;
  bool is_gone = false;
};

class MemoryStore final : public Store {
 public:
  explicit MemoryStore(std::shared_ptr<Shared> shared) : shared_(std::move(shared)) {}

  void set(const std::string& key, const std::string& value) override {
    const auto lock = use();
    shared_->values[key] = value;
  }
  std::optional<std::string> get(const std::string& key) override {
    const auto lock = use();
    const auto found = shared_->values.find(key);
    return found != shared_->values.end() ? std::optional(found->second) : std::nullopt;
  }
  std::int64_t add(const std::string& key, std::int64_t amount) override {
    const auto lock = use();
    std::string& value = shared_->values.try_emplace(key, "0").first->second;
    value = std::to_string(std::stoll(value) + amount);
    return std::stoll(value);
  }
  std::string set_if_new(const std::string& key, const std::string& value) override {
    const auto lock = use();
    return shared_->values.try_emplace(key, value).first->second;
  }

 private:
  std::unique_lock<std::mutex> use() {
    std::unique_lock lock(shared_->mutex);
    if (shared_->is_gone) throw Error("Broken pipe");
    return lock;
  }

  std::shared_ptr<Shared> shared_;
};

class NodesTest : public ::testing::Test {
 protected:
  static LaunchOptions options(int node_rank, int nodes = 2) {
    LaunchOptions options;
    options.nodes = nodes;
    options.node_rank = node_rank;
    options.processes = node_rank + 1;
    options.host = "first";
    options.port = 29500;
    options.max_restarts = 1;
    options.silence = milliseconds(10'000);
    return options;
  }

  Nodes& add(const LaunchOptions& options) {
    return nodes_.emplace_back(options, [this](const auto&, const auto&) {
      return std::make_unique<MemoryStore>(shared_);
    });
  }

  // What it learns next; a Note with an empty text if that is nothing for a while.
  static Event next(Nodes& node, milliseconds patience = milliseconds(10'000)) {
    pollfd waited = {node.descriptor(), POLLIN, 0};
    poll(&waited, 1, static_cast<int>(patience.count()));
    return node.next().value_or(Event{});
  }

  static Job meet(Nodes& node) {
    const Event event = next(node);
    EXPECT_EQ(event.kind, Kind::Met) << event.text;
    return event.job;
  }

  static NodeEnd failed(int rank, int exit_code = 1) {
    return {Failure{.rank = rank, .exit_code = exit_code, .how = "failed"}};
  }

  std::shared_ptr<Shared> shared_ = std::make_shared<Shared>();
  std::deque<Nodes> nodes_;
};

TEST_F(NodesTest, NumberTheirRanksThrough) {
  Nodes& third = add(options(2, 3));
  Nodes& first = add(options(0, 3));
  Nodes& second = add(options(1, 3));

  const Job one = meet(first);
  const Job two = meet(second);
  const Job three = meet(third);

  EXPECT_EQ(one.world_size, 6);
  EXPECT_EQ(one.first_rank, 0);
  EXPECT_EQ(two.first_rank, 1);
  EXPECT_EQ(two.local_size, 2);
  EXPECT_EQ(three.first_rank, 3);
  EXPECT_EQ(three.node_rank, 2);
  EXPECT_EQ(three.host, "first");
  EXPECT_EQ(three.run_id, one.run_id);
}

TEST_F(NodesTest, EndOnceAllHaveEnded) {
  Nodes& first = add(options(0));
  Nodes& second = add(options(1));
  meet(first);
  meet(second);

  first.tell_ended({});
  EXPECT_EQ(next(first, milliseconds(300)).text, "") << "node 1 still runs";
  second.tell_ended({});

  for (Nodes* node : {&first, &second}) {
    const Event event = next(*node);
    EXPECT_EQ(event.kind, Kind::Decided);
    EXPECT_EQ(event.verdict.exit_code, 0);
    EXPECT_FALSE(event.verdict.restart);
  }
}

TEST_F(NodesTest, StopTheOthersAndAgreeOnTheFirstFailureAndStartAgain) {
  Nodes& first = add(options(0));
  Nodes& second = add(options(1));
  meet(first);
  meet(second);

  for (int attempt = 0; attempt < 2; ++attempt) {
    second.tell_failed();
    second.tell_ended(failed(1, 7));
    EXPECT_EQ(next(first).kind, Kind::OthersFailed);
    first.tell_ended(failed(0, 9));

    for (Nodes* node : {&first, &second}) {
      const Event event = next(*node);
      ASSERT_EQ(event.kind, Kind::Decided);
      EXPECT_EQ(event.verdict.failure->rank, 1);
      EXPECT_EQ(event.verdict.exit_code, 7);
      EXPECT_EQ(event.verdict.restart, attempt == 0);
    }
  }
}

TEST_F(NodesTest, DoNotStartAgainWhereOneWasAskedToStop) {
  Nodes& first = add(options(0));
  Nodes& second = add(options(1));
  meet(first);
  meet(second);

  second.tell_stop();
  second.tell_ended({});
  first.tell_ended(failed(0));

  const Event event = next(first);
  EXPECT_EQ(event.kind, Kind::Decided) << event.text;
  EXPECT_FALSE(event.verdict.restart);
}

TEST_F(NodesTest, NameANodeThatSaysNothingAnyMore) {
  LaunchOptions impatient = options(0);
  impatient.silence = milliseconds(400);
  Nodes& first = add(impatient);
  LaunchOptions mute = options(1);
  mute.silence = std::chrono::hours(1);  // its heart beats every six minutes
  Nodes& second = add(mute);
  meet(first);
  meet(second);

  EXPECT_EQ(next(first).kind, Kind::OthersFailed);
  first.tell_ended({});

  const Event event = next(first);
  ASSERT_EQ(event.kind, Kind::Decided);
  EXPECT_THAT(report(*event.verdict.failure, 2),
              AllOf(HasSubstr("node 1 ("), HasSubstr(") is gone: its launcher has said nothing")));
  EXPECT_FALSE(event.verdict.restart);
  EXPECT_EQ(event.verdict.exit_code, 1);
}

TEST_F(NodesTest, LearnAtOnceThatALauncherHasEnded) {
  Nodes& first = add(options(0));
  Nodes& second = add(options(1));
  meet(first);
  meet(second);

  nodes_.pop_back();
  EXPECT_EQ(next(first).kind, Kind::OthersFailed);
  first.tell_ended({});

  EXPECT_EQ(next(first).verdict.failure->how, "has ended: its launcher was stopped");
}

TEST_F(NodesTest, SayThatNode0IsGone) {
  Nodes& first = add(options(0));
  Nodes& second = add(options(1));
  meet(first);
  meet(second);

  {
    const std::lock_guard lock(shared_->mutex);
    shared_->is_gone = true;
  }

  const Event event = next(second);
  EXPECT_EQ(event.kind, Kind::Lost);
  EXPECT_EQ(event.text, "node 0 at first:29500 is gone: its launcher no longer answers");
}

TEST_F(NodesTest, RefuseDifferentOptions) {
  LaunchOptions more = options(1);
  more.max_restarts = 5;
  Nodes& first = add(options(0));
  Nodes& second = add(more);

  for (Nodes* node : {&first, &second}) {
    const Event event = next(*node);
    EXPECT_EQ(event.kind, Kind::Refused);
    EXPECT_THAT(event.text, AllOf(HasSubstr("the same --max-restarts, but it is 1 on node 0"),
                                  HasSubstr("and 5 on node 1")));
  }
}

TEST_F(NodesTest, RefuseAnotherNumberOfNodes) {
  Nodes& first = add(options(0, 2));
  Nodes& third = add(options(2, 3));

  EXPECT_THAT(next(third).text, HasSubstr("the same --nnodes, but it is 2 on node 0"));
  EXPECT_THAT(next(first).text, HasSubstr("the same --nnodes, but it is 2 on node 0"));
}

TEST_F(NodesTest, RefuseTwoWithOneRankAndLeaveARunThatHasBegunAlone) {
  Nodes& first = add(options(0));
  Nodes& second = add(options(1));
  meet(first);
  meet(second);

  const Event refused = next(add(options(1)));
  EXPECT_EQ(refused.kind, Kind::Refused);
  EXPECT_THAT(refused.text, HasSubstr("must have a --node-rank of its own, but 1 is given twice"));
  nodes_.pop_back();
  EXPECT_EQ(next(first, milliseconds(300)).text, "") << "the run goes on";

  first.tell_ended({});
  second.tell_ended({});
  EXPECT_EQ(next(first).verdict.exit_code, 0);
}

TEST_F(NodesTest, SayWhomTheyWaitedFor) {
  LaunchOptions impatient = options(0, 4);
  impatient.meeting_timeout = milliseconds(300);
  Nodes& first = add(impatient);
  Nodes& third = add(options(2, 4));

  const Event event = next(first);

  EXPECT_EQ(event.kind, Kind::Lost);
  EXPECT_EQ(event.text, "waited 300 ms for the launchers of nodes 1, 3 (2 of 4)");
  (void)third;
}

}  // namespace
}  // namespace roux::launcher
