// `roux tokenizer`: text to tokens and back, what a tokenizer is, and training one. It links no
// LibTorch, so that it starts in milliseconds.
#include "commands.h"

int main(int argc, char** argv) {
  return roux::tool::tool_main(
      {.name = "tokenizer",
       .summary = "turns text into tokens and back, describes and trains tokenizers",
       .commands = {roux::tool::train_command()}},
      argc, argv);
}
