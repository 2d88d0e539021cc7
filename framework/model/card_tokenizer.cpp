#include "roux/model/card_tokenizer.h"

#include "roux/base/error.h"
#include "roux/base/files.h"
#include "roux/tokenizer/load.h"

namespace roux {
namespace {

namespace fs = std::filesystem;

constexpr std::uint64_t kLongestTemplate = 16 << 20;

// The file that a family's name is for.
fs::path tiktoken_file(const TokenizerFiles& files) {
  if (!fs::is_directory(files.path)) return files.path;
  std::vector<fs::path> found;
  for (const auto& entry : fs::directory_iterator(files.path)) {
    const fs::path& file = entry.path();
    if (file.extension() == ".tiktoken" || file.filename() == "tokenizer.model") {
      found.push_back(file);
    }
  }
  if (found.size() == 1) return found.front();
  throw ConfigError(cat("tokenizer_family is for a tiktoken file, but ", files.path.string(),
                        found.empty() ? " holds none" : " holds several: name the file",
                        found.empty() ? ": leave it out" : ""));
}

}  // namespace

std::unique_ptr<Tokenizer> load_tokenizer(const TokenizerFiles& files) {
  if (files.family.empty()) return load_tokenizer(files.path);
  return load_tiktoken(tiktoken_file(files), files.family);
}

std::optional<ChatTemplate> find_chat_template(const TokenizerFiles& files,
                                               const Tokenizer& tokenizer) {
  const std::string& given = files.chat_template;
  if (given.ends_with(".jinja")) {
    if (!fs::exists(given)) throw ConfigError(cat("the chat template ", given, " is not there"));
    return ChatTemplate(read_file(given, kLongestTemplate), ChatTokens::of(tokenizer), given);
  }
  if (!given.empty()) {
    try {
      return ChatTemplate::builtin(given, ChatTokens::of(tokenizer));
    } catch (const ConfigError& error) {
      throw ConfigError(cat(error.what(), "; one of your own is a file that ends in .jinja"));
    }
  }
  const bool is_folder = fs::is_directory(files.path);
  return ChatTemplate::find(is_folder ? files.path : files.path.parent_path());
}

}  // namespace roux
