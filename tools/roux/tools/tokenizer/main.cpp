// `roux tokenizer`: text and conversations to tokens and back, what a tokenizer is, training one.
// It links no LibTorch, so that it starts in milliseconds.
#include "commands.h"
#include "roux/config/sections/common.h"
#include "roux/model/card_tokenizer.h"

namespace roux::tool {

Option model_option() {
  return {.name = "--model",
          .value = "MODEL",
          .help =
              "a model's folder, a tokenizer.json, a SentencePiece model, a tiktoken file, "
              "hf://ORGANISATION/NAME in the local cache, or a model card (roux models)",
          .letter = "-m",
          .required = true};
}

Option threads_option() {
  return {
      .name = "--threads", .value = "N", .help = "threads that do it; one a core if 0 or left out"};
}

TokenizerFiles files_of(const Arguments& arguments) {
  return find_tokenizer(arguments.text("--model"), CardStore(CardStore::user_folders({})));
}

std::unique_ptr<Tokenizer> tokenizer_of(const Arguments& arguments) {
  return load_tokenizer(files_of(arguments));
}

}  // namespace roux::tool

int main(int argc, char** argv) {
  using namespace roux::tool;
  return tool_main({.name = "tokenizer",
                    .summary = "turns text into tokens and back, describes and trains tokenizers",
                    .commands = {encode_command(), decode_command(), chat_command(), info_command(),
                                 train_command()}},
                   argc, argv);
}
