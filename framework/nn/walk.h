#pragma once

#include <functional>
#include <string>

namespace torch::nn {
class Module;
}

namespace roux::nn {

// What `name` is called below `path`; the root's path is empty.
inline std::string path_of(const std::string& path, const std::string& name) {
  return path.empty() ? name : path + '.' + name;
}

using Visitor = std::function<void(const torch::nn::Module& module, const std::string& path)>;

// Visits `root` and every module below it, parents first, in the order of registration.
void walk(const torch::nn::Module& root, const std::string& path, const Visitor& visit);

}  // namespace roux::nn
