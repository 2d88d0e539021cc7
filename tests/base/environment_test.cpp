#include "roux/base/environment.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <string>
#include <vector>

#include "roux/base/error.h"
#include "roux/base/files.h"
#include "roux/base/temporary_folder.h"
#include "roux/base/version.h"

namespace roux {

void PrintTo(const Fact& fact, std::ostream* out) {
  *out << fact.name << ": " << fact.value;
}

namespace {

using ::testing::ElementsAre;
using ::testing::FieldsAre;
using ::testing::HasSubstr;
using ::testing::StartsWith;

std::string value_of(const std::vector<Fact>& facts, const std::string& name) {
  const auto fact =
      std::find_if(facts.begin(), facts.end(), [&](const Fact& each) { return each.name == name; });
  return fact == facts.end() ? "(absent)" : fact->value;
}

// A machine made of files.
class MachineFacts : public ::testing::Test {
 protected:
  void put(const std::string& file, const std::string& text) const {
    const auto path = root_.path() / file;
    std::filesystem::create_directories(path.parent_path());
    write_file(path, text);
  }
  std::string fact(const std::string& name) const {
    return value_of(machine_facts(root_.path()), name);
  }

 private:
  TemporaryFolder root_;
};

TEST_F(MachineFacts, LeaveOutWhatIsUnknown) {
  EXPECT_EQ(fact("cpu"), "(absent)");
  EXPECT_EQ(fact("gpu"), "(absent)");
  EXPECT_EQ(fact("memory limit"), "(absent)");
}

TEST_F(MachineFacts, NameHostAndSystem) {
  put("proc/sys/kernel/hostname", "node7\n");
  put("etc/os-release", "NAME=\"Debian\"\nPRETTY_NAME=\"Debian GNU/Linux 12 (bookworm)\"\n");

  EXPECT_EQ(fact("host"), "node7");
  EXPECT_EQ(fact("system"), "Debian GNU/Linux 12 (bookworm)");
}

TEST_F(MachineFacts, DescribeTheProcessor) {
  put("proc/cpuinfo",
      "processor\t: 0\nmodel name\t: Xeon 8480\nflags\t\t: fpu avx2 avx512f amx_bf16 sse4_2\n\n"
      "processor\t: 1\nmodel name\t: Xeon 8480\nflags\t\t: fpu avx2 avx512f amx_bf16 sse4_2\n");
  put("proc/self/status", "Name:\tx\nCpus_allowed:\t3\nCpus_allowed_list:\t0-1\n");

  EXPECT_EQ(fact("cpu"), "Xeon 8480, 2 cores");
  EXPECT_EQ(fact("cpu capabilities"), "avx2 avx512f amx_bf16");
  EXPECT_EQ(fact("cpu affinity"), "0-1");
}

TEST_F(MachineFacts, DescribeTheMemory) {
  put("proc/meminfo", "MemTotal:       16777216 kB\nMemFree: 1 kB\nMemAvailable:   8388608 kB\n");

  EXPECT_EQ(fact("memory"), "16 GiB, 8 GiB free");
}

TEST_F(MachineFacts, TakeTheTightestLimitOfTheControlGroups) {
  put("proc/self/cgroup", "0::/job/step\n");
  put("sys/fs/cgroup/cpu.max", "max 100000\n");
  put("sys/fs/cgroup/job/cpu.max", "150000 100000\n");
  put("sys/fs/cgroup/job/step/cpu.max", "400000 100000\n");
  put("sys/fs/cgroup/job/memory.max", "max\n");
  put("sys/fs/cgroup/job/step/memory.max", "2147483648\n");

  EXPECT_EQ(fact("cpu limit"), "1.5 cores");
  EXPECT_EQ(fact("memory limit"), "2 GiB");
}

TEST_F(MachineFacts, UnderstandTheFirstVersionOfControlGroups) {
  put("sys/fs/cgroup/cpu/cpu.cfs_quota_us", "100000\n");
  put("sys/fs/cgroup/cpu/cpu.cfs_period_us", "100000\n");
  put("sys/fs/cgroup/memory/memory.limit_in_bytes", "1073741824\n");

  EXPECT_EQ(fact("cpu limit"), "1 core");
  EXPECT_EQ(fact("memory limit"), "1 GiB");
}

TEST_F(MachineFacts, KnowNoLimitWhereNoneIsSet) {
  put("sys/fs/cgroup/cpu/cpu.cfs_quota_us", "-1\n");
  put("sys/fs/cgroup/cpu/cpu.cfs_period_us", "100000\n");
  put("sys/fs/cgroup/memory/memory.limit_in_bytes", "9223372036854771712\n");

  EXPECT_EQ(fact("cpu limit"), "(absent)");
  EXPECT_EQ(fact("memory limit"), "(absent)");
}

TEST_F(MachineFacts, CountTheGpus) {
  put("proc/driver/nvidia/gpus/0000:01:00.0/information", "Model: \t\t NVIDIA H200\nIRQ: 1\n");
  put("proc/driver/nvidia/gpus/0000:02:00.0/information", "Model: \t\t NVIDIA H200\nIRQ: 2\n");
  put("proc/driver/nvidia/version",
      "NVRM version: NVIDIA UNIX Open Kernel Module for x86_64  580.65.06  Release Build\n"
      "GCC version:  gcc version 12.2.0\n");

  EXPECT_EQ(fact("gpu"), "2 x NVIDIA H200");
  EXPECT_EQ(fact("gpu driver"), "580.65.06");
}

TEST(VariableFacts, KeepThoseThatMatterForTraining) {
  const std::vector<std::string> variables{"RANK=3",        "HOME=/home/me", "OMP_NUM_THREADS=4",
                                           "NOT_RANK=1",    "NCCL_DEBUG=",   "WORLD_SIZE",
                                           "TORCH_LOGS=a=b"};

  EXPECT_THAT(variable_facts(variables),
              ElementsAre(FieldsAre("NCCL_DEBUG", ""), FieldsAre("OMP_NUM_THREADS", "4"),
                          FieldsAre("RANK", "3"), FieldsAre("TORCH_LOGS", "a=b")));
}

TEST(VariableFacts, HideSecrets) {
  const std::vector<std::string> variables{"ROUX_TOKEN=abc", "SLURM_JWT_KEY=abc",
                                           "NCCL_URL=http://me:abc@host"};

  for (const Fact& fact : variable_facts(variables)) EXPECT_EQ(fact.value, "<hidden>");
  EXPECT_EQ(variable_facts(variables).size(), 3);
}

TEST(ProgramFacts, NameVersionProcessAndCommand) {
  const std::vector<Fact> facts = program_facts();

  EXPECT_THAT(value_of(facts, "roux"), StartsWith(std::string(version()) + ", compiled by "));
  EXPECT_EQ(value_of(facts, "process"), cat(getpid()));
  EXPECT_THAT(value_of(facts, "command"), HasSubstr("base_tests"));
  EXPECT_EQ(value_of(facts, "working folder"), std::filesystem::current_path().string());
}

TEST(EnvironmentFacts, HoldProgramMachineAndVariables) {
  setenv("ROUX_TEST_API_KEY", "abc", 1);

  const std::vector<Fact> facts = environment_facts();
  unsetenv("ROUX_TEST_API_KEY");

  EXPECT_NE(value_of(facts, "command"), "(absent)");
  EXPECT_NE(value_of(facts, "memory"), "(absent)");
  EXPECT_EQ(value_of(facts, "ROUX_TEST_API_KEY"), "<hidden>");
}

}  // namespace
}  // namespace roux
