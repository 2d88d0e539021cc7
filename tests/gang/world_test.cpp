#include "roux/gang/world.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <string>

#include "roux/base/error.h"

namespace roux {
namespace {

using testing::AllOf;
using testing::HasSubstr;

using Variables = std::map<std::string, std::string>;

Environment environment_of(Variables variables) {
  return [variables = std::move(variables)](const char* name) -> std::optional<std::string> {
    const auto found = variables.find(name);
    return found != variables.end() ? std::optional(found->second) : std::nullopt;
  };
}

std::string refusal(const Variables& variables, LaunchedBy launched_by = LaunchedBy::Anything) {
  try {
    find_world(environment_of(variables), launched_by);
  } catch (const ConfigError& error) {
    return error.what();
  }
  return "accepted";
}

Variables torchrun() {
  return {{"RANK", "5"},           {"WORLD_SIZE", "8"},
          {"LOCAL_RANK", "1"},     {"LOCAL_WORLD_SIZE", "4"},
          {"MASTER_ADDR", "host"}, {"MASTER_PORT", "29500"}};
}

Variables srun() {
  return {{"SLURM_PROCID", "6"},
          {"SLURM_LOCALID", "2"},
          {"SLURM_NODEID", "1"},
          {"SLURM_STEP_NUM_TASKS", "7"},
          {"SLURM_STEP_TASKS_PER_NODE", "4,3"},
          {"SLURM_STEP_NODELIST", "gpu[007-008]"},
          {"SLURM_JOB_ID", "123456"}};
}

Variables mpirun() {
  return {{"OMPI_COMM_WORLD_RANK", "1"},
          {"OMPI_COMM_WORLD_SIZE", "2"},
          {"OMPI_COMM_WORLD_LOCAL_RANK", "1"},
          {"OMPI_COMM_WORLD_LOCAL_SIZE", "2"}};
}

Variables with(Variables variables, const std::string& name, const std::string& value) {
  variables[name] = value;
  return variables;
}

Variables without(Variables variables, const std::string& name) {
  variables.erase(name);
  return variables;
}

TEST(World, IsOneProcessWhereNothingLaunchedIt) {
  const World world = find_world(environment_of({}));
  EXPECT_TRUE(world.is_alone());
  EXPECT_EQ(world.size, 1);
  EXPECT_EQ(world.rank, 0);
}

TEST(World, IsReadFromTorchrunsVariables) {
  Variables variables = torchrun();
  variables["TORCHELASTIC_USE_AGENT_STORE"] = "True";
  variables["TORCHELASTIC_RESTART_COUNT"] = "3";
  const World world = find_world(environment_of(variables));
  EXPECT_EQ(world.launcher, "torchrun");
  EXPECT_EQ(world.rank, 5);
  EXPECT_EQ(world.size, 8);
  EXPECT_EQ(world.local_rank, 1);
  EXPECT_EQ(world.local_size, 4);
  EXPECT_EQ(world.host, "host");
  EXPECT_EQ(world.port, 29500);
  EXPECT_TRUE(world.has_store);
  EXPECT_EQ(world.restart, 3);
}

TEST(World, NeedsNoLocalRanksFromLaunchersOfOneProcessAMachine) {
  const World world =
      find_world(environment_of(without(without(torchrun(), "LOCAL_RANK"), "LOCAL_WORLD_SIZE")));
  EXPECT_EQ(world.local_rank, 0);
  EXPECT_EQ(world.local_size, 1);
}

TEST(World, NamesWhatIsMissingOfAHalfSetEnvironment) {
  EXPECT_THAT(
      refusal({{"RANK", "0"}, {"MASTER_PORT", "1"}}),
      AllOf(HasSubstr("RANK, MASTER_PORT are set"), HasSubstr("WORLD_SIZE, MASTER_ADDR are not")));
  EXPECT_THAT(refusal(without(torchrun(), "LOCAL_WORLD_SIZE")),
              HasSubstr("LOCAL_RANK is set, and LOCAL_WORLD_SIZE is not"));
  EXPECT_THAT(refusal(without(srun(), "SLURM_PROCID")), HasSubstr("SLURM_PROCID is not"));
  EXPECT_THAT(refusal(without(mpirun(), "OMPI_COMM_WORLD_LOCAL_SIZE")),
              HasSubstr("OMPI_COMM_WORLD_LOCAL_SIZE is not"));
}

TEST(World, NamesTheVariablesThatContradictEachOther) {
  EXPECT_THAT(refusal(with(torchrun(), "RANK", "8")),
              HasSubstr("RANK is 8, and must be less than WORLD_SIZE, which is 8"));
  EXPECT_THAT(refusal(with(torchrun(), "LOCAL_RANK", "4")), HasSubstr("LOCAL_WORLD_SIZE"));
  EXPECT_THAT(refusal(with(srun(), "SLURM_LOCALID", "3")), HasSubstr("SLURM_LOCALID is 3"));
  EXPECT_THAT(refusal(with(srun(), "SLURM_NODEID", "2")), HasSubstr("SLURM_NODEID is 2"));
}

TEST(World, NamesTheVariableThatIsNoNumber) {
  EXPECT_THAT(refusal(with(torchrun(), "RANK", "one")),
              HasSubstr("RANK must be 0 or more, but is \"one\""));
  EXPECT_THAT(refusal(with(torchrun(), "MASTER_PORT", "99999")),
              HasSubstr("MASTER_PORT must be 1 to 65535"));
  EXPECT_THAT(refusal(with(torchrun(), "WORLD_SIZE", "0")), HasSubstr("1 or more"));
}

TEST(World, IsReadFromSlurmsVariables) {
  const World world = find_world(environment_of(srun()));
  EXPECT_EQ(world.launcher, "Slurm");
  EXPECT_EQ(world.rank, 6);
  EXPECT_EQ(world.size, 7);
  EXPECT_EQ(world.local_rank, 2);
  EXPECT_EQ(world.local_size, 3);
  EXPECT_EQ(world.host, "gpu007");
  EXPECT_EQ(world.port, 20000 + 123456 % 10000);
  EXPECT_FALSE(world.has_store);
}

TEST(World, UnderstandsSlurmsLists) {
  const auto host = [](const char* list) {
    return find_world(environment_of(with(srun(), "SLURM_STEP_NODELIST", list))).host;
  };
  EXPECT_EQ(host("a,b"), "a");
  EXPECT_EQ(host("n[3,5-7],b"), "n3");
  EXPECT_EQ(host("rack[1-2]node[08-09]"), "rack1node08");
  EXPECT_THAT(refusal(with(srun(), "SLURM_STEP_NODELIST", "n[3")), HasSubstr("n[3"));
  EXPECT_EQ(
      find_world(environment_of(with(srun(), "SLURM_STEP_TASKS_PER_NODE", "3(x2),1"))).local_size,
      3);
  EXPECT_THAT(refusal(with(srun(), "SLURM_STEP_TASKS_PER_NODE", "3(x")), HasSubstr("3(x"));
}

TEST(World, MeetsWhereTheUserSaysInASlurmJob) {
  Variables variables = with(srun(), "MASTER_ADDR", "10.0.0.1");
  EXPECT_THAT(refusal(variables), HasSubstr("MASTER_PORT is not"));
  variables["MASTER_PORT"] = "4242";
  const World world = find_world(environment_of(variables));
  EXPECT_EQ(world.host, "10.0.0.1");
  EXPECT_EQ(world.port, 4242);
}

TEST(World, IsOneProcessInABatchScript) {
  const World world = find_world(
      environment_of({{"SLURM_PROCID", "0"}, {"SLURM_NTASKS", "8"}, {"SLURM_JOB_ID", "1"}}));
  EXPECT_TRUE(world.is_alone());
  EXPECT_THAT(refusal({{"SLURM_NTASKS", "8"}}, LaunchedBy::SlurmOnly), HasSubstr("srun"));
}

TEST(World, BelievesTorchrunBeforeTheSlurmStepThatItRunsIn) {
  Variables variables = torchrun();
  variables.merge(srun());
  EXPECT_EQ(find_world(environment_of(variables)).launcher, "torchrun");
  EXPECT_EQ(find_world(environment_of(variables), LaunchedBy::SlurmOnly).launcher, "Slurm");
  EXPECT_TRUE(find_world(environment_of(srun()), LaunchedBy::TorchrunOnly).is_alone());
}

TEST(World, IsReadFromOpenMpisVariables) {
  const World world = find_world(environment_of(mpirun()));
  EXPECT_EQ(world.launcher, "Open MPI");
  EXPECT_EQ(world.rank, 1);
  EXPECT_EQ(world.local_size, 2);
  EXPECT_EQ(world.host, "localhost");
  // It doesn't tell where rank 0 is.
  EXPECT_THAT(refusal(with(mpirun(), "OMPI_COMM_WORLD_SIZE", "4")), HasSubstr("MASTER_ADDR"));
}

}  // namespace
}  // namespace roux
