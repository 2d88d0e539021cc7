// `roux data`: what models are trained on. It links no LibTorch, so that it starts in milliseconds.
#include "commands.h"
#include "roux/config/sections/common.h"
#include "roux/model/card_tokenizer.h"

namespace roux::tool {

std::unique_ptr<Tokenizer> find_tokenizer_of(const std::string& model) {
  return load_tokenizer(find_tokenizer(model, CardStore(CardStore::user_folders({}))));
}

}  // namespace roux::tool

int main(int argc, char** argv) {
  using namespace roux::tool;
  return tool_main({.name = "data",
                    .summary = "looks into texts, makes tokens of them, and makes a sample corpus",
                    .commands = {inspect_command(), tokenize_command(), sample_command()}},
                   argc, argv);
}
