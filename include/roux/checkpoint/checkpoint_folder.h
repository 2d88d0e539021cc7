#pragma once

#include <cstdint>
#include <filesystem>
#include <map>

namespace roux {

// A look at the checkpoints of a run, also while it writes them. The run itself has a
// CheckpointStore.

// The folders step_N in `folder` by their steps: whole, broken, or somebody else's. Throws Error
// where `folder` can't be read.
std::map<std::int64_t, std::filesystem::path> list_checkpoints(const std::filesystem::path& folder);

// Removes one checkpoint, so that there is none at any instant that is half there. Throws Error
// where that fails, ConfigError if a run that is going on holds its folder.
void remove_checkpoint(const std::filesystem::path& checkpoint);

}  // namespace roux
