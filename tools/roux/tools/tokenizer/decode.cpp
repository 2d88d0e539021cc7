#include <string>
#include <vector>

#include "commands.h"
#include "json_text.h"
#include "map_lines.h"

namespace roux::tool {
namespace {

int decode(const Arguments& arguments) {
  const auto tokenizer = tokenizer_of(arguments);
  const DecodeOptions options = {.skip_special_tokens = arguments.has("--skip-special-tokens")};
  const bool json = arguments.has("--json");
  const std::string file = arguments.operands.empty() ? "-" : arguments.operands[0];

  map_lines(file, static_cast<int>(arguments.number("--threads", 0, 0, 1024)),
            [&](std::string_view line, std::string& out) {
              thread_local std::vector<TokenId> ids;
              ids.clear();
              parse_ids(line, ids);
              const std::string text = tokenizer->decode(ids, options);
              if (json) {
                append_json(text, out);
              } else {
                out += text;
              }
              out += '\n';
            });
  return 0;
}

}  // namespace

Command decode_command() {
  return {.name = "decode",
          .summary = "turns each JSON list of token ids into a line of text",
          .operands = {"[FILE]"},
          .options = {model_option(),
                      {.name = "--skip-special-tokens", .help = "leave special tokens out"},
                      {.name = "--json",
                       .help = "print JSON strings: a text with line ends stays on one line"},
                      threads_option()},
          .details = "Without FILE, or for -, it reads the standard input.\n",
          .run = decode};
}

}  // namespace roux::tool
