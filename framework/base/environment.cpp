#include "roux/base/environment.h"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <string_view>
#include <system_error>
#include <utility>

#include "roux/base/error.h"
#include "roux/base/program.h"
#include "roux/base/secrets.h"
#include "roux/base/version.h"

namespace roux {
namespace {

constexpr std::array<std::string_view, 20> kPrefixes{
    "ATEN_", "CUBLAS_",     "CUDA_", "CUDNN_", "GLOO_",  "GOMP_",   "HF_HUB_",
    "KMP_",  "LD_LIBRARY_", "MKL_",  "NCCL_",  "NUMBA_", "NVIDIA_", "OMPI_COMM_",
    "OMP_",  "PYTORCH_",    "ROUX_", "SLURM_", "TORCH",  "UCX_"};

constexpr std::array<std::string_view, 13> kNames{
    "GROUP_RANK",    "HF_HOME",     "LC_ALL",      "LD_PRELOAD", "LOCAL_RANK", "LOCAL_WORLD_SIZE",
    "MALLOC_CONF",   "MASTER_ADDR", "MASTER_PORT", "RANK",       "TZ",         "WORLD_SIZE",
    "XDG_CACHE_HOME"};

bool matters(std::string_view name) {
  return std::find(kNames.begin(), kNames.end(), name) != kNames.end() ||
         std::any_of(kPrefixes.begin(), kPrefixes.end(),
                     [&](std::string_view prefix) { return name.starts_with(prefix); });
}

std::string compiler() {
#if defined(__clang__)
  return "clang " __clang_version__;
#else
  return "g++ " __VERSION__;
#endif
}

void append(std::vector<Fact>& facts, std::vector<Fact> more) {
  std::move(more.begin(), more.end(), std::back_inserter(facts));
}

std::vector<std::string> variables_of_this_process() {
  std::vector<std::string> variables;
  for (char** variable = environ; variable != nullptr && *variable != nullptr; ++variable) {
    variables.emplace_back(*variable);
  }
  return variables;
}

}  // namespace

std::vector<Fact> program_facts() {
  std::error_code error;
  const std::filesystem::path folder = std::filesystem::current_path(error);
  return {
      {"roux", cat(version(), ", compiled by ", compiler())},
      {"command", shown_command_line(command_line())},
      {"working folder", error ? error.message() : folder.string()},
      {"process", cat(getpid())},
  };
}

std::vector<Fact> variable_facts(std::span<const std::string> variables) {
  std::vector<Fact> facts;
  for (const std::string_view variable : variables) {
    const std::string_view name = variable.substr(0, variable.find('='));
    if (name.size() == variable.size() || !matters(name)) continue;
    facts.push_back({std::string(name), shown_value(name, variable.substr(name.size() + 1))});
  }
  std::sort(facts.begin(), facts.end(),
            [](const Fact& a, const Fact& b) { return a.name < b.name; });
  return facts;
}

std::vector<Fact> environment_facts() {
  std::vector<Fact> facts = program_facts();
  append(facts, machine_facts());
  append(facts, variable_facts(variables_of_this_process()));
  return facts;
}

}  // namespace roux
