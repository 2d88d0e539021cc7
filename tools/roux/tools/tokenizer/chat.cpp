#include <simdjson.h>

#include <string>
#include <vector>

#include "commands.h"
#include "json_text.h"
#include "map_lines.h"
#include "roux/base/error.h"
#include "roux/base/strings.h"
#include "roux/model/card_tokenizer.h"

namespace roux::tool {
namespace {

// The tools that stand beside the messages of an object, as JSON; "" for none.
std::string tools_of(std::string_view json) {
  thread_local simdjson::dom::parser parser;
  simdjson::dom::element value;
  simdjson::dom::element tools;
  simdjson::dom::object object;
  if (parser.parse(json.data(), json.size()).get(value) || value.get(object)) return "";
  if (object["tools"].get(tools)) {
    // A data set has fields of its own, but a slip must not cost the tools.
    const std::vector<std::string> known = {"tools", "messages"};
    for (const auto& [key, ignored] : object) {
      if (nearest_name(key, known) == "tools") {
        throw DataError(cat("a conversation has no key \"", key, "\"", did_you_mean(key, known)));
      }
    }
    return "";
  }
  if (tools.is_null()) return "";
  return simdjson::to_string(tools);
}

void append_flags(const std::vector<bool>& flags, std::string& out) {
  out += '[';
  for (std::size_t i = 0; i < flags.size(); ++i) {
    if (i > 0) out += ',';
    out += flags[i] ? '1' : '0';
  }
  out += ']';
}

ChatTemplate template_of(const Arguments& arguments, TokenizerFiles files,
                         const Tokenizer& tokenizer) {
  if (arguments.has("--template")) files.chat_template = arguments.text("--template");
  if (auto found = find_chat_template(files, tokenizer)) return *std::move(found);
  throw ConfigError(cat(arguments.text("--model"),
                        " has no chat template: --template takes a .jinja file, or one of ",
                        join(ChatTemplate::builtin_names(), ", ")));
}

int chat(const Arguments& arguments) {
  const TokenizerFiles files = files_of(arguments);
  const auto tokenizer = load_tokenizer(files);
  const ChatTemplate chat_template = template_of(arguments, files, *tokenizer);
  const bool json = arguments.has("--json");
  const bool prompt = arguments.has("--generation-prompt");
  const std::string file = arguments.operands.empty() ? "-" : arguments.operands[0];

  map_lines(file, static_cast<int>(arguments.number("--threads", 0, 0, 1024)),
            [&](std::string_view line, std::string& out) {
              const auto messages = parse_chat_messages(line);
              const ChatOptions options = {.add_generation_prompt = prompt,
                                           .tools = tools_of(line)};
              const std::string text = chat_template.render(messages, options).text;
              if (!json) {
                out += text;
                out += '\n';
                return;
              }
              const EncodedChat encoded = chat_template.encode(*tokenizer, messages, options);
              out += "{\"text\":";
              append_json(text, out);
              out += ",\"ids\":";
              append_json(encoded.ids, out);
              out += ",\"assistant\":";
              append_flags(encoded.assistant, out);
              out += "}\n";
            });
  return 0;
}

}  // namespace

Command chat_command() {
  return {
      .name = "chat",
      .summary = "writes each conversation down as the model's chat template does",
      .operands = {"[FILE]"},
      .options = {model_option(),
                  {.name = "--template",
                   .value = "FILE",
                   .help = "another template than the model's: a .jinja file, or the name of a "
                           "built-in one"},
                  {.name = "--generation-prompt",
                   .help = "end with what the assistant's answer begins behind"},
                  {.name = "--json",
                   .help = "print an object a line: \"text\", the token \"ids\", and for each of "
                           "them in \"assistant\" 1 if the assistant said it, else 0"},
                  threads_option()},
      .details =
          "A line of FILE, or of the standard input, is a JSON list of messages, or an object "
          "with\n"
          "one as \"messages\" and what the assistant may call as \"tools\":\n"
          "\n"
          "  [{\"role\": \"user\", \"content\": \"Hi\"}, {\"role\": \"assistant\", \"content\": "
          "\"Ho\"}]\n",
      .run = chat};
}

}  // namespace roux::tool
