#include <simdjson.h>

#include <algorithm>
#include <filesystem>
#include <iostream>
#include <string>
#include <utility>
#include <vector>

#include "commands.h"
#include "json_text.h"
#include "roux/base/error.h"
#include "roux/base/files.h"
#include "roux/base/strings.h"
#include "roux/base/visible.h"
#include "roux/model/card_tokenizer.h"

namespace roux::tool {
namespace {

namespace fs = std::filesystem;

// What load_tokenizer reads of a folder.
fs::path file_of(const fs::path& path) {
  if (!fs::is_directory(path)) return path;
  for (const char* name : {"tokenizer.json", "tokenizer.model"}) {
    if (fs::exists(path / name)) return path / name;
  }
  for (const auto& entry : fs::directory_iterator(path)) {
    if (entry.path().extension() == ".tiktoken") return entry.path();
  }
  return path;
}

// What a tokenizer.json says of its model: "BPE of bytes, 31743 merges".
std::string kind_of_json(const simdjson::dom::element& document) {
  std::string_view type = "BPE";
  if (document["model"]["type"].get_string().get(type)) type = "BPE";  // older ones leave it out
  bool byte_fallback = false;
  if (document["model"]["byte_fallback"].get_bool().get(byte_fallback)) byte_fallback = false;
  simdjson::dom::array merges;
  const bool has_merges = !document["model"]["merges"].get_array().get(merges);

  // What makes it one of bytes may stand alone or in a list.
  simdjson::dom::element cutting;
  const bool of_bytes = !document["pre_tokenizer"].get(cutting) &&
                        simdjson::to_string(cutting).find("\"ByteLevel\"") != std::string::npos;
  return cat(type,
             of_bytes        ? " of bytes"
             : byte_fallback ? " of characters, else bytes"
                             : " of characters",
             has_merges ? cat(", ", merges.size(), " merges") : "");
}

// A list of ranks is lines of ASCII; a SentencePiece model is binary.
bool is_lines(std::string_view bytes) {
  return std::ranges::all_of(
      bytes, [](unsigned char c) { return c == '\n' || c == '\r' || (c >= ' ' && c < 0x7f); });
}

std::string kind_of(const fs::path& file) {
  const std::string bytes = read_file(file);
  if (!trim(std::string_view(bytes).substr(0, 100)).starts_with('{')) {
    return is_lines(bytes) ? "BPE of bytes, by tiktoken's ranks" : "SentencePiece model";
  }
  simdjson::dom::parser parser;
  simdjson::dom::element document;
  if (const auto error = parser.parse(bytes).get(document)) {
    throw DataError(cat(file.string(), ": is not JSON: ", simdjson::error_message(error)));
  }
  return kind_of_json(document);
}

struct Special {
  std::string_view role;
  std::optional<TokenId> id;
};

class Information {
 public:
  explicit Information(const TokenizerFiles& files)
      : file_(file_of(files.path)), tokenizer_(load_tokenizer(files)), kind_(kind_of(file_)) {
    if (const auto chat = find_chat_template(files, *tokenizer_)) templates_ = chat->names();
    for (TokenId id = 0; id < tokenizer_->size(); ++id) {
      if (!tokenizer_->token(id)) ++unused_;
      if (tokenizer_->is_special(id)) special_.push_back(id);
    }
    find_added();
  }

  void print() const {
    std::cout << "file      " << file_.string() << '\n'
              << "kind      " << kind_ << '\n'
              << "size      " << tokenizer_->size() << " tokens";
    if (unused_ > 0) std::cout << ", " << unused_ << " of them unused";
    std::cout << '\n';
    for (const Special& each : roles()) {
      std::cout << each.role << "       " << (each.id ? named(*each.id) : "none") << '\n';
    }
    std::cout << "adds      " << list(front_) << (front_.empty() ? "TEXT" : " TEXT")
              << (back_.empty() ? "" : " ") << list(back_) << '\n'
              << "special   " << (special_.empty() ? "none" : "") << list(special_) << '\n'
              << "chat      " << (templates_.empty() ? "none" : visible(join(templates_, " "), ""))
              << '\n';
  }

  void print_json() const {
    std::string json = "{\"file\":";
    append_json(file_.string(), json);
    json += ",\"kind\":";
    append_json(kind_, json);
    json += cat(",\"size\":", tokenizer_->size(), ",\"unused\":", unused_);
    for (const Special& each : roles()) {
      json += cat(",\"", each.role, "\":", each.id ? std::to_string(*each.id) : "null");
    }
    json += ",\"front\":";
    append_json(front_, json);
    json += ",\"back\":";
    append_json(back_, json);
    json += ",\"special\":{";
    for (std::size_t i = 0; i < special_.size(); ++i) {
      if (i > 0) json += ',';
      append_json(*tokenizer_->token(special_[i]), json);
      json += cat(":", special_[i]);
    }
    json += "},\"chat\":[";
    for (std::size_t i = 0; i < templates_.size(); ++i) {
      if (i > 0) json += ',';
      append_json(templates_[i], json);
    }
    std::cout << json << "]}\n";
  }

 private:
  // What encoding adds on both sides is what it does not do if told so.
  void find_added() {
    const auto with = tokenizer_->encode("a");
    const auto without = tokenizer_->encode("a", {.add_special_tokens = false});
    const auto text = std::ranges::search(with, without);
    front_.assign(with.begin(), text.begin());
    back_.assign(text.end(), with.end());
  }

  std::vector<Special> roles() const {
    const SpecialTokens& tokens = tokenizer_->special_tokens();
    return {{"bos", tokens.bos}, {"eos", tokens.eos}, {"pad", tokens.pad}, {"unk", tokens.unk}};
  }

  std::string named(TokenId id) const {
    return cat(visible(tokenizer_->token(id).value_or("?"), ""), " (", id, ")");
  }

  std::string list(const std::vector<TokenId>& ids) const {
    std::vector<std::string> names;
    for (const TokenId id : ids) names.push_back(named(id));
    return join(names, " ");
  }

  fs::path file_;
  std::unique_ptr<Tokenizer> tokenizer_;
  std::string kind_;
  std::vector<std::string> templates_;  // of chats
  TokenId unused_ = 0;
  std::vector<TokenId> special_;
  std::vector<TokenId> front_;
  std::vector<TokenId> back_;
};

int info(const Arguments& arguments) {
  const Information information(files_of(arguments));
  if (arguments.has("--json")) {
    information.print_json();
  } else {
    information.print();
  }
  return 0;
}

}  // namespace

Command info_command() {
  return {.name = "info",
          .summary = "says how many tokens there are, which are special, and what encoding adds",
          .options = {model_option(), {.name = "--json", .help = "print one JSON object"}},
          .run = info};
}

}  // namespace roux::tool
