// `roux tokenizer`: text to tokens and back, what a tokenizer is, and training one. It links no
// LibTorch, so that it starts in milliseconds.
#include "commands.h"

namespace roux::tool {

Option model_option() {
  return {.name = "--model",
          .value = "PATH",
          .help = "a model's folder, a tokenizer.json, a SentencePiece model or a tiktoken file",
          .letter = "-m",
          .required = true};
}

Option threads_option() {
  return {.name = "--threads", .value = "N", .help = "threads that do it; one a core unless given"};
}

}  // namespace roux::tool

int main(int argc, char** argv) {
  using namespace roux::tool;
  return tool_main(
      {.name = "tokenizer",
       .summary = "turns text into tokens and back, describes and trains tokenizers",
       .commands = {encode_command(), decode_command(), info_command(), train_command()}},
      argc, argv);
}
