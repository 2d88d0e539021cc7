#include "roux/base/secrets.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <vector>

#include "roux/base/error.h"
#include "roux/base/strings.h"

namespace roux {
namespace {

constexpr std::size_t kNowhere = std::string_view::npos;

// Words of training that merely look like secrets.
constexpr std::array<std::string_view, 2> kHarmless{"TOKENIZER", "KEY_VALUE"};

constexpr std::array<std::string_view, 8> kSecret{"TOKEN",  "KEY",        "SECRET", "PASSWORD",
                                                  "PASSWD", "CREDENTIAL", "AUTH",   "COOKIE"};

std::string upper(std::string_view text) {
  std::string result(text);
  for (char& c : result) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  return result;
}

// max_num_tokens=4096: a number of tokens, and no secret of that name.
bool counts_tokens(std::string_view name, std::string_view value) {
  constexpr std::string_view kTokens = "TOKENS";
  std::string rest = upper(name);
  const std::size_t tokens = rest.rfind(kTokens);
  const bool is_count = !value.empty() && value.find_first_not_of("0123456789_") == kNowhere;
  if (tokens == kNowhere || !is_count) return false;
  rest.erase(tokens, kTokens.size());
  return !names_secret(rest);
}

bool is_url_with_secret(std::string_view value) {
  const std::size_t scheme = value.find("://");
  if (scheme == kNowhere) return false;
  const std::string_view rest = value.substr(scheme);
  const std::size_t query = rest.find_first_of("?#");
  return rest.find('@') != kNowhere || (query != kNowhere && names_secret(rest.substr(query)));
}

// An inline table, a list of headers: `{token = "…"}`, `Authorization: …`.
bool assigns_secret(std::string_view value) {
  return value.find_first_of("=:") != kNowhere && value.find("://") == kNowhere &&
         names_secret(value);
}

std::string quoted(std::string_view word) {
  const auto is_plain = [](char c) {
    return std::isalnum(static_cast<unsigned char>(c)) != 0 ||
           std::string_view("_-+=.,:/@%").find(c) != kNowhere;
  };
  if (!word.empty() && std::all_of(word.begin(), word.end(), is_plain)) return std::string(word);

  std::string result = "'";
  for (const char c : word) result += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return result + "'";
}

std::string shown_argument(std::string_view argument) {
  const std::size_t equals = argument.find('=');
  if (equals == kNowhere) return quoted(shown_value("", argument));
  const std::string_view name = argument.substr(0, equals);
  return quoted(cat(name, "=", shown_value(name, argument.substr(equals + 1))));
}

}  // namespace

bool names_secret(std::string_view name) {
  std::string rest = upper(name);
  for (const std::string_view harmless : kHarmless) {
    for (std::size_t at = rest.find(harmless); at != kNowhere; at = rest.find(harmless)) {
      rest.replace(at, harmless.size(), " ");  // no new word may arise
    }
  }
  return std::any_of(kSecret.begin(), kSecret.end(),
                     [&](std::string_view secret) { return rest.find(secret) != kNowhere; });
}

std::string shown_value(std::string_view name, std::string_view value) {
  const bool hidden = (names_secret(name) && !counts_tokens(name, value)) ||
                      is_url_with_secret(value) || assigns_secret(value);
  std::string shown(hidden ? kHidden : value);
  // A value must not be able to look like other lines of the log, or to steer the terminal.
  std::replace_if(
      shown.begin(), shown.end(),
      [](char c) { return std::iscntrl(static_cast<unsigned char>(c)) != 0; }, ' ');
  return shown;
}

std::string shown_command_line(std::span<const std::string> arguments) {
  std::vector<std::string> shown;
  bool after_secret_option = false;
  for (const std::string& argument : arguments) {
    shown.push_back(after_secret_option ? quoted(kHidden) : shown_argument(argument));
    after_secret_option = argument.starts_with('-') && argument.find('=') == std::string::npos &&
                          names_secret(argument);
  }
  return join(shown, " ");
}

}  // namespace roux
