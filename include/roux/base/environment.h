#pragma once

#include <filesystem>
#include <span>
#include <string>
#include <vector>

namespace roux {

// One line for the head of a log: "cpu": "Intel(R) Xeon(R) Platinum 8480+, 96 cores".
struct Fact {
  std::string name;
  std::string value;
};

// All that helps to understand a run afterwards: program, machine and variables. What can't be
// learned is left out. Shows no secret (secrets.h).
std::vector<Fact> environment_facts();

// Version, compiler, process, working folder, command line.
std::vector<Fact> program_facts();

// Host, system, processor, memory, limits of the container, GPUs (without loading CUDA), read from
// /proc, /sys and /etc below `root`.
std::vector<Fact> machine_facts(const std::filesystem::path& root = "/");

// Of variables written "NAME=value", those that matter for training (OMP_…, NCCL_…, RANK, …), by
// name.
std::vector<Fact> variable_facts(std::span<const std::string> variables);

}  // namespace roux
