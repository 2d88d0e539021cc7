#include "roux/config/toml.h"

#define TOML_EXCEPTIONS 1
#include <toml++/toml.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <sstream>

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

[[noreturn]] void refuse(const Place& place, std::string_view what) {
  throw ConfigError(place.is_default() ? std::string(what) : cat(to_string(place), ": ", what));
}

// Converts toml++'s tree, whose maps are sorted, into ours, in the order of the file.
class Converter {
 public:
  explicit Converter(Source source) : source_(std::move(source)) {}

  Value convert(const toml::node& node, int depth) const {
    Place place = source_.at(node.source());
    if (depth > kMaxNesting) refuse(place, cat("is nested deeper than ", kMaxNesting, " levels"));

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
        return;
      }
      if (text_[at_] == '\n') {
        if (!multiline) return;  // an error that toml++ will name
        count('\n');
      }
      at_ += quote == '"' && text_[at_] == '\\' ? 2 : 1;
    }
  }

  std::string_view text_;
  const Source& source_;
  std::size_t at_ = 0;
  std::size_t line_begin_ = 0;
  int line_ = 1;
  int dots_ = 0;
};

std::string first_line(std::string_view text) {
  return std::string(text.substr(0, std::min(text.find('\n'), text.size())));
}

Value parse(std::string_view text, const Source& source) {
  if (text.size() > kMaxConfigBytes) {
    refuse(source.at(1, 1),
           cat("is ", text.size(), " bytes, but a config may have at most ", kMaxConfigBytes));
  }
  NestingScan(text, source).run();
  try {
    const toml::table table = toml::parse(text, *source.name);
    return Converter(source).convert(table, 0);
  } catch (const toml::parse_error& error) {
    refuse(source.at(error.source()), first_line(error.description()));
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
    } catch (const ConfigError& error) {
      throw ConfigError(cat("is no TOML value: ", text));
    }
  }();
  auto* table = parsed.as<Table>();
  if (table->entries().size() != 1) throw ConfigError(cat("is no single TOML value: ", text));

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
