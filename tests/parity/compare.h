#pragma once

#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace roux::parity {

// How far we are from the reference with one checkpoint.
struct Comparison {
  std::string name;
  std::string family;

  // By what was compared: "logits", "gradient, left padded". docs/parity.md says what each is.
  std::map<std::string, double> differences;

  // What lies beyond its tolerance, or went wrong altogether; each names the tensor.
  std::vector<std::string> problems;

  // Keeps the largest difference of what is compared, and one beyond its tolerance as a problem.
  // `of` names a tensor, where there are many.
  void note(const std::string& what, double difference, const std::string& of = {});
};

// The most that a difference of this name may be.
double tolerance_of(const std::string& difference);

// Loads the checkpoint in `folder` as a user would, and compares what we compute with it to what
// the reference did. What we export goes to `export_to`, which must not exist; unset: to a
// temporary folder. Whatever is thrown on the way is a problem.
Comparison compare_with_reference(const std::filesystem::path& folder,
                                  const std::optional<std::filesystem::path>& export_to = {});

}  // namespace roux::parity
