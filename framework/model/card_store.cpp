#include "roux/model/card_store.h"

#include <algorithm>
#include <cctype>
#include <cstdlib>
#include <map>
#include <set>
#include <utility>

#include "model/built_in_cards.h"
#include "roux/base/error.h"
#include "roux/base/strings.h"
#include "roux/config/load.h"
#include "roux/config/sections/common.h"
#include "roux/config/toml.h"
#include "roux/model/safetensors.h"

namespace roux {
namespace {

namespace fs = std::filesystem;
using config::Value;

// A card as it was written, before it is laid over its base.
struct WrittenCard {
  std::string name;
  Value table;
  bool is_built_in;

  std::string place() const {
    return is_built_in ? "built in" : config::to_string(table.key_place());
  }

  bool replaces() const {
    const auto* value = find("replaces");
    const auto* flag = value ? value->as<bool>() : nullptr;
    return flag != nullptr && *flag;
  }

  std::optional<std::string> base() const {
    const auto* value = find("base");
    const auto* text = value ? value->as<std::string>() : nullptr;
    return text && *text != config::kNone ? std::optional(*text) : std::nullopt;
  }

  const Value* find(std::string_view key) const { return table.as<config::Table>()->find(key); }
};

std::vector<fs::path> toml_files_in(const fs::path& folder) {
  std::vector<fs::path> files;
  for (const auto& entry : fs::directory_iterator(folder)) {
    const bool hidden = entry.path().filename().string().starts_with('.');
    if (entry.path().extension() == ".toml" && !hidden) files.push_back(entry.path());
  }
  std::sort(files.begin(), files.end());
  return files;
}

bool holds_tokenizer(const fs::path& path) {
  std::error_code ignored;
  if (!fs::is_directory(path, ignored)) return fs::exists(path, ignored);
  for (const auto& entry : fs::directory_iterator(path, ignored)) {
    const std::string name = entry.path().filename().string();
    if (name == "tokenizer.json" || name == "tokenizer.model" || name.ends_with(".tiktoken")) {
      return fs::exists(entry.path(), ignored);
    }
  }
  return false;
}

fs::path local_path(const std::string& text, const fs::path& folder) {
  const char* home = std::getenv("HOME");
  if (home != nullptr && (text == "~" || text.starts_with("~/"))) return home + text.substr(1);
  return (folder / text).lexically_normal();
}

fs::path local_path(const std::string& text, const Value* value) {
  return local_path(text, value && value->place().folder ? *value->place().folder : fs::path());
}

// What `value`, a text of a card, names. `holds` says whether a path holds what is meant by it.
CardFiles look_for(const Value* value, const HubCache& cache, bool (*holds)(const fs::path&),
                   std::string_view what) {
  const auto* text = value ? value->as<std::string>() : nullptr;
  if (text == nullptr || *text == config::kNone) return {.why_not = "the card names none"};

  std::optional<fs::path> path;
  if (const auto model = parse_hub_model(*text)) {
    path = cache.find(*model);
    if (!path) return {.why_not = cache.why_not(*model)};
  } else {
    path = local_path(*text, value);
    std::error_code ignored;
    if (!fs::exists(*path, ignored)) return {.why_not = cat(path->string(), " is not there")};
  }
  if (!holds(*path)) return {.why_not = cat(path->string(), " holds no ", what)};
  return {.path = path};
}

// Rules that look at a whole card are mostly broken because one of its keys is: that one is told.
void throw_problems(const config::Problems& problems) {
  config::Problems of_keys;
  for (const config::Problem& problem : problems.all()) {
    if (!problem.key.empty()) of_keys.add_at(problem.place, problem.key, problem.text);
  }
  of_keys.throw_if_any();
  problems.throw_if_any();
}

// How what is not there is had: "`hf download a/b` (…)", or nothing to say of a path.
std::vector<std::string> ways_to(const std::optional<std::string>& location, std::string_view it) {
  const auto model = location ? parse_hub_model(*location) : std::nullopt;
  if (!model) return {};
  return {cat("download ", it, " (`hf download ", model->repository,
              model->revision == "main" ? "" : " --revision ",
              model->revision == "main" ? "" : model->revision,
              "`; HF_HOME or HF_HUB_CACHE say where the cache is)")};
}

// "Either a, or b, or c."
std::string either(const std::vector<std::string>& ways) {
  std::string text = join(ways, ", or ");
  if (ways.size() > 1) return cat("Either ", text);
  text[0] = static_cast<char>(std::toupper(static_cast<unsigned char>(text[0])));
  return text;
}

}  // namespace

struct CardStore::State {
  HubCache cache;
  std::map<std::string, std::vector<WrittenCard>, std::less<>> cards;  // the built-in one first
  std::vector<std::string> problems;

