#include "recipe/options.h"

#include <boost/program_options.hpp>

#include <algorithm>
#include <sstream>

#include "roux/base/error.h"
#include "roux/base/strings.h"

namespace po = boost::program_options;

namespace roux {
namespace {

po::options_description visible_options(std::span<const Shortcut> shortcuts) {
  po::options_description options("Options", 100);
  for (const Shortcut& each : shortcuts) {
    options.add_options()(each.option.substr(2).c_str(),
                          cat(each.help, " (--config ", each.config, ")").c_str());
  }
  options.add_options()
      // In the order in which people need them.
      ("preset", po::value<std::vector<std::string>>()->value_name("NAME"),
       "start from a config that the recipe brings along")(
          "config-file", po::value<std::vector<std::string>>()->value_name("FILE ..."),
          "lay TOML files over it, in this order")(
          "config", po::value<std::vector<std::string>>()->value_name("KEY=VALUE ..."),
          "set single keys; del:KEY takes one back to its default, set:KEY=VALUE replaces a table "
          "instead of merging into it")(
          "override", po::value<std::vector<std::string>>()->value_name("KEY=VALUE ..."),
          "another spelling of --config")(
          "checkpoint-dir", po::value<std::string>()->value_name("FOLDER"),
          "save checkpoints there; OUTPUT_DIR/checkpoints becomes a link to it")(
          "dump-config", "print the config that would be used, with its docs")(
          "dump-schema", "print the JSON Schema of the config, for editors")(
          "explain", po::value<std::string>()->implicit_value("text", "")->value_name("[=dot]"),
          "print what would be built and from what, as text or for Graphviz")(
          "validate", "check the config and the wiring, build nothing")(
          "dry-run", "build everything, run nothing")("list-presets",
                                                      "print the recipe's presets, one a line")(
          "list-keys", "print every key of the config, one a line")(
          "help,h", po::value<std::string>()->implicit_value("")->value_name("[KEY]"),
          "print this, or what a key of the config means")("version", "print the version");
  return options;
}

po::options_description all_options(std::span<const Shortcut> shortcuts) {
  auto options = visible_options(shortcuts);
  options.add_options()("output-dir", po::value<std::vector<std::string>>());
  return options;
}

bool is_option(std::string_view word) {
  return word.size() > 1 && word[0] == '-';
}

bool is_override(std::string_view word) {
  return word.find('=') != std::string_view::npos || word.starts_with("del:");
}

std::string needs_value(const std::string& option, const std::string& got) {
  const auto what = option == "--config-file" ? "a FILE" : "KEY=VALUE";
  return cat(option, " needs ", what, got.empty() ? "" : cat(", but got ", got));
}

// Gives each value an option of its own, so that only what is a value follows one: of --config,
// words with '=' (and del:…); of --config-file, the first word and then those that end in .toml; of
// --help, one word. What remains may be the output folder.
std::vector<std::string> spread_values(int argc, const char* const* argv) {
  std::vector<std::string> words(argv + 1, argv + argc);
  std::vector<std::string> spread;
  std::string after;  // the option whose values follow
  bool first = false;
  for (std::size_t i = 0; i < words.size(); ++i) {
    const auto& word = words[i];
    if (word == "--") {
      spread.insert(spread.end(), words.begin() + static_cast<std::ptrdiff_t>(i), words.end());
      break;
    }
    const bool value = (after == "--config-file" && (first || word.ends_with(".toml"))) ||
                       ((after == "--config" || after == "--override") && is_override(word)) ||
                       (after == "--help" && first);
    if (!is_option(word) && value) {
      if (after == "--help") spread.pop_back();
      spread.push_back(cat(after, "=", word));
      first = false;
      continue;
    }
    if (first && after != "--help") throw ConfigError(needs_value(after, word));
    if (word == "--explain") {
      // Boost would take the next word for its form.
      spread.push_back("--explain=text");
      after.clear();
      first = false;
      continue;
    }
    const bool takes_values = word == "--config" || word == "--override" || word == "--config-file";
    after = takes_values || word == "--help" ? word : "";
    first = !after.empty();
    if (!takes_values) spread.push_back(word);
  }
  if (first && after != "--help") throw ConfigError(needs_value(after, ""));
  return spread;
}

std::string unknown_option(const std::string& typed, std::span<const Shortcut> shortcuts) {
  std::vector<std::string> names;
  const auto description = visible_options(shortcuts);
  for (const auto& option : description.options()) {
    names.push_back("--" + option->long_name());
  }
  return cat("unknown option ", typed, did_you_mean(typed, names));
}

std::string trim_dashes(const std::string& typed) {
  return typed.starts_with("-") ? typed : "--" + typed;
}

Ask explain_form(const std::string& form) {
  if (form == "dot") return Ask::ExplainDot;
  if (form == "text") return Ask::Explain;
  throw ConfigError(cat("--explain must be text or dot, but is ", form));
}

Ask asked_for(const po::variables_map& given) {
  const std::vector<std::pair<std::string, Ask>> questions = {{"help", Ask::Help},
                                                              {"version", Ask::Version},
                                                              {"list-presets", Ask::ListPresets},
                                                              {"list-keys", Ask::ListKeys},
                                                              {"dump-schema", Ask::DumpSchema},
                                                              {"dump-config", Ask::DumpConfig},
                                                              {"explain", Ask::Explain},
                                                              {"validate", Ask::Validate},
                                                              {"dry-run", Ask::DryRun}};
  std::vector<std::string> asked;
  Ask ask = Ask::Run;
  for (const auto& [name, question] : questions) {
    if (!given.contains(name)) continue;
    asked.push_back("--" + name);
    ask = question;
  }
  if (asked.size() > 1) {
    throw ConfigError(cat(join(asked, " and "), " can't be asked for at once"));
  }
  return ask == Ask::Explain ? explain_form(given["explain"].as<std::string>()) : ask;
}

std::vector<std::string> values_of(const po::variables_map& given, const std::string& name) {
  return given.contains(name) ? given[name].as<std::vector<std::string>>()
                              : std::vector<std::string>();
}

// --config, --override and shortcuts in the order in which they were typed: the later one wins.
std::vector<ConfigWord> overrides_in(const po::parsed_options& parsed,
                                     std::span<const Shortcut> shortcuts) {
  std::vector<ConfigWord> overrides;
  for (const auto& option : parsed.options) {
    for (const Shortcut& each : shortcuts) {
      if (each.option == "--" + option.string_key) overrides.push_back({each.option, each.config});
    }
    if (option.string_key != "config" && option.string_key != "override") continue;
    for (const auto& word : option.value) {
      overrides.push_back({"--" + option.string_key, word});
    }
  }
  return overrides;
}

Options to_options(const po::parsed_options& parsed, std::span<const Shortcut> shortcuts) {
  po::variables_map given;
  po::store(parsed, given);

  Options options;
  options.ask = asked_for(given);
  if (given.contains("help")) options.help_key = given["help"].as<std::string>();
  options.presets = values_of(given, "preset");
  for (const auto& file : values_of(given, "config-file")) options.config_files.emplace_back(file);
  options.overrides = overrides_in(parsed, shortcuts);

  const auto folders = values_of(given, "output-dir");
  if (folders.size() > 1) {
    throw ConfigError(cat("there is one OUTPUT_DIR, but got ", join(folders, ", ")));
  }
  if (!folders.empty()) options.output_dir = folders[0];
  if (given.contains("checkpoint-dir")) {
    options.checkpoint_dir = given["checkpoint-dir"].as<std::string>();
    if (options.checkpoint_dir == "") throw ConfigError("--checkpoint-dir must not be empty");
  }
  if (options.output_dir == "") throw ConfigError("OUTPUT_DIR must not be empty");
  // `--help --preset quick KEY`
  if (options.ask == Ask::Help && options.help_key.empty() && options.output_dir) {
    options.help_key = options.output_dir->string();
  }
  if (options.ask == Ask::Run && !options.output_dir)
    throw ConfigError("OUTPUT_DIR needs to be specified");
  return options;
}

}  // namespace

Options parse_options(int argc, const char* const* argv, std::span<const Shortcut> shortcuts) {
  po::positional_options_description positional;
  positional.add("output-dir", -1);
  // No guessing of shortened options: a script's --conf must not change its meaning one day.
  constexpr int kStyle =
      po::command_line_style::unix_style & ~po::command_line_style::allow_guessing;
  try {
    const auto description = all_options(shortcuts);
    return to_options(po::command_line_parser(spread_values(argc, argv))
                          .options(description)
                          .positional(positional)
                          .style(kStyle)
                          .run(),
                      shortcuts);
  } catch (const po::unknown_option& error) {
    throw ConfigError(unknown_option(trim_dashes(error.get_option_name()), shortcuts));
  } catch (const po::error& error) {
    throw ConfigError(error.what());
  }
}

std::string options_help(std::span<const Shortcut> shortcuts) {
  std::ostringstream out;
  out << visible_options(shortcuts);
  return out.str();
}

}  // namespace roux
