#include "roux/config/toml.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <sstream>

#include "config/toml_parser.h"
#include "roux/base/error.h"
#include "roux/base/files.h"
#include "roux/base/strings.h"

namespace roux::config {
namespace {

struct Source {
  std::shared_ptr<const std::string> name;
  std::shared_ptr<const std::filesystem::path> folder;

  Place at(const toml::source_region& region) const {
    return at(static_cast<int>(region.begin.line), static_cast<int>(region.begin.column));
  }
  Place at(int line, int column) const { return {name, line, column, folder}; }
};

const std::string kTooDeep = cat("is nested deeper than ", kMaxNesting, " levels");

[[noreturn]] void refuse(const Place& place, std::string_view what) {
  throw ConfigError(place.is_default() ? std::string(what) : cat(to_string(place), ": ", what));
}

// Converts toml++'s tree, whose maps are sorted, into ours, in the order of the file.
class Converter {
 public:
  explicit Converter(Source source) : source_(std::move(source)) {}

  Value convert(const toml::node& node, int depth) const {
    Place place = source_.at(node.source());
    if (depth > kMaxNesting) refuse(place, kTooDeep);

    switch (node.type()) {
      case toml::node_type::boolean:
        return {**node.as_boolean(), std::move(place)};
      case toml::node_type::integer:
        return {**node.as_integer(), std::move(place)};
      case toml::node_type::floating_point:
        return {**node.as_floating_point(), std::move(place)};
      case toml::node_type::string:
        return {**node.as_string(), std::move(place)};
      case toml::node_type::array:
        return {convert_array(*node.as_array(), depth), std::move(place)};
      case toml::node_type::table:
        return {convert_table(*node.as_table(), depth), std::move(place)};
      default:
        return {Date{written(node)}, std::move(place)};
    }
  }

 private:
  Array convert_array(const toml::array& array, int depth) const {
    Array converted;
    for (const auto& element : array) converted.push_back(convert(element, depth + 1));
    return converted;
  }

  Table convert_table(const toml::table& table, int depth) const {
    std::vector<std::pair<std::string, Value>> entries;
    for (const auto& [key, node] : table) {
      Value value = convert(node, depth + 1);
      value.set_key_place(source_.at(key.source()));
      entries.emplace_back(std::string(key.str()), std::move(value));
    }
    std::ranges::stable_sort(entries, {}, [](const auto& entry) {
      return std::pair(entry.second.key_place().line, entry.second.key_place().column);
    });

    Table converted;
    for (auto& [key, value] : entries) converted.set(key, std::move(value));
    return converted;
  }

  static std::string written(const toml::node& node) {
    std::ostringstream out;
    node.visit([&](const auto& concrete) {
      if constexpr (toml::is_chronological<decltype(concrete)>) out << *concrete;
    });
    return out.str();
  }

  Source source_;
};

// Refuses keys of very many parts before toml++ builds them: it nests a table for each, and taking
// a million of them down again overflows the stack.
class NestingScan {
 public:
  NestingScan(std::string_view text, const Source& source) : text_(text), source_(source) {}

  void run() {
    while (at_ < text_.size()) {
      const char c = text_[at_];
      if (c == '#') {
        skip_to_line_end();
      } else if (c == '"' || c == '\'') {
        skip_string(c);
      } else {
        count(c);
        ++at_;
      }
    }
  }

 private:
  void count(char c) {
    if (c == '\n') {
      ++line_;
      line_begin_ = at_ + 1;
    }
    if (c == '.') {
      if (++dots_ >= kMaxNesting) {
        refuse(source_.at(line_, static_cast<int>(at_ - line_begin_) + 1),
               cat("a key has over ", kMaxNesting, " parts"));
      }
    } else if (c == '\n' || c == '=' || c == ',' || c == '{' || c == '[' || c == ']') {
      dots_ = 0;
    }
  }

  void skip_to_line_end() {
    while (at_ < text_.size() && text_[at_] != '\n') ++at_;
  }

  void skip_string(char quote) {
    const std::string triple(3, quote);
    const bool multiline = text_.substr(at_).starts_with(triple);
    at_ += multiline ? 3 : 1;
    while (at_ < text_.size()) {
      if (multiline ? text_.substr(at_).starts_with(triple) : text_[at_] == quote) {
        at_ += multiline ? 3 : 1;
        // Up to two quotes may stand before those that end the string.
        for (int i = 0; multiline && i < 2 && text_.substr(at_).starts_with(quote); ++i) ++at_;
        return;
      }
      if (quote == '"' && text_[at_] == '\\') ++at_;
      if (at_ < text_.size() && text_[at_] == '\n') {
        if (!multiline) return;  // an error that toml++ will name
        count('\n');
      }
      ++at_;
    }
  }

