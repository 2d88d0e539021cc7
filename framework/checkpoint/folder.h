#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>

// What lies in a folder of checkpoints: step_N, each a checkpoint, and what is only there while
// something is done, which a run that starts cleans up:
//   .tmp-step_N        is being written, or was replaced
//   .removed-step_N    is being removed
//   .replaced-step_N   stood at step_N until a new one is put there
// and .lock, which the run that writes there holds.
namespace roux::checkpoint {

inline constexpr const char* kLockName = ".lock";

std::filesystem::path folder_of(const std::filesystem::path& folder, std::int64_t step);
std::filesystem::path temporary_of(const std::filesystem::path& folder, std::int64_t step);

// The step of "step_12"; nullopt for any other name.
std::optional<std::int64_t> parse_step(const std::string& name);

// Takes away what a run that was killed left half done. Requires the lock.
void clean_up(const std::filesystem::path& folder);

// Renames the temporary folder of a step to its own name, durably, in place of what may stand
// there.
void put_in_place(const std::filesystem::path& folder, std::int64_t step);

// Requires the lock.
void remove_step(const std::filesystem::path& folder, std::int64_t step);

// Takes away all but the part "model". Killed on the way, it leaves either the whole checkpoint or
// the model, and perhaps files that clean_up() takes. Does nothing where there is no other part.
// Requires the lock.
void keep_model_only(const std::filesystem::path& folder, std::int64_t step);

}  // namespace roux::checkpoint
