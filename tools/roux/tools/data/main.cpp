// `roux data`: what models are trained on. It links no LibTorch, so that it starts in milliseconds.
#include <filesystem>

#include "commands.h"
#include "roux/base/error.h"
#include "roux/config/sections/common.h"
#include "roux/model/card_tokenizer.h"
#include "tool/table.h"

namespace roux::tool {

std::unique_ptr<Tokenizer> find_tokenizer_of(const std::string& model) {
  return load_tokenizer(find_tokenizer(model, CardStore(CardStore::user_folders({}))));
}

void check_output_folder(const std::string& called, const std::string& given) {
  namespace fs = std::filesystem;
  std::error_code ignored;
  const fs::file_status status = fs::status(given, ignored);
  if (!given.empty() && (!fs::exists(status) || fs::is_directory(status))) return;
  throw ConfigError(cat(called, ": -o must be a folder, or one that can be made, but is ",
                        given.empty() ? "empty" : cat(given, ", a file")));
}

std::string counted(std::int64_t count, std::string_view plural) {
  if (count == 1) plural.remove_suffix(1);
  return cat(with_commas(count), ' ', plural);
}

}  // namespace roux::tool

int main(int argc, char** argv) {
  using namespace roux::tool;
  return tool_main({.name = "data",
                    .summary = "looks into texts, makes tokens of them, and makes a sample corpus",
                    .commands = {inspect_command(), tokenize_command(), sample_command()}},
                   argc, argv);
}
