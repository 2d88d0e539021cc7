#include "documents.h"

#include <iostream>
#include <iterator>
#include <nlohmann/json.hpp>
#include <utility>

#include "roux/base/error.h"
#include "roux/base/files.h"
#include "roux/base/strings.h"

namespace roux::tool {
namespace {

std::string name_of(const std::filesystem::path& file) {
  return file == "-" ? "standard input" : file.string();
}

std::string read_all(const std::filesystem::path& file) {
  if (file == "-") return {std::istreambuf_iterator<char>(std::cin), {}};
  return read_file(file);
}

struct Line {
  std::string text;
  std::string place;
};

// The lines that are not blank.
std::vector<Line> lines_of(const std::filesystem::path& file) {
  std::vector<Line> lines;
  std::int64_t number = 0;
  for (std::string& text : split(read_all(file), '\n')) {
    ++number;
    if (text.find_first_not_of(" \t\r") == std::string::npos) continue;
    lines.push_back({std::move(text), cat(name_of(file), ':', number)});
  }
  return lines;
}

nlohmann::json parse(const Line& line) {
  auto json = nlohmann::json::parse(line.text, nullptr, /*allow_exceptions=*/false);
  if (json.is_discarded()) throw DataError(cat(line.place, ": is no JSON"));
  return json;
}

TokenId id_of(const nlohmann::json& value, const Line& line, std::int64_t vocab_size) {
  if (!value.is_number_integer()) {
    throw DataError(cat(line.place, ": must be a list of ids, but holds ", value.dump()));
  }
  const auto id = value.get<std::int64_t>();
  if (id < 0 || id >= vocab_size) {
    throw DataError(
        cat(line.place, ": an id must be from 0 to ", vocab_size - 1, ", but is ", value.dump()));
  }
  return static_cast<TokenId>(id);
}

}  // namespace

std::vector<Document> read_texts(const std::filesystem::path& file, const Tokenizer& tokenizer) {
  std::vector<Document> documents;
  if (file.extension() != ".jsonl" && file.extension() != ".ndjson") {
    documents.push_back({tokenizer.encode(read_all(file)), name_of(file)});
    return documents;
  }
  for (const Line& line : lines_of(file)) {
    const nlohmann::json json = parse(line);
    const auto text = json.is_object() ? json.find("text") : json.end();
    if (!json.is_object() || text == json.end() || !text->is_string()) {
      throw DataError(cat(line.place, ": must be an object with a string \"text\""));
    }
    documents.push_back({tokenizer.encode(text->get_ref<const std::string&>()), line.place});
  }
  return documents;
}

std::vector<Document> read_ids(const std::filesystem::path& file, std::int64_t vocab_size) {
  std::vector<Document> documents;
  for (const Line& line : lines_of(file)) {
    const nlohmann::json json = parse(line);
    if (!json.is_array()) throw DataError(cat(line.place, ": must be a list of ids"));
    Document document{{}, line.place};
    for (const auto& value : json) document.ids.push_back(id_of(value, line, vocab_size));
    documents.push_back(std::move(document));
  }
  return documents;
}

}  // namespace roux::tool
