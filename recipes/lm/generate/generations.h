#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "config.h"
#include "prompts.h"
#include "roux/generation/text_generator.h"

namespace roux::lm {

// Writes what becomes of prompts into a file of JSON lines, and onto the standard output: in the
// order of the prompts, each as soon as those before it are there. Of one text alone the standard
// output shows each piece at once.
class Generations {
 public:
  // `prompts` must outlive it; generation i is number i % num_gens of prompt i / num_gens. Throws
  // Error where the file can't be written.
  Generations(const std::filesystem::path& file, const std::vector<Prompt>& prompts,
              std::int64_t num_gens, OutputForm form);

  void add_piece(std::size_t generation, std::string_view piece);
  void add(std::size_t generation, const GeneratedText& text);

  // Writes what waits for generations that were never begun. Throws Error.
  void finish();

 private:
  void write(std::size_t generation, const GeneratedText& text);
  void print_prompt(const Prompt& prompt) const;
  void check() const;

  std::filesystem::path path_;
  std::ofstream file_;
  const std::vector<Prompt>& prompts_;
  std::size_t num_gens_;
  OutputForm form_;
  bool streams_;
  bool has_begun_ = false;
  std::size_t next_ = 0;
  std::map<std::size_t, GeneratedText> waiting_;
};

}  // namespace roux::lm
