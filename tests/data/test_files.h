#pragma once

#include <filesystem>
#include <string>
#include <string_view>

namespace roux::data {

// As `gzip` and `zstd --check` write it: one member, one frame.
std::string gzip(std::string_view text);
std::string zstd(std::string_view text);

// As fast as tests want it: it need not outlive a crash.
void put_file(const std::filesystem::path& path, std::string_view bytes);

}  // namespace roux::data
