#pragma once

#include <filesystem>

#include "checkpoint/image.h"
#include "checkpoint/staging.h"

namespace roux::checkpoint {

// Writes the files of `image` from the staging memory into a folder that is there and empty, and
// the manifest with their checksums; returns when their bytes are on the disk. Throws Error that
// names the file and says how much room there is where that may be why.
void write_files(const std::filesystem::path& folder, Image& image, const Staging& staging);

}  // namespace roux::checkpoint
