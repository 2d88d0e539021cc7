// `roux run` on several nodes: launchers side by side on this machine, and in network namespaces.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <filesystem>
#include <string>
#include <thread>
#include <vector>

#include "driver_world.h"
#include "roux/base/error.h"
#include "roux/base/program.h"
#include "roux/base/temporary_folder.h"
#include "support/process.h"

namespace roux {
namespace {

using ::testing::AllOf;
using ::testing::ContainsRegex;
using ::testing::HasSubstr;
using ::testing::Not;

using Words = std::vector<std::string>;

// A port that is free now, and that the system gives to nobody soon again.
std::string free_port() {
  const int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address = {};
  address.sin_family = AF_INET;
  socklen_t size = sizeof address;
  auto* const generic = reinterpret_cast<sockaddr*>(&address);
  EXPECT_EQ(bind(listener, generic, size), 0);
  EXPECT_EQ(getsockname(listener, generic, &size), 0);
  close(listener);
  return std::to_string(ntohs(address.sin_port));
}

std::string store_rank() {
  return (executable_path().parent_path() / "store-rank").string();
}

class SeveralNodes : public ::testing::Test {
 protected:
  Words command(int node, Words options, const Words& program) const {
    Words words = {DriverWorld::driver().string(),
                   "run",
                   "--node-rank",
                   std::to_string(node),
                   "--rdzv-endpoint",
                   place};
    words.insert(words.end(), options.begin(), options.end());
    words.insert(words.end(), program.begin(), program.end());
    return words;
  }
  Words shell(int node, Words options, const std::string& script) const {
    return command(node, std::move(options), {"/bin/bash", "-c", script});
  }
  ProcessOptions here() const { return {.environment = {{"HERE", folder.path().string()}}}; }

