#pragma once

#include <filesystem>

namespace roux::di {
class Container;
}  // namespace roux::di

namespace roux {

// Loads a shared library made with ROUX_EXTENSION and lets it register its components. It stays
// loaded until the process ends: what it registered may live that long. Throws ConfigError if it is
// none, or one for another version of Roux.
void load_extension(const std::filesystem::path& path, di::Container& container);

}  // namespace roux
