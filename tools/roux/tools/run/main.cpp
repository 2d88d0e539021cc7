// `roux run`: starts a recipe as many processes, on one machine or on several.
#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <optional>
#include <string>
#include <string_view>

#include "lookup.h"
#include "roux/base/error.h"
#include "roux/base/strings.h"
#include "roux/base/units.h"
#include "roux/gang/launcher.h"
#include "tool/tool.h"

namespace roux::tool {
namespace {

using std::chrono::milliseconds;

constexpr int kMostProcesses = 1024;
constexpr int kMostNodes = 65536;

Environment environment() {
  return [](const char* name) -> std::optional<std::string> {
    const char* value = std::getenv(name);
    return value != nullptr ? std::optional<std::string>(value) : std::nullopt;
  };
}

int processes(const Arguments& arguments) {
  const std::string given = arguments.text("--nproc-per-node");
  if (given.empty() && !arguments.has("--nproc-per-node")) {
    return std::max(1, count_gpus(environment()));
  }
  if (given == "cpu") return count_cores();
  if (given == "gpu") {
    const int gpus = count_gpus(environment());
    if (gpus > 0) return gpus;
    throw ConfigError("run: --nproc-per-node gpu needs a GPU, but this machine shows none");
  }
  const auto number = parse_integer(given);
  if (number && *number >= 1 && *number <= kMostProcesses) return static_cast<int>(*number);
  throw ConfigError(cat("run: --nproc-per-node must be gpu, cpu, or a whole number from 1 to ",
                        kMostProcesses, ", but is \"", given, "\""));
}

milliseconds duration(const Arguments& arguments, std::string_view option, milliseconds otherwise) {
  if (!arguments.has(option)) return otherwise;
  const std::string given = arguments.text(option);
  const auto parsed = parse_duration(given);
  constexpr std::chrono::hours kMost{24 * 365};
  if (parsed && *parsed <= kMost) return std::chrono::ceil<milliseconds>(*parsed);
  throw ConfigError(
      cat("run: ", option, " must be a time such as 30s or 15min, but is \"", given, "\""));
}

// "host:29500", "[fe80::1]:29500".
void read_endpoint(const std::string& given, LaunchOptions& options) {
  const std::size_t colon = given.rfind(':');
  std::string host = given.substr(0, colon);
  const bool is_bracketed = host.size() > 2 && host.front() == '[' && host.back() == ']';
  if (is_bracketed) host = host.substr(1, host.size() - 2);
  const std::int64_t port =
      colon == std::string::npos
          ? 0
          : parse_integer(std::string_view(given).substr(colon + 1)).value_or(0);
  constexpr int kMostPort = 65535;
  if (host.empty() || (host.find(':') != std::string::npos && !is_bracketed) || port < 1 ||
      port > kMostPort) {
    throw ConfigError(cat("run: --rdzv-endpoint must be HOST:PORT, with a port from 1 to ",
                          kMostPort, ", but is \"", given, "\""));
  }
  options.host = host;
  options.port = static_cast<std::uint16_t>(port);
}

void read_nodes(const Arguments& arguments, LaunchOptions& options) {
  options.nodes = static_cast<int>(arguments.number("--nnodes", 1, 1, kMostNodes));
  const bool has_rank = arguments.has("--node-rank");
  const bool has_endpoint = arguments.has("--rdzv-endpoint");
  if (!arguments.has("--nnodes") && (has_rank || has_endpoint)) {
    throw ConfigError(cat("run: ", has_rank ? "--node-rank" : "--rdzv-endpoint",
                          " is for several nodes: --nnodes must be given too"));
  }
  if (options.nodes > 1 && !(has_rank && has_endpoint)) {
    throw ConfigError(cat("run: --nnodes ", options.nodes, " needs ",
                          has_rank ? "--rdzv-endpoint HOST:PORT, which is node 0's"
                                   : "--node-rank R, another on each node"));
  }
  options.node_rank = static_cast<int>(arguments.number("--node-rank", 0, 0, options.nodes - 1));
  if (has_endpoint) read_endpoint(arguments.text("--rdzv-endpoint"), options);
  options.meeting_timeout = duration(arguments, "--rdzv-timeout", options.meeting_timeout);
}

int run(const Arguments& arguments) {
  LaunchOptions options;
  read_nodes(arguments, options);
  options.processes = processes(arguments);
  options.max_restarts = static_cast<int>(arguments.number("--max-restarts", 0, 0, 1'000'000));
  options.grace = duration(arguments, "--grace", options.grace);
  if (arguments.has("--log-dir")) {
    options.log_folder = arguments.text("--log-dir");
    if (options.log_folder.empty()) throw ConfigError("run: --log-dir must name a folder");
  }
  options.program = driver::find_recipe(arguments.operands.at(0)).program;
  options.arguments.assign(arguments.operands.begin() + 1, arguments.operands.end());

  guard_launcher();
  return launch(options);
}

constexpr std::string_view kDetails =
    "RECIPE is a recipe's name, or the path of a program; all that follows goes to it.\n"
    "Each process has torchrun's variables (RANK, WORLD_SIZE, MASTER_ADDR, ...). With several on\n"
    "a machine, and unless it is set, OMP_NUM_THREADS shares the cores out among them.\n"
    "\n"
    "  roux run --nproc-per-node 4 lm/train OUT\n"
    "  roux run --nnodes 2 --node-rank 0 --rdzv-endpoint first-host:29500 lm/train OUT\n"
    "\n"
    "SIGINT, SIGTERM and SIGUSR1 are handed on: the run stops after its step, with a checkpoint; "
    "a\n"
    "second one stops it at once, a third kills it. Once a process fails the others are stopped,\n"
    "and what the first one said is shown. A run is not started again after a stop that was asked\n"
    "for, nor where the command line or the config is wrong.\n"
    "\n"
    "Exit codes: 0; that of the process that failed first, 128+N if signal N killed it; 128+N "
    "after\n"
    "a stop by signal N; 2 if the command line is wrong or the nodes were given different ones.\n";

}  // namespace
}  // namespace roux::tool

int main(int argc, char** argv) {
  using namespace roux::tool;
  return tool_main(
      {.name = "run",
       .summary = "starts a recipe as many processes",
       .commands =
           {{.operands = {"RECIPE", "[ARGUMENT ...]"},
             .options =
                 {{.name = "--nproc-per-node",
                   .value = "N",
                   .help = "processes on this machine: a number, gpu (one for each), or cpu (one "
                           "for each core); unless given, gpu where there are any, else 1"},
                  {.name = "--nnodes", .value = "N", .help = "how many machines; 1 unless given"},
                  {.name = "--node-rank",
                   .value = "R",
                   .help = "which of them this one is, from 0"},
                  {.name = "--rdzv-endpoint",
                   .value = "HOST:PORT",
                   .help = "where they meet: an address of machine 0, and a free port there"},
                  {.name = "--rdzv-timeout",
                   .value = "TIME",
                   .help = "how long to wait for the others; 15min unless given"},
                  {.name = "--max-restarts",
                   .value = "K",
                   .help = "how often to start again after a failure; 0 unless given. The recipe "
                           "goes on from its last checkpoint"},
                  {.name = "--grace",
                   .value = "TIME",
                   .help = "after a failure, how long the others have to end before they are "
                           "killed; 5s unless given"},
                  {.name = "--log-dir",
                   .value = "FOLDER",
                   .help = "keep each process's output in files there, and print that of rank 0 "
                           "alone"}},
             .details = kDetails,
             .operand_ends_options = true,
             .run = run}}},
      argc, argv);
}