  void add(const Value& file, bool is_built_in) {
    for (const auto& [name, table] : file.as<config::Table>()->entries()) {
      if (table.as<config::Table>() == nullptr) {
        problems.push_back(cat(config::to_string(table.key_place()), ": ", name,
                               " must be a table, the card of a model of that name, but is ",
                               config::describe(table)));
      } else {
        cards[name].push_back({name, table, is_built_in});
      }
    }
  }

  void add_file(const fs::path& file) {
    try {
      add(config::load_toml(file), false);
    } catch (const Error& error) {
      problems.emplace_back(error.what());
    }
  }

  std::vector<std::string> names() const {
    std::vector<std::string> names;
    for (const auto& [name, written] : cards) names.push_back(name);
    return names;
  }

  [[noreturn]] void fail_unknown(std::string_view name) const {
    std::string text = cat("no model card is called \"", name, "\"", did_you_mean(name, names()));
    if (!problems.empty()) {
      text += cat("; it may be in what could not be read:\n  ", join(problems, "\n  "));
    }
    throw ConfigError(text);
  }

  // The card that counts of those called `name`.
  const WrittenCard& pick(std::string_view name) const {
    const auto found = cards.find(name);
    if (found == cards.end()) fail_unknown(name);
    const auto& all = found->second;
    const bool built_in = all.front().is_built_in;
    const std::size_t first = built_in ? 1 : 0;
    if (all.size() == first) return all.front();
    if (all.size() > first + 1) {
      throw ConfigError(cat("two model cards are called \"", name, "\": ", all[first].place(),
                            " and ", all[first + 1].place()));
    }
    const auto& card = all[first];
    if (built_in && !card.replaces()) {
      throw ConfigError(cat(card.place(), ": a built-in model card is called \"", name,
                            "\": take another name, or say replaces = true"));
    }
    if (!built_in && card.replaces()) {
      throw ConfigError(cat(card.place(), ": ", name,
                            " replaces a built-in model card, but there "
                            "is none of that name"));
    }
    return card;
  }

  const WrittenCard& base_of(const WrittenCard& card, const std::string& base) const {
    if (base != card.name) {
      if (cards.contains(base)) return pick(base);
      throw ConfigError(cat(config::to_string(card.find("base")->place()),
                            ": base: no model card "
                            "is called \"",
                            base, "\"", did_you_mean(base, names())));
    }
    const auto& first = cards.find(card.name)->second.front();
    if (first.is_built_in && !card.is_built_in) return first;
    throw ConfigError(cat(card.place(), ": ", card.name, " can't be its own base"));
  }

  // `card` and what it stands on, the lowest first.
  std::vector<const WrittenCard*> chain_of(const WrittenCard& card) const {
    std::vector<const WrittenCard*> chain = {&card};
    while (const auto base = chain.back()->base()) {
      const auto* next = &base_of(*chain.back(), *base);
      const bool again = std::find(chain.begin(), chain.end(), next) != chain.end();
      chain.push_back(next);
      if (again) {
        std::vector<std::string> names;
        for (const auto* each : chain) names.push_back(each->name);
        throw ConfigError(cat(card.place(), ": the model card \"", card.name,
                              "\" stands on itself: ", join(names, " -> ")));
      }
    }
    std::reverse(chain.begin(), chain.end());
    return chain;
  }

