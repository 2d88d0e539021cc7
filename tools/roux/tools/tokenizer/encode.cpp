#include <string>
#include <vector>

#include "commands.h"
#include "json_text.h"
#include "map_lines.h"
#include "roux/base/error.h"

namespace roux::tool {
namespace {

void append_tokens(const Tokenizer& tokenizer, const std::vector<TokenId>& ids, std::string& out) {
  out += '[';
  for (std::size_t i = 0; i < ids.size(); ++i) {
    if (i > 0) out += ',';
    append_json(tokenizer.token(ids[i]).value_or(""), out);
  }
  out += ']';
}

int encode(const Arguments& arguments) {
  if (arguments.has("--field") && !arguments.has("--json")) {
    throw ConfigError("tokenizer encode: --field names a field of JSON lines: give --json too");
  }
  const auto tokenizer = tokenizer_of(arguments);
  const EncodeOptions options = {
      .add_special_tokens = !arguments.has("--no-special-tokens"),
      .parse_special_tokens = !arguments.has("--no-parse-special-tokens")};
  const bool json = arguments.has("--json");
  const bool tokens = arguments.has("--tokens");
  const std::string field = arguments.text("--field", "text");
  const std::string file = arguments.operands.empty() ? "-" : arguments.operands[0];

  map_lines(file, static_cast<int>(arguments.number("--threads", 0, 0, 1024)),
            [&](std::string_view line, std::string& out) {
              thread_local std::vector<TokenId> ids;
              ids.clear();
              if (json) {
                tokenizer->encode(parse_text(line, field), ids, options);
              } else {
                tokenizer->encode(line, ids, options);
              }
              if (tokens) {
                append_tokens(*tokenizer, ids, out);
              } else {
                append_json(ids, out);
              }
              out += '\n';
            });
  return 0;
}

}  // namespace

Command encode_command() {
  return {
      .name = "encode",
      .summary = "turns each line of text into a JSON list of token ids",
      .operands = {"[FILE]"},
      .options = {model_option(),
                  {.name = "--no-special-tokens",
                   .help = "add no token in front or at the end, whatever the tokenizer says"},
                  {.name = "--no-parse-special-tokens",
                   .help = "take the spelling of a special token for text like any other"},
                  {.name = "--json",
                   .help = "a line is a JSON string, which may hold line ends, or an object "
                           "with one in it"},
                  {.name = "--field",
                   .value = "NAME",
                   .help = "where an object has its text; text unless given"},
                  {.name = "--tokens", .help = "print how the tokens are spelled, not their ids"},
                  threads_option()},
      .details =
          "Without FILE, or for -, it reads the standard input. A line ends at its line feed, "
          "which\nis no part of the text; a carriage return in front of it is. What follows the "
          "last line\nfeed is a line too. Broken UTF-8 is encoded as the tokenizer's reference "
          "does, as U+FFFD.\n",
      .run = encode};
}

}  // namespace roux::tool