  std::string port = free_port();
  std::string place = "localhost:" + port;
  TemporaryFolder folder;
};

TEST_F(SeveralNodes, NumberTheirRanksThroughAndMeetAtOneStore) {
  Process second(command(1, {"--nnodes", "2", "--nproc-per-node", "1"}, {store_rank()}));
  std::this_thread::sleep_for(std::chrono::milliseconds(300));  // it waits for node 0
  Process first(command(0, {"--nnodes", "2", "--nproc-per-node", "2"}, {store_rank()}));

  const Finished one = first.wait();
  const Finished two = second.wait();

  EXPECT_EQ(one.exit_code, 0) << one.err;
  EXPECT_EQ(two.exit_code, 0) << two.err;
  EXPECT_EQ(one.out, "[rank 1] met without rank 0\n");
  EXPECT_EQ(two.out, "[rank 2] met without rank 0\n");
}

TEST_F(SeveralNodes, SetTheVariablesThatTorchrunSets) {
  const std::string script =
      "echo $LOCAL_RANK $WORLD_SIZE $LOCAL_WORLD_SIZE $GROUP_RANK $GROUP_WORLD_SIZE $MASTER_ADDR";
  Process first(shell(0, {"--nnodes", "2", "--nproc-per-node", "1"}, script));
  Process second(shell(1, {"--nnodes", "2", "--nproc-per-node", "1"}, script));

  EXPECT_EQ(first.wait().out, "[rank 0] 0 2 1 0 2 localhost\n");
  EXPECT_EQ(second.wait().out, "[rank 1] 0 2 1 1 2 localhost\n");
}

TEST_F(SeveralNodes, StopTogetherAndAllNameTheFirstToFail) {
  Process first(shell(0, {"--nnodes", "2", "--nproc-per-node", "2"}, "sleep 1000"));
  Process second(shell(1, {"--nnodes", "2", "--nproc-per-node", "1"}, "echo bad >&2; exit 5"));

  for (Process* process : {&first, &second}) {
    const Finished finished = process->wait();
    EXPECT_EQ(finished.exit_code, 5);
    EXPECT_THAT(
        finished.err,
        ContainsRegex("roux: rank 2 on node 1 \\(.+\\) failed: exited with code 5:\nbad\n"));
  }
}

TEST_F(SeveralNodes, StartAgainTogether) {
  const Words options = {"--nnodes", "2", "--nproc-per-node", "1", "--max-restarts", "2"};
  const std::string script =
      "echo attempt $TORCHELASTIC_RESTART_COUNT; [ $TORCHELASTIC_RESTART_COUNT = 1 ] && exit 0; "
      "[ $RANK = 1 ] && exit 4; sleep 1000";
  Process first(shell(0, options, script));
  Process second(shell(1, options, script));

  for (Process* process : {&first, &second}) {
    const Finished finished = process->wait();
    EXPECT_EQ(finished.exit_code, 0);
    EXPECT_THAT(finished.out, HasSubstr("attempt 1"));
    EXPECT_THAT(finished.err,
                AllOf(HasSubstr("roux: rank 1 on node 1 ("), HasSubstr("roux: restart 1 of 2\n"),
                      Not(HasSubstr("restart 2"))));
  }
}

TEST_F(SeveralNodes, DoNotStartAgainAfterAStopOfOne) {
  const Words options = {"--nnodes", "2", "--nproc-per-node", "1", "--max-restarts", "2"};
  // As recipes do it: who is asked to stop has the others stop as well.
  const std::string script =
      "trap 'touch $HERE/stop' TERM; echo ready; until [ -e $HERE/stop ]; do sleep 0.05; done; "
      "sleep 0.2; exit 143";
  Process first(shell(0, options, script), here());
  Process second(shell(1, options, script), here());
  first.wait_for_output("ready");
  second.wait_for_output("ready");

  second.send_signal(SIGTERM);

  for (Process* process : {&first, &second}) {
    const Finished finished = process->wait();
    EXPECT_EQ(finished.exit_code, 143);
    EXPECT_EQ(finished.err, "");
  }
}

TEST_F(SeveralNodes, RefuseWhatTheyWereToldDifferently) {
  Process first(shell(0, {"--nnodes", "2", "--max-restarts", "1"}, "sleep 1000"));
  Process second(shell(1, {"--nnodes", "2"}, "sleep 1000"));

  for (Process* process : {&first, &second}) {
    const Finished finished = process->wait();
    EXPECT_EQ(finished.exit_code, 2);
    EXPECT_THAT(finished.err, ContainsRegex("the same --max-restarts, but it is 1 on node 0 .* and "
                                            "0 on node 1"));
  }
}

TEST_F(SeveralNodes, SayWhomTheyCouldNotReach) {
  const Finished alone =
      run_process(shell(1, {"--nnodes", "2", "--rdzv-timeout", "500ms"}, "sleep 1000"));
  EXPECT_EQ(alone.err, cat("roux: node 0 could not be reached at ", place,
                           " within 500 ms: Connection refused\n"));
  EXPECT_EQ(alone.exit_code, 1);

  const Finished first =
      run_process(shell(0, {"--nnodes", "3", "--rdzv-timeout", "500ms"}, "sleep 1000"));
  EXPECT_EQ(first.err, "roux: waited 500 ms for the launchers of nodes 1, 2 (2 of 3)\n");
}

TEST_F(SeveralNodes, SayThatThePortIsTaken) {
  Process first(shell(0, {"--nnodes", "2"}, "sleep 1000"));
  Finished second;
  do {  // whoever comes first has it
    second = run_process(shell(0, {"--nnodes", "2", "--rdzv-timeout", "1s"}, "sleep 1000"));
  } while (second.err.find("waited") != std::string::npos);

  EXPECT_EQ(second.err, cat("roux: cannot listen on port ", port, ": Address already in use\n"));
  EXPECT_EQ(second.exit_code, 1);
}

TEST_F(SeveralNodes, SayThatNode0IsGone) {
  const std::string script = "echo $PPID > $HERE/launcher_$RANK; echo ready; sleep 1000";
  Process first(shell(0, {"--nnodes", "2"}, script), here());
  Process second(shell(1, {"--nnodes", "2"}, script), here());
  first.wait_for_output("ready");
  second.wait_for_output("ready");

  first.send_signal(SIGKILL);

  const Finished finished = second.wait();
  EXPECT_EQ(finished.exit_code, 1);
  EXPECT_EQ(finished.err,
            cat("roux: node 0 at ", place, " is gone: its launcher no longer answers\n"));
}

TEST_F(SeveralNodes, NameOneThatWasStoppedByForce) {
  const std::string script = "trap '' TERM; echo ready; while :; do sleep 0.1; done";
  Process first(shell(0, {"--nnodes", "2", "--grace", "100ms"}, script));
  Process second(shell(1, {"--nnodes", "2"}, script));
  first.wait_for_output("ready");
  second.wait_for_output("ready");

  for (int i = 0; i < 3; ++i) {
    second.send_signal(SIGTERM);
    std::this_thread::sleep_for(std::chrono::milliseconds(100));
  }

  EXPECT_EQ(second.wait().exit_code, 143);
  const Finished finished = first.wait();
  EXPECT_EQ(finished.exit_code, 1);
  EXPECT_THAT(finished.err,
              ContainsRegex("roux: node 1 \\(.+\\) has ended: its launcher was stopped\n"));
}

// ---- Network namespaces: two machines with a cable between them ----

class TwoMachines : public SeveralNodes {
 protected:
  void SetUp() override {
    if (!ip({"netns", "add", name(0)})) {
      GTEST_SKIP() << "network namespaces can't be made here (that takes root and iproute2)";
    }
    made_ = true;
    ASSERT_TRUE(ip({"netns", "add", name(1)}));
    ASSERT_TRUE(ip({"link", "add", "cable", "netns", name(0), "type", "veth", "peer", "name",
                    "cable", "netns", name(1)}));
    for (const int node : {0, 1}) {
      ASSERT_TRUE(
          ip({"-n", name(node), "addr", "add", cat("10.77.0.", node + 1, "/24"), "dev", "cable"}));
      ASSERT_TRUE(ip({"-n", name(node), "link", "set", "cable", "up"}));
      ASSERT_TRUE(ip({"-n", name(node), "link", "set", "lo", "up"}));
    }
    place = "10.77.0.1:" + port;
  }