  std::string_view text_;
  const Source& source_;
  std::size_t at_ = 0;
  std::size_t line_begin_ = 0;
  int line_ = 1;
  int dots_ = 0;
};

// Where a byte stands in a text, lines and columns counted in characters.
Place place_of(std::string_view text, std::size_t byte, const Source& source) {
  const auto before = text.substr(0, byte);
  const auto line = std::count(before.begin(), before.end(), '\n') + 1;
  const auto last = before.substr(before.rfind('\n') + 1);  // npos + 1 is 0
  const auto column =
      std::count_if(last.begin(), last.end(), [](char c) { return (c & 0xC0) != 0x80; }) + 1;
  return source.at(static_cast<int>(line), static_cast<int>(column));
}

void check_encoding(std::string_view text, const Source& source) {
  if (text.starts_with("\xFF\xFE") || text.starts_with("\xFE\xFF")) {
    refuse(source.at(1, 1), "is UTF-16, but a config must be UTF-8");
  }
  const auto invalid = find_invalid_utf8(text);
  if (invalid == std::string_view::npos) return;
  constexpr std::string_view kHex = "0123456789ABCDEF";
  const auto byte = static_cast<unsigned char>(text[invalid]);
  refuse(place_of(text, invalid, source),
         cat("is not UTF-8: the byte 0x", kHex[byte >> 4U], kHex[byte & 0xFU]));
}

std::string with_article(std::string_view noun) {
  const bool vowel = std::string_view("aeiou").find(noun.substr(0, 1)) != std::string_view::npos;
  return cat(vowel ? "an " : "a ", noun);
}

// What toml++ says is wrong, as a user who never heard of its parser would want to read it.
std::string readable(std::string_view description) {
  const auto line = description.substr(0, std::min(description.find('\n'), description.size()));
  constexpr std::string_view kWhile = "Error while parsing ";
  if (!line.starts_with(kWhile)) return std::string(line);

  const auto colon = line.find(": ");
  const auto inside = line.substr(kWhile.size(), colon - kWhile.size());
  const auto what = line.substr(colon + 2);
  const auto says = [&](std::string_view text) {
    return what.find(text) != std::string_view::npos;
  };
  if (says("cannot redefine")) return cat("is given twice: ", what);
  if (says("exceeded maximum nested")) return kTooDeep;
  if (says("encountered end-of-file")) return cat("the file ends inside of ", with_article(inside));
  if (says("expected '\\n' after '\\r'")) return "has a carriage return without a line feed";
  // What starts like a word ends up as one of these.
  const bool word = says("could not determine value type") || says("saw 'T'") ||
                    says("expected 'true'") || says("expected 'false'") || says("expected 'nan'") ||
                    says("expected 'inf'") || says("expected value-terminator");
  if (word) return cat("is no value (a text needs quotes): ", what);
  return cat(what, " (in ", with_article(inside), ")");
}

Value parse(std::string_view text, const Source& source) {
  if (text.size() > kMaxConfigBytes) {
    refuse(source.at(1, 1),
           cat("is ", text.size(), " bytes, but a config may have at most ", kMaxConfigBytes));
  }
  check_encoding(text, source);
  NestingScan(text, source).run();
  try {
    const toml::table table = toml::parse(text, *source.name);
    return Converter(source).convert(table, 0);
  } catch (const toml::parse_error& error) {
    refuse(source.at(error.source()), readable(error.description()));
  }
}

}  // namespace

Value parse_toml(std::string_view text, std::string_view source,
                 const std::filesystem::path& folder) {
  return parse(text, {std::make_shared<std::string>(source),
                      std::make_shared<std::filesystem::path>(folder)});
}

Value load_toml(const std::filesystem::path& file) {
  std::string text;
  try {
    text = read_file(file, kMaxConfigBytes);
  } catch (const Error& error) {
    throw ConfigError(error.what());
  }
  return parse_toml(text, file.string(), std::filesystem::absolute(file).parent_path());
}

Value parse_toml_value(std::string_view text, const Place& place) {
  // On a line of its own, so that a text which holds several lines is no second key.
  const auto document = cat("value = ", text, "\n");
  const auto source = Source{std::make_shared<std::string>("value"), nullptr};
  Value parsed = [&] {
    try {
      return parse(document, source);
    } catch (const ConfigError&) {
      throw ConfigError(cat("is no TOML value: ", printable(text)));
    }
  }();
  auto* table = parsed.as<Table>();
  if (table->entries().size() != 1) {
    throw ConfigError(cat("is no single TOML value: ", printable(text)));
  }

  struct Placed {
    static void put(Value& value, const Place& where) {
      Value::Data data = value.data();
      if (auto* array = std::get_if<Array>(&data)) {
        for (auto& element : *array) put(element, where);
      } else if (auto* inner = std::get_if<Table>(&data)) {
        for (auto& [key, element] : inner->entries()) put(element, where);
      }
      value = Value(std::move(data), where);
    }
  };
  Placed::put(table->entries()[0].second, place);
  return std::move(table->entries()[0].second);
}

std::size_t find_invalid_utf8(std::string_view text) {
  const auto continues = [&](std::size_t at) {
    return at < text.size() && (static_cast<unsigned char>(text[at]) & 0xC0U) == 0x80U;
  };
  for (std::size_t at = 0; at < text.size();) {
    const auto first = static_cast<unsigned char>(text[at]);
    if (first < 0x80) {
      ++at;
      continue;
    }
    const std::size_t size = first >= 0xF0 ? 4 : first >= 0xE0 ? 3 : 2;
    if (first < 0xC2 || first > 0xF4) return at;
    for (std::size_t i = 1; i < size; ++i) {
      if (!continues(at + i)) return at;
    }
    // The second byte rules out what is too long for its character, surrogates, and what is too
    // large.
    const auto second = static_cast<unsigned char>(text[at + 1]);
    if ((first == 0xE0 && second < 0xA0) || (first == 0xED && second > 0x9F) ||
        (first == 0xF0 && second < 0x90) || (first == 0xF4 && second > 0x8F)) {
      return at;
    }
    at += size;
  }
  return std::string_view::npos;
}

namespace {

std::string basic_string(std::string_view text) {
  std::ostringstream out;
  out << '"';
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto c = static_cast<unsigned char>(text[i]);
    switch (c) {
      case '"':
        out << "\\\"";
        break;
      case '\\':
        out << "\\\\";
        break;
      case '\n':
        out << "\\n";
        break;
      case '\t':
        out << "\\t";
        break;
      case '\r':
        out << "\\r";
        break;
      default:
        if (c < 0x20 || c == 0x7F) {
          constexpr std::string_view kHex = "0123456789ABCDEF";
          out << "\\u00" << kHex[c >> 4U] << kHex[c & 0xFU];
        } else {
          out << text[i];
        }
    }
  }
  out << '"';
  return out.str();
}

// The shortest text that reads back as the same number, and as a float.
std::string written(double value) {
  if (std::isnan(value)) return "nan";
  if (std::isinf(value)) return value > 0 ? "inf" : "-inf";

  const double size = std::abs(value);
  const bool plain = size == 0.0 || (size >= 1e-5 && size < 1e15);
  std::array<char, 64> buffer{};
  const auto end = std::to_chars(buffer.data(), buffer.data() + buffer.size(), value,
                                 plain ? std::chars_format::fixed : std::chars_format::scientific);
  std::string text(buffer.data(), end.ptr);
  if (text.find_first_of(".e") == std::string::npos) text += ".0";
  return text;
}

struct Writer {
  std::string operator()(bool value) const { return value ? "true" : "false"; }
  std::string operator()(std::int64_t value) const { return std::to_string(value); }
  std::string operator()(double value) const { return written(value); }
  std::string operator()(const std::string& value) const { return basic_string(value); }
  std::string operator()(const Text& value) const { return basic_string(value.text); }
  std::string operator()(const Date& value) const { return value.text; }
  std::string operator()(const Array& array) const {
    std::vector<std::string> parts;
    for (const auto& element : array) parts.push_back(to_toml(element));
    return cat("[", join(parts, ", "), "]");
  }
  std::string operator()(const Table& table) const {
    std::vector<std::string> parts;
    for (const auto& [key, value] : table.entries()) {
      parts.push_back(cat(quote_key(key), " = ", to_toml(value)));
    }
    return cat("{", join(parts, ", "), "}");
  }
};

}  // namespace

std::string to_toml(const Value& value) {
  return std::visit(Writer(), value.data());
}

}  // namespace roux::config
