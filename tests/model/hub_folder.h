#pragma once

#include <filesystem>
#include <string>

#include "roux/base/files.h"

namespace roux {

// Makes a model in a Hugging Face cache as their tools lay it out; returns its snapshot.
inline std::filesystem::path make_hub_model(const std::filesystem::path& hub,
                                            const std::string& folder, const std::string& commit,
                                            const std::string& revision = "main") {
  const auto model = hub / folder;
  const auto snapshot = model / "snapshots" / commit;
  std::filesystem::create_directories(snapshot);
  if (!revision.empty()) {
    const auto ref = model / "refs" / revision;
    std::filesystem::create_directories(ref.parent_path());
    write_file(ref, commit);
  }
  return snapshot;
}

}  // namespace roux
