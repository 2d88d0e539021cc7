#include "roux/base/type_name.h"

#include <cxxabi.h>

#include <array>
#include <cctype>
#include <cstdlib>
#include <memory>
#include <string_view>
#include <vector>

#include "roux/base/strings.h"

namespace roux {
namespace {

constexpr std::size_t kNowhere = std::string_view::npos;

std::string demangled(const char* mangled) {
  int status = 0;
  const std::unique_ptr<char, decltype(&std::free)> text(
      abi::__cxa_demangle(mangled, nullptr, nullptr, &status), &std::free);
  return status == 0 ? text.get() : mangled;
}

bool is_identifier(char c) {
  return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_';
}

// Removes `scope` wherever a name starts with it or, if it is `inner`, anywhere in a name.
void remove_scope(std::string& text, std::string_view scope, bool inner) {
  for (std::size_t at = text.find(scope); at != kNowhere; at = text.find(scope, at)) {
    const char before = at == 0 ? ' ' : text[at - 1];
    if (is_identifier(before) || (before == ':' && !inner)) {
      at += scope.size();
    } else {
      text.erase(at, scope.size());
    }
  }
}

void remove_scopes(std::string& text) {
  for (const std::string_view inline_namespace : {"__cxx11::", "__1::", "_V2::"}) {
    remove_scope(text, inline_namespace, true);
  }
  remove_scope(text, "(anonymous namespace)::", true);
  remove_scope(text, "roux::", false);
  remove_scope(text, "main::", false);  // written without parentheses, unlike other functions
}

bool opens(char c) {
  return c == '<' || c == '(' || c == '{' || c == '[';
}
bool closes(char c) {
  return c == '>' || c == ')' || c == '}' || c == ']';
}

// After the symbols of an operator's name ("operator<", "operator()"), which are no brackets; `at`
// is where "operator" may start.
std::size_t skip_operator(std::string_view text, std::size_t at) {
  constexpr std::string_view kOperator = "operator";
  const bool found = text.substr(at).starts_with(kOperator) &&
                     (at == 0 || !is_identifier(text[at - 1])) &&
                     at + kOperator.size() < text.size() &&
                     std::ispunct(static_cast<unsigned char>(text[at + kOperator.size()])) != 0 &&
                     text[at + kOperator.size()] != '_';
  if (!found) return at;

  const std::size_t symbols = at + kOperator.size();
  if (text.substr(symbols).starts_with("()")) return symbols + 2;
  const std::size_t end = text.find_first_not_of("<>=-+*/%&|^!~,[]", symbols);
  return end == kNowhere ? text.size() : end;
}

// The bracket that closes the one at `open`, or kNowhere.
std::size_t closing_bracket(std::string_view text, std::size_t open) {
  std::size_t depth = 0;
  for (std::size_t at = open; at < text.size(); ++at) {
    if (const std::size_t after = skip_operator(text, at); after != at)
      at = after - 1;
    else if (opens(text[at]))
      ++depth;
    else if (closes(text[at]) && --depth == 0)
      return at;
  }
  return kNowhere;
}

std::vector<std::string_view> split_arguments(std::string_view list) {
  std::vector<std::string_view> arguments;
  std::size_t begin = 0;
  for (std::size_t at = 0; at < list.size(); ++at) {
    if (const std::size_t after = skip_operator(list, at); after != at) {
      at = after - 1;
    } else if (opens(list[at])) {
      const std::size_t close = closing_bracket(list, at);
      if (close == kNowhere) break;
      at = close;
    } else if (list[at] == ',') {
      arguments.push_back(trim(list.substr(begin, at - begin)));
      begin = at + 1;
    }
  }
  if (const std::string_view last = trim(list.substr(begin)); !last.empty()) {
    arguments.push_back(last);
  }
  return arguments;
}

// 3ul is 3.
void remove_literal_suffix(std::string& argument) {
  const std::size_t digits = argument.starts_with('-') ? 1 : 0;
  const std::size_t suffix = argument.find_first_not_of("0123456789", digits);
  if (suffix == kNowhere || suffix == digits) return;
  if (argument.find_first_not_of("ul", suffix) == kNowhere) argument.erase(suffix);
}

// `Engine const*` is `const Engine*`.
void put_const_first(std::string& type) {
  constexpr std::string_view kConst = " const";
  for (std::size_t at = 0; at < type.size(); ++at) {
    if (type[at] == '<') {
      at = closing_bracket(type, at);
      if (at == kNowhere) return;
    } else if (type[at] == '*' || type[at] == '&' || type[at] == '(') {
      return;
    } else if (type.compare(at, kConst.size(), kConst) == 0 &&
               (at + kConst.size() == type.size() || !is_identifier(type[at + kConst.size()]))) {
      type.erase(at, kConst.size());
      type.insert(0, "const ");
      return;
    }
  }
}

// Whether the standard library fills in the last of `arguments` by itself.
bool last_is_default(const std::vector<std::string>& arguments) {
  const std::string& last = arguments.back();
  const std::string& first = arguments.front();
  for (const std::string_view helper :
       {"std::allocator<", "std::less<", "std::hash<", "std::equal_to<", "std::default_delete<",
        "std::char_traits<"}) {
    if (last == std::string(helper) + first + ">") return true;
  }

  std::string key = first + " const";
  put_const_first(key);
  return arguments.size() > 2 &&
         last == "std::allocator<std::pair<" + key + ", " + arguments[1] + ">>";
}

// How people call what the standard library spells out.
std::string_view alias_of(std::string_view name) {
  struct Alias {
    std::string_view name;
    std::string_view alias;
  };
  constexpr std::array kAliases{
      Alias{"std::basic_string<char>", "std::string"},
      Alias{"std::basic_string_view<char>", "std::string_view"},
      Alias{"std::basic_ostream<char>", "std::ostream"},
      Alias{"std::basic_istream<char>", "std::istream"},
      Alias{"std::basic_ostringstream<char>", "std::ostringstream"},
  };
  for (const Alias& each : kAliases) {
    if (each.name == name) return each.alias;
  }
  return name;
}

std::string tidy(std::string_view text);

std::vector<std::string> tidy_arguments(std::string_view list) {
  std::vector<std::string> arguments;
  for (const std::string_view argument : split_arguments(list)) {
    arguments.push_back(tidy(argument));
    remove_literal_suffix(arguments.back());
  }
  return arguments;
}

// Appends `<list>` to the template's name at the end of `out`.
void append_template_arguments(std::string& out, std::string_view list) {
  std::size_t name = out.size();
  while (name > 0 && (is_identifier(out[name - 1]) || out[name - 1] == ':')) --name;

  std::vector<std::string> arguments = tidy_arguments(list);
  const bool standard = std::string_view(out).substr(name).starts_with("std::");
  while (standard && arguments.size() > 1 && last_is_default(arguments)) arguments.pop_back();
  out += "<" + join(arguments, ", ") + ">";

  const std::string written = out.substr(name);
  out.replace(name, written.size(), alias_of(written));
}

void append_bracket(std::string& out, char bracket, std::string_view inside) {
  if (bracket == '<') {
    append_template_arguments(out, inside);
  } else if (bracket == '(') {
    out += "(" + join(tidy_arguments(inside), ", ") + ")";
  } else if (bracket == '[') {
    out += "[" + std::string(inside) + "]";
  } else if (inside.starts_with("lambda")) {
    out += "lambda";  // its parameters and number would tell a reader nothing
  } else {
    out += "{" + std::string(inside) + "}";
  }
}

// The end of the function in which a local class or a lambda was written: the last "::" at the
// outer level that follows a parameter list. kNowhere for other types.
std::size_t end_of_function(std::string_view text) {
  constexpr std::string_view kConst = " const";
  std::size_t end = kNowhere;
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (const std::size_t after = skip_operator(text, at); after != at) {
      at = after - 1;
    } else if (opens(text[at])) {
      const bool parameters = text[at] == '(';
      at = closing_bracket(text, at);
      if (at == kNowhere) return kNowhere;
      std::size_t after_list = at + 1;
      if (text.substr(after_list).starts_with(kConst)) after_list += kConst.size();
      if (parameters && text.substr(after_list).starts_with("::")) end = after_list;
    }
  }
  return end;
}

// `void Recipe::make<int>(int) const` is `Recipe::make<int>`.
std::string function_name(std::string_view function) {
  std::size_t begin = 0;
  std::size_t parameters = function.size();
  for (std::size_t at = 0; at < function.size(); ++at) {
    if (const std::size_t after = skip_operator(function, at); after != at) {
      at = after - 1;
    } else if (opens(function[at])) {
      if (function[at] == '(') parameters = at;
      at = closing_bracket(function, at);
      if (at == kNowhere) return std::string(function);
    } else if (function[at] == ' ' && parameters == function.size()) {
      begin = at + 1;  // what stood before was the return type
    }
  }
  return tidy(function.substr(begin, parameters - begin));
}

// A class that was written in a function goes by its own name; a lambda has only the function's.
std::string tidy_local(std::string_view function, std::string_view local) {
  if (!local.starts_with("{lambda")) return tidy(local);
  return "lambda in " + function_name(function) + tidy(local).substr(std::string("lambda").size());
}

std::string tidy(std::string_view text) {
  if (const std::size_t end = end_of_function(text); end != kNowhere) {
    return tidy_local(text.substr(0, end), text.substr(end + 2));
  }

  std::string out;
  for (std::size_t at = 0; at < text.size(); ++at) {
    const std::size_t symbols_end = skip_operator(text, at);
    const std::size_t close = opens(text[at]) ? closing_bracket(text, at) : kNowhere;
    if (symbols_end != at) {
      out += text.substr(at, symbols_end - at);
      at = symbols_end - 1;
    } else if (close == kNowhere) {
      out += text[at];
    } else {
      const std::string_view inside = text.substr(at + 1, close - at - 1);
      append_bracket(out, text[at], inside);
      at = close;
    }
  }
  put_const_first(out);
  return out;
}

}  // namespace

std::string type_name(const std::type_info& type) {
  std::string text = demangled(type.name());
  remove_scopes(text);
  return tidy(text);
}

}  // namespace roux
