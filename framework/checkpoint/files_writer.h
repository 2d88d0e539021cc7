#pragma once

#include <filesystem>
#include <string>

#include "checkpoint/image.h"
#include "checkpoint/manifest.h"
#include "checkpoint/staging.h"

namespace roux::checkpoint {

// Writes the files of `image` from the staging memory into a folder that is there and has none of
// them, and the manifest with their checksums, by that name; returns when their bytes are on the
// disk. Throws Error that names the file and says how much room there is where that may be why.
void write_files(const std::filesystem::path& folder, Image& image, const Staging& staging,
                 const std::string& manifest_name = kManifestName);

// Puts one manifest in the place of those that `ranks` ranks have written there. Throws
// InternalError where they don't make up a checkpoint.
void merge_manifests(const std::filesystem::path& folder, int ranks);

}  // namespace roux::checkpoint