  void TearDown() override {
    if (!made_) return;
    ip({"netns", "del", name(0)});
    ip({"netns", "del", name(1)});
  }

  static bool ip(Words words) try {
    words.insert(words.begin(), {"env", "PATH=/usr/sbin:/sbin:/usr/bin:/bin", "ip"});
    return run_process(words).exit_code == 0;
  } catch (const Error&) {
    return false;
  }

  static std::string name(int node) { return cat("roux-test-", getpid(), "-", node); }

  static Words on(int node, Words words) {
    words.insert(words.begin(),
                 {"env", "PATH=/usr/sbin:/sbin:/usr/bin:/bin", "ip", "netns", "exec", name(node)});
    return words;
  }

 private:
  bool made_ = false;
};

TEST_F(TwoMachines, RunAsOne) {
  Process second(on(1, command(1, {"--nnodes", "2", "--nproc-per-node", "2"}, {store_rank()})));
  Process first(on(0, command(0, {"--nnodes", "2", "--nproc-per-node", "2"}, {store_rank()})));

  const Finished one = first.wait();
  const Finished two = second.wait();

  EXPECT_EQ(one.exit_code, 0) << one.err;
  EXPECT_EQ(two.exit_code, 0) << two.err;
  EXPECT_EQ(one.out, "[rank 1] met without rank 0\n");
  EXPECT_THAT(two.out, AllOf(HasSubstr("[rank 2] met"), HasSubstr("[rank 3] met")));
}

using SlowTwoMachines = TwoMachines;

TEST_F(SlowTwoMachines, NoticeThatTheCableIsCut) {
  const Words options = {"--nnodes", "2", "--nproc-per-node", "1", "--max-restarts", "3"};
  Process first(on(0, shell(0, options, "echo ready; sleep 1000")),
                {.timeout = std::chrono::seconds(120)});
  Process second(on(1, shell(1, options, "echo ready; sleep 1000")),
                 {.timeout = std::chrono::seconds(120)});
  first.wait_for_output("ready");
  second.wait_for_output("ready");

  ASSERT_TRUE(ip({"-n", name(0), "link", "set", "cable", "down"}));

  const Finished one = first.wait();
  const Finished two = second.wait();
  EXPECT_EQ(one.exit_code, 1);
  EXPECT_THAT(one.err, ContainsRegex("roux: node 1 \\(.+\\) is gone: its launcher has said nothing "
                                     "for 30"));
  EXPECT_EQ(two.exit_code, 1);
  EXPECT_THAT(two.err, HasSubstr(cat("roux: node 0 at ", place, " is gone")));
}

}  // namespace
}  // namespace roux
