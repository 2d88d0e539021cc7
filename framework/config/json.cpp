#include "roux/config/json.h"

#include <cmath>
#include <sstream>
#include <variant>

#include "roux/config/toml.h"

namespace roux::config {
namespace {

// JSON's strings, but for the control characters, are TOML's basic strings.
std::string quoted(const std::string& text) {
  return to_toml(Value(text, {}));
}

class JsonWriter {
 public:
  explicit JsonWriter(std::ostringstream& out) : out_(out) {}

  void write(const Value& value) { std::visit(*this, value.data()); }

  void operator()(bool value) { out_ << (value ? "true" : "false"); }
  void operator()(std::int64_t value) { out_ << value; }
  void operator()(double value) {
    const auto text = to_toml(Value(value, {}));
    out_ << (std::isfinite(value) ? text : quoted(text));
  }
  void operator()(const std::string& value) { out_ << quoted(value); }
  void operator()(const Text& value) { out_ << quoted(value.text); }
  void operator()(const Date& value) { out_ << quoted(value.text); }

  void operator()(const Array& array) {
    nested('[', ']', array, [&](const Value& element) { write(element); });
  }
  void operator()(const Table& table) {
    nested('{', '}', table.entries(), [&](const auto& entry) {
      out_ << quoted(entry.first) << ": ";
      write(entry.second);
    });
  }

 private:
  template <typename Elements, typename Write>
  void nested(char open, char close, const Elements& elements, const Write& write_one) {
    if (elements.empty()) {
      out_ << open << close;
      return;
    }
    out_ << open;
    depth_ += 2;
    const char* separator = "";
    for (const auto& element : elements) {
      out_ << separator << '\n' << std::string(depth_, ' ');
      write_one(element);
      separator = ",";
    }
    depth_ -= 2;
    out_ << '\n' << std::string(depth_, ' ') << close;
  }

  std::ostringstream& out_;
  std::size_t depth_ = 0;
};

}  // namespace

std::string to_json(const Value& value) {
  std::ostringstream out;
  JsonWriter(out).write(value);
  out << '\n';
  return out.str();
}

}  // namespace roux::config
