#include "roux/gang/world.h"

#include <cstdlib>
#include <functional>
#include <limits>
#include <utility>
#include <vector>

#include "gang/slurm.h"
#include "roux/base/error.h"
#include "roux/base/strings.h"

namespace roux {
namespace {

// The variables of one launcher, read strictly.
class Variables {
 public:
  explicit Variables(const Environment& environment) : environment_(environment) {}

  bool has(const char* name) const { return environment_(name).has_value(); }
  bool has_any(const std::vector<const char*>& names) const {
    for (const char* name : names) {
      if (has(name)) return true;
    }
    return false;
  }

  std::string text(const char* name) const { return environment_(name).value_or(""); }

  int number(const char* name, int least, int most = std::numeric_limits<int>::max()) const {
    const std::string given = text(name);
    const auto parsed = parse_integer(given);
    if (parsed && *parsed >= least && *parsed <= most) return static_cast<int>(*parsed);
    const std::string rule =
        most == std::numeric_limits<int>::max() ? cat(least, " or more") : cat(least, " to ", most);
    throw ConfigError(
        cat("the environment variable ", name, " must be ", rule, ", but is \"", given, '"'));
  }

  // Of variables that are set together, throws where some are and some are not.
  void require_all(const std::vector<const char*>& names, std::string_view launcher) const {
    std::vector<std::string> there;
    std::vector<std::string> missing;
    for (const char* name : names) (has(name) ? there : missing).emplace_back(name);
    if (missing.empty()) return;
    throw ConfigError(cat("the environment is that of ", launcher, " by half: ", join(there, ", "),
                          there.size() == 1 ? " is set, and " : " are set, and ",
                          join(missing, ", "), missing.size() == 1 ? " is not" : " are not"));
  }

