// parity-check [--json] [--export FOLDER] CASE...
//
// Compares our models with the reference's numbers in each CASE, a folder that tools/parity wrote,
// and says how far apart they are. With --export, what we export of each goes to FOLDER/NAME (of
// runs of training, which end with a model that nobody wants, nothing).
// Ends with 1 if anything is beyond its tolerance.

#include <filesystem>
#include <iostream>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "parity/compare.h"
#include "parity/training.h"

namespace {

using roux::parity::Comparison;

void print_json(const Comparison& comparison) {
  auto differences = nlohmann::json::object();
  for (const auto& [name, value] : comparison.differences) differences[name] = value;
  const nlohmann::json line = {{"case", comparison.name},
                               {"family", comparison.family},
                               {"differences", differences},
                               {"problems", comparison.problems}};
  // Problems quote what libraries said, which need not be UTF-8.
  std::cout << line.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace) << std::endl;
}

void print_text(const Comparison& comparison) {
  std::cout << comparison.name << ":";
  for (const auto& [name, value] : comparison.differences) {
    std::cout << " " << name << " " << value << ";";
  }
  std::cout << (comparison.problems.empty() ? " all within tolerance" : "") << std::endl;
  for (const std::string& problem : comparison.problems) std::cout << "  " << problem << std::endl;
}

}  // namespace

int main(int argc, char** argv) {
  bool json = false;
  std::optional<std::filesystem::path> exports;
  std::vector<std::filesystem::path> cases;
  for (int i = 1; i < argc; ++i) {
    const std::string word = argv[i];
    if (word == "--json") {
      json = true;
    } else if (word == "--export" && i + 1 < argc) {
      exports = argv[++i];
    } else {
      cases.emplace_back(word);
    }
  }
  if (cases.empty()) {
    std::cerr << "usage: parity-check [--json] [--export FOLDER] CASE...\n";
    return 2;
  }
  bool agreed = true;
  try {
    if (exports) std::filesystem::create_directories(*exports);
    for (const std::filesystem::path& folder : cases) {
      std::optional<std::filesystem::path> target;
      if (exports) target = *exports / folder.filename();
      const Comparison comparison = roux::parity::is_training_case(folder)
                                        ? roux::parity::compare_training(folder)
                                        : roux::parity::compare_with_reference(folder, target);
      agreed = agreed && comparison.problems.empty();
      json ? print_json(comparison) : print_text(comparison);
    }
  } catch (const std::exception& error) {
    std::cerr << "error: " << error.what() << "\n";
    return 2;
  }
  return agreed ? 0 : 1;
}