  ModelCardEntry get(std::string_view name) const {
    const auto& card = pick(name);
    std::vector<config::ConfigSource> layers;
    for (const auto* each : chain_of(card)) {
      Value table = each->table;
      if (each != &card) {
        // What a card says of itself alone.
        for (const char* own : {"base", "replaces", "summary"}) {
          table.as<config::Table>()->erase(own);
        }
      }
      layers.push_back({.table = std::move(table)});
    }
    const auto loaded = config::load_config(config_type<ModelCard>(), layers, config::NoCatalog());
    throw_problems(loaded.problems);

    const auto& tree = *loaded.tree->as<config::Table>();
    const auto& typed = *std::static_pointer_cast<ModelCard>(loaded.object);
    return {.name = card.name,
            .card = typed,
            .place = card.place(),
            .is_built_in = card.is_built_in,
            .checkpoint =
                look_for(tree.find("checkpoint"), cache, holds_safetensors, "safetensors file"),
            .tokenizer = look_for(tree.find(typed.tokenizer ? "tokenizer" : "checkpoint"), cache,
                                  holds_tokenizer, "tokenizer"),
            .chat_template = chat_template_of(typed, tree.find("chat_template"))};
  }

  static std::string chat_template_of(const ModelCard& card, const Value* written) {
    if (!card.chat_template) return "";
    if (!card.chat_template->ends_with(".jinja")) return *card.chat_template;
    return local_path(*card.chat_template, written).string();
  }
};

CardStore::CardStore(std::vector<fs::path> folders, HubCache cache) {
  auto state = std::make_shared<State>(State{.cache = std::move(cache)});
  for (const auto& [file, text] : built_in_cards()) {
    state->add(config::parse_toml(text, cat("built-in ", file), {}), true);
  }
  std::set<fs::path> seen;
  for (const auto& folder : folders) {
    std::error_code error;
    if (!seen.insert(fs::weakly_canonical(folder, error)).second) continue;
    try {
      if (fs::is_regular_file(folder, error)) {
        state->add_file(folder);
      } else {
        for (const auto& file : toml_files_in(folder)) state->add_file(file);
      }
    } catch (const fs::filesystem_error& failed) {
      state->problems.push_back(
          cat("cannot read the model cards in ", folder, ": ", failed.code().message()));
    }
  }
  state_ = std::move(state);
}

std::vector<fs::path> CardStore::user_folders(const AssetsConfig& assets) {
  auto folders = assets.extra_paths;
  if (const char* cards = std::getenv("ROUX_CARDS")) {
    for (const auto& folder : split(cards, ':')) {
      if (!folder.empty()) folders.emplace_back(folder);
    }
  }
  const char* xdg = std::getenv("XDG_CONFIG_HOME");
  const char* home = std::getenv("HOME");
  fs::path config;
  if (xdg != nullptr && *xdg != '\0') {
    config = xdg;
  } else if (home != nullptr && *home != '\0') {
    config = fs::path(home) / ".config";
  }
  std::error_code ignored;
  if (!config.empty() && fs::is_directory(config / "roux" / "cards", ignored)) {
    folders.push_back(config / "roux" / "cards");
  }
  return folders;
}

std::vector<std::string> CardStore::names() const {
  return state_->names();
}

ModelCardEntry CardStore::get(std::string_view name) const {
  return state_->get(name);
}

std::vector<ListedCard> CardStore::list() const {
  std::vector<ListedCard> list;
  for (auto& name : names()) {
    ListedCard listed{.name = name};
    try {
      listed.entry = get(name);
    } catch (const Error& error) {
      listed.problem = error.what();
    }
    list.push_back(std::move(listed));
  }
  return list;
}

std::span<const std::string> CardStore::problems() const {
  return state_->problems;
}

fs::path CardStore::checkpoint_of(std::string_view name) const {
  const auto entry = get(name);
  if (entry.checkpoint.path) return *entry.checkpoint.path;

  auto ways = ways_to(entry.card.checkpoint, "them");
  ways.emplace_back("give their folder (model.path in a config)");
  if (entry.card.family && entry.card.arch) {
    ways.push_back(cat("make new ones of that shape (model.name = \"none\" with model.family = \"",
                       *entry.card.family, "\", model.arch = \"", *entry.card.arch,
                       "\" and a tokenizer of your own in a config)"));
  }
  throw ConfigError(cat("the weights of the model card \"", name, "\" are not on this machine: ",
                        entry.checkpoint.why_not, ". ", either(ways)));
}

TokenizerFiles CardStore::tokenizer_of(std::string_view name) const {
  const auto entry = get(name);
  if (entry.tokenizer.path) {
    return {*entry.tokenizer.path, entry.card.tokenizer_family.value_or(""), entry.chat_template};
  }
  auto ways = ways_to(entry.card.tokenizer ? entry.card.tokenizer : entry.card.checkpoint, "it");
  ways.emplace_back("give the folder of its files (tokenizer.path in a config)");
  throw ConfigError(cat("the tokenizer of the model card \"", name, "\" is not on this machine: ",
                        entry.tokenizer.why_not, ". ", either(ways)));
}

const HubCache& CardStore::cache() const {
  return state_->cache;
}

namespace {

bool is_there(const fs::path& path) {
  std::error_code ignored;
  return fs::status(path, ignored).type() != fs::file_type::not_found;
}

bool is_path(const std::string& word) {
  return word.find('/') != std::string::npos || is_there(word);
}

[[noreturn]] void fail_no_path(const std::string& word, const HubCache& cache) {
  std::string text = cat("there is no file or folder ", word);
  // As Hugging Face's own tools take a model's name.
  if (!word.starts_with('/') && !word.starts_with('.') && cache.find({word})) {
    text += cat(" (did you mean hf://", word, "?)");
  }
  throw ConfigError(text);
}

// nullopt: it is no path, and may be a card's name.
std::optional<fs::path> find_path(const std::string& word, const CardStore& cards) {
  std::optional<HubModel> model;
  try {
    model = parse_hub_model(word);
  } catch (const ConfigError& error) {
    throw ConfigError(cat("a model ", error.what()));
  }
  if (model) {
    if (auto found = cards.cache().find(*model)) return found;
    throw ConfigError(cat(word, " is not on this machine: ", cards.cache().why_not(*model), ". ",
                          either(ways_to(word, "it"))));
  }
  if (!is_path(word)) return std::nullopt;
  if (!is_there(word)) fail_no_path(word, cards.cache());
  return word;
}

[[noreturn]] void fail_unknown(const std::string& word, const CardStore& cards) {
  std::string text =
      cat('"', word, "\" is neither a file, a folder nor a model card (`roux models` lists those)",
          did_you_mean(word, cards.names()));
  for (const std::string& problem : cards.problems()) text += cat("\nnot read: ", problem);
  throw ConfigError(text);
}

}  // namespace

bool is_card(const std::string& word, const CardStore& cards) {
  if (is_path(word)) return false;
  const auto names = cards.names();
  return std::find(names.begin(), names.end(), word) != names.end();
}

fs::path find_checkpoint(const std::string& word, const CardStore& cards) {
  if (auto path = find_path(word, cards)) return *std::move(path);
  if (!is_card(word, cards)) fail_unknown(word, cards);
  return cards.checkpoint_of(word);
}

TokenizerFiles find_tokenizer(const std::string& word, const CardStore& cards) {
  if (auto path = find_path(word, cards)) {
    std::error_code ignored;
    if (fs::is_directory(*path, ignored) && !holds_tokenizer(*path)) {
      throw ConfigError(
          cat(path->string(), ": has no tokenizer.json, tokenizer.model or *.tiktoken"));
    }
    return {*std::move(path)};
  }
  if (!is_card(word, cards)) fail_unknown(word, cards);
  return cards.tokenizer_of(word);
}

}  // namespace roux