 private:
  const Environment& environment_;
};

void check_part(const char* part, int number, const char* whole, int size) {
  if (number < size) return;
  throw ConfigError(cat("the environment contradicts itself: ", part, " is ", number,
                        ", and must be less than ", whole, ", which is ", size));
}

void read_meeting_place(const Variables& variables, World& world) {
  world.host = variables.text("MASTER_ADDR");
  constexpr int kMostPort = 65535;
  world.port = static_cast<std::uint16_t>(variables.number("MASTER_PORT", 1, kMostPort));
}

// A port that all processes of a job come to, and other jobs hardly.
std::uint16_t port_of_job(std::uint64_t job) {
  constexpr std::uint64_t kFirst = 20000;
  constexpr std::uint64_t kCount = 10000;
  return static_cast<std::uint16_t>(kFirst + job % kCount);
}

// The place that the user gives, or where the job's first host is.
void find_meeting_place(const Variables& variables, const char* launcher, std::string host,
                        std::uint16_t port, World& world) {
  if (variables.has_any({"MASTER_ADDR", "MASTER_PORT"})) {
    variables.require_all({"MASTER_ADDR", "MASTER_PORT"}, launcher);
    read_meeting_place(variables, world);
    return;
  }
  world.host = std::move(host);
  world.port = port;
}

World world_of_torchrun(const Variables& variables) {
  variables.require_all({"RANK", "WORLD_SIZE", "MASTER_ADDR", "MASTER_PORT"}, "torchrun");
  World world{.launcher = "torchrun"};
  world.size = variables.number("WORLD_SIZE", 1);
  world.rank = variables.number("RANK", 0);
  check_part("RANK", world.rank, "WORLD_SIZE", world.size);
  // Launchers that start one process a machine leave these two out.
  if (variables.has_any({"LOCAL_RANK", "LOCAL_WORLD_SIZE"})) {
    variables.require_all({"LOCAL_RANK", "LOCAL_WORLD_SIZE"}, "torchrun");
    world.local_size = variables.number("LOCAL_WORLD_SIZE", 1);
    world.local_rank = variables.number("LOCAL_RANK", 0);
    check_part("LOCAL_RANK", world.local_rank, "LOCAL_WORLD_SIZE", world.local_size);
    check_part("LOCAL_WORLD_SIZE", world.local_size - 1, "WORLD_SIZE", world.size);
  }
  read_meeting_place(variables, world);
  world.has_store = variables.text("TORCHELASTIC_USE_AGENT_STORE") == "True";
  if (variables.has("TORCHELASTIC_RESTART_COUNT")) {
    world.restart = variables.number("TORCHELASTIC_RESTART_COUNT", 0);
  }
  return world;
}

World world_of_slurm(const Variables& variables) {
  variables.require_all({"SLURM_PROCID", "SLURM_LOCALID", "SLURM_NODEID", "SLURM_STEP_NUM_TASKS",
                         "SLURM_STEP_TASKS_PER_NODE", "SLURM_STEP_NODELIST", "SLURM_JOB_ID"},
                        "Slurm");
  World world{.launcher = "Slurm"};
  world.size = variables.number("SLURM_STEP_NUM_TASKS", 1);
  world.rank = variables.number("SLURM_PROCID", 0);
  check_part("SLURM_PROCID", world.rank, "SLURM_STEP_NUM_TASKS", world.size);
  const auto tasks = gang::tasks_per_node(variables.text("SLURM_STEP_TASKS_PER_NODE"));
  const int node = variables.number("SLURM_NODEID", 0);
  check_part("SLURM_NODEID", node, "the number of nodes in SLURM_STEP_TASKS_PER_NODE",
             static_cast<int>(tasks.size()));
  world.local_size = tasks[static_cast<std::size_t>(node)];
  world.local_rank = variables.number("SLURM_LOCALID", 0);
  check_part("SLURM_LOCALID", world.local_rank, "the tasks of its node", world.local_size);
  const auto job = static_cast<std::uint64_t>(variables.number("SLURM_JOB_ID", 0));
  find_meeting_place(variables, "Slurm", gang::first_host(variables.text("SLURM_STEP_NODELIST")),
                     port_of_job(job), world);
  if (variables.has("SLURM_RESTART_COUNT")) {
    world.restart = variables.number("SLURM_RESTART_COUNT", 0);
  }
  return world;
}

World world_of_open_mpi(const Variables& variables) {
  variables.require_all({"OMPI_COMM_WORLD_RANK", "OMPI_COMM_WORLD_SIZE",
                         "OMPI_COMM_WORLD_LOCAL_RANK", "OMPI_COMM_WORLD_LOCAL_SIZE"},
                        "Open MPI");
  World world{.launcher = "Open MPI"};
  world.size = variables.number("OMPI_COMM_WORLD_SIZE", 1);
  world.rank = variables.number("OMPI_COMM_WORLD_RANK", 0);
  check_part("OMPI_COMM_WORLD_RANK", world.rank, "OMPI_COMM_WORLD_SIZE", world.size);
  world.local_size = variables.number("OMPI_COMM_WORLD_LOCAL_SIZE", 1);
  world.local_rank = variables.number("OMPI_COMM_WORLD_LOCAL_RANK", 0);
  check_part("OMPI_COMM_WORLD_LOCAL_RANK", world.local_rank, "OMPI_COMM_WORLD_LOCAL_SIZE",
             world.local_size);
  // It doesn't say on which machine rank 0 is.
  if (world.local_size != world.size) {
    variables.require_all({"OMPI_COMM_WORLD_RANK", "MASTER_ADDR", "MASTER_PORT"},
                          "Open MPI on several machines");
  }
  const std::uint64_t job = std::hash<std::string>{}(variables.text("PMIX_NAMESPACE"));
  find_meeting_place(variables, "Open MPI", "localhost", port_of_job(job), world);
  return world;
}

}  // namespace

Environment process_environment() {
  return [](const char* name) -> std::optional<std::string> {
    const char* value = std::getenv(name);
    return value != nullptr ? std::optional<std::string>(value) : std::nullopt;
  };
}

World find_world(const Environment& environment, LaunchedBy launched_by) {
  const Variables variables(environment);
  const bool torchrun = variables.has_any({"RANK", "WORLD_SIZE", "LOCAL_RANK", "LOCAL_WORLD_SIZE"});
  // A batch script and an interactive shell have most of Slurm's variables: srun adds these.
  const bool srun = variables.has_any({"SLURM_STEP_NUM_TASKS", "SLURM_STEP_NODELIST"});
  if (launched_by == LaunchedBy::SlurmOnly) {
    if (!srun) {
      throw ConfigError(
          "common.cluster must be \"auto\" or \"none\" outside of srun, but is \"slurm\"");
    }
    return world_of_slurm(variables);
  }
  if (torchrun) return world_of_torchrun(variables);
  if (launched_by == LaunchedBy::Anything) {
    // One task is a shell, as a rule, in which other launchers may be used.
    if (srun && variables.text("SLURM_STEP_NUM_TASKS") != "1") return world_of_slurm(variables);
    if (variables.has("OMPI_COMM_WORLD_SIZE") || variables.has("OMPI_COMM_WORLD_RANK")) {
      return world_of_open_mpi(variables);
    }
  }
  return {};
}

}  // namespace roux
