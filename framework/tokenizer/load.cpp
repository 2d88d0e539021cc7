#include "roux/tokenizer/load.h"

#include <algorithm>
#include <cctype>
#include <fstream>
#include <string>
#include <vector>

#include "roux/base/error.h"
#include "roux/base/strings.h"
#include "roux/tokenizer/sentencepiece.h"
#include "tokenizer/json_part.h"
#include "tokenizer/special_files.h"
#include "tokenizer/tiktoken_parts.h"
#include "tokenizer/tokenizer_json.h"

namespace roux {
namespace {

namespace fs = std::filesystem;

enum class Kind { TokenizerJson, Tekken, Tiktoken, SentencePiece };

// Told by how it begins: '{' (and "config", where a tokenizer.json has no such key), a line "BASE64
// RANK", or neither.
Kind kind_of(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  std::string line(512, '\0');
  file.read(line.data(), static_cast<std::streamsize>(line.size()));
  line.resize(static_cast<std::size_t>(std::max<std::streamsize>(0, file.gcount())));
  const std::string_view begin = trim(line);
  if (begin.starts_with('{')) {
    return trim(begin.substr(1)).starts_with("\"config\"") ? Kind::Tekken : Kind::TokenizerJson;
  }

  const std::string_view first = trim(begin.substr(0, begin.find('\n')));
  const std::size_t space = first.find(' ');
  if (space == std::string_view::npos || space == 0) return Kind::SentencePiece;
  const auto is_base64 = [](unsigned char c) {
    return std::isalnum(c) || c == '+' || c == '/' || c == '=';
  };
  const auto is_digit = [](unsigned char c) { return std::isdigit(c) != 0; };
  const bool lines =
      std::all_of(first.begin(), first.begin() + static_cast<std::ptrdiff_t>(space), is_base64) &&
      std::all_of(first.begin() + static_cast<std::ptrdiff_t>(space) + 1, first.end(), is_digit);
  return lines ? Kind::Tiktoken : Kind::SentencePiece;
}

std::string family_of(const fs::path& path) {
  return path.filename() == "tokenizer.model" ? "llama3" : path.stem().string();
}

// What tokenizer_config.json says of a folder's SentencePiece model. (Beside a tokenizer.json,
// whose post-processor tells it, transformers takes no notice of these keys.)
SentencePieceOptions options_in(const fs::path& folder) {
  SentencePieceOptions options;
  const fs::path path = folder / "tokenizer_config.json";
  if (!fs::exists(path)) return options;
  const JsonFile file(path);
  options.add_bos = file.root().flag("add_bos_token", options.add_bos);
  options.add_eos = file.root().flag("add_eos_token", options.add_eos);
  return options;
}

std::unique_ptr<Tokenizer> load_file(const fs::path& path,
                                     const SentencePieceOptions& options = {}) {
  switch (kind_of(path)) {
    case Kind::TokenizerJson:
      return make_bpe_tokenizer(read_tokenizer_json(path), path.string());
    case Kind::Tekken:
      return load_tekken(path);
    case Kind::Tiktoken:
      try {
        return load_tiktoken(path, family_of(path));
      } catch (const ConfigError& e) {
        throw DataError(cat(path.string(), ": its name does not tell its family: ", e.what()));
      }
    case Kind::SentencePiece:
      break;
  }
  return load_sentencepiece(path, options);
}

}  // namespace

std::unique_ptr<Tokenizer> load_tokenizer(const fs::path& path) {
  if (!fs::is_directory(path)) {
    if (!fs::exists(path)) throw Error(cat(path.string(), ": there is no such file or folder"));
    return load_file(path);
  }
  if (const fs::path json = path / "tokenizer.json"; fs::exists(json)) {
    BpeTokenizerParts parts = read_tokenizer_json(json);
    read_special_files(path, parts);
    return make_bpe_tokenizer(std::move(parts), json.string());
  }
  if (const fs::path tekken = path / "tekken.json"; fs::exists(tekken)) return load_file(tekken);
  if (const fs::path model = path / "tokenizer.model"; fs::exists(model)) {
    return load_file(model, options_in(path));
  }

  std::vector<fs::path> tiktoken;
  for (const auto& entry : fs::directory_iterator(path)) {
    if (entry.path().extension() == ".tiktoken") tiktoken.push_back(entry.path());
  }
  if (tiktoken.size() == 1) return load_file(tiktoken.front());
  throw DataError(cat(path.string(),
                      ": has no tokenizer.json, tekken.json, tokenizer.model or (one) *.tiktoken"));
}

}  // namespace roux
