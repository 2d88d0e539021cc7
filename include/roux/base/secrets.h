#pragma once

#include <span>
#include <string>
#include <string_view>

namespace roux {

// What logs show instead of a value that must stay secret.
inline constexpr std::string_view kHidden = "<hidden>";

// Whether something of this name holds a secret: it has TOKEN, KEY, SECRET, PASSWORD, PASSWD,
// CREDENTIAL, AUTH or COOKIE in it, in any case. `tokenizer` and `num_key_value_heads` hold none.
bool names_secret(std::string_view name);

// `value` as logs may show it: kHidden if `name` names a secret (counts of tokens are shown), if
// the value is a URL with a user or a secret in it, or if it names secrets itself (`{token =
// "…"}`).
std::string shown_value(std::string_view name, std::string_view value);

// A command line as logs may show it, quoted so that a shell reads it back: `--config
// 'hub.token=<hidden>'`, `--password '<hidden>'`.
std::string shown_command_line(std::span<const std::string> arguments);

}  // namespace roux
