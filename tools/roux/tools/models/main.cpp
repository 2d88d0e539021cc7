// `roux models`: which model cards there are, which weights are on this machine, and which
// architectures a new model can have.
#include <algorithm>
#include <filesystem>
#include <iostream>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>
#include <vector>

#include "families.h"
#include "roux/base/error.h"
#include "roux/base/strings.h"
#include "roux/config/sections/common.h"
#include "roux/config/toml.h"
#include "roux/model/card_store.h"
#include "tool/table.h"
#include "tool/tool.h"

namespace roux::tool {
namespace {

using Json = nlohmann::ordered_json;
using Texts = std::vector<std::pair<std::string, std::string>>;

CardStore make_store(const Arguments& arguments) {
  AssetsConfig assets;
  for (const auto& folder : arguments.all("--cards")) {
    if (!std::filesystem::exists(folder)) {
      throw ConfigError(cat("models: --cards: there is no folder ", folder));
    }
    assets.extra_paths.emplace_back(folder);
  }
  return CardStore(CardStore::user_folders(assets));
}

bool has_overrides(const ModelCard& card) {
  const auto* table = card.config_overrides.value.as<config::Table>();
  return table != nullptr && !table->empty();
}

// What a card says, key by key; what it leaves out is left out.
Texts texts_of(const ModelCardEntry& entry) {
  const auto& card = entry.card;
  Texts texts = {{"name", entry.name}};
  const auto add = [&](const char* key, const std::optional<std::string>& text) {
    if (text && !text->empty()) texts.emplace_back(key, *text);
  };
  add("summary", card.summary);
  add("family", card.family);
  add("arch", card.arch);
  add("base", card.base);
  if (has_overrides(card)) {
    texts.emplace_back("config_overrides", config::to_toml(card.config_overrides.value));
  }
  add("checkpoint", card.checkpoint);
  add("tokenizer", card.tokenizer);
  add("tokenizer_family", card.tokenizer_family);
  add("chat_template", card.chat_template);
  add("license", card.license);
  add("card", entry.place);
  return texts;
}

Json json_of(const ModelCardEntry& entry) {
  Json json;
  for (const auto& [key, text] : texts_of(entry)) json[key] = text;
  const auto files = [](const CardFiles& of) {
    return of.path ? Json{{"path", of.path->string()}} : Json{{"why_not", of.why_not}};
  };
  json["weights_here"] = files(entry.checkpoint);
  json["tokenizer_here"] = files(entry.tokenizer);
  return json;
}

void show(const ModelCardEntry& entry) {
  auto texts = texts_of(entry);
  const auto add = [&](const char* key, const CardFiles& files) {
    texts.emplace_back(key, files.path ? files.path->string() : "not here: " + files.why_not);
  };
  add("weights here", entry.checkpoint);
  add("tokenizer here", entry.tokenizer);
  Column keys;
  Column values;
  for (const auto& [key, text] : texts) {
    keys.cells.push_back(key);
    values.cells.push_back(text);
  }
  print({keys, values});
}

int show_card(const std::string& name, const CardStore& store, bool as_json) {
  const auto names = store.names();
  if (std::ranges::find(names, name) == names.end() &&
      std::ranges::find(family_names(), name) != family_names().end()) {
    throw ConfigError(cat("no model card is called \"", name, "\", but a family is: roux models ",
                          "--families ", name, " lists its architectures"));
  }
  const auto entry = store.get(name);
  const std::string problem = problem_of(entry, store);
  if (as_json) {
    Json json = json_of(entry);
    if (!problem.empty()) json["problem"] = problem;
    std::cout << json.dump(2) << '\n';
  } else {
    show(entry);
  }
  if (!problem.empty()) throw ConfigError(cat(entry.place, ": ", name, ": ", problem));
  return 0;
}

void print_table(const std::vector<ListedCard>& cards) {
  Column name{{"name"}};
  Column family{{"family"}};
  Column arch{{"arch"}};
  Column weights{{"weights"}};
  for (const auto& listed : cards) {
    const auto& entry = listed.entry;
    name.cells.push_back(listed.name);
    family.cells.push_back(entry ? entry->card.family.value_or("-") : "-");
    arch.cells.push_back(entry ? entry->card.arch.value_or("-") : "-");
    weights.cells.push_back(!listed.problem.empty()
                                ? "wrong: " + join(split(listed.problem, '\n'), "; ")
                            : entry->checkpoint.path ? entry->checkpoint.path->string()
                                                     : "-");
  }
  print({name, family, arch, weights});
}

void print_json(const std::vector<ListedCard>& cards) {
  auto json = Json::array();
  for (const auto& listed : cards) {
    Json card = listed.entry ? json_of(*listed.entry) : Json{{"name", listed.name}};
    if (!listed.problem.empty()) card["problem"] = listed.problem;
    json.push_back(std::move(card));
  }
  std::cout << json.dump(2) << '\n';
}

void warn(const std::string& problem) {
  std::cerr << "roux: " << problem << '\n';
}

// A card that is wrong stays in the list, with what is wrong: it was written to be found there.
int list_cards(const CardStore& store, bool only_here, bool as_json) {
  for (const auto& problem : store.problems()) warn(problem);
  std::vector<ListedCard> cards;
  for (auto& listed : store.list()) {
    const bool is_here = listed.entry && listed.entry->checkpoint.path;
    if (only_here && !is_here) continue;
    if (listed.entry && !listed.entry->is_built_in) {
      listed.problem = problem_of(*listed.entry, store);
    }
    cards.push_back(std::move(listed));
  }
  if (as_json) {
    print_json(cards);
  } else {
    print_table(cards);
  }
  return 0;
}

int run(const Arguments& arguments) {
  for (const char* other : {"--here", "--names", "--cards"}) {
    refuse_together(arguments, "models", "--families", other);
  }
  refuse_together(arguments, "models", "--names", "--json");
  const std::string name = arguments.operands.empty() ? "" : arguments.operands[0];
  const bool as_json = arguments.has("--json");
  if (arguments.has("--families")) {
    print_architectures(name, as_json);
    return 0;
  }
  for (const char* option : {"--here", "--names"}) {
    if (!name.empty() && arguments.has(option)) {
      throw ConfigError(cat("models: ", option, " is for the list of all cards, but \"", name,
                            "\" is asked for"));
    }
  }
  const auto store = make_store(arguments);
  if (arguments.has("--names")) {
    for (const auto& each : store.list()) {
      const bool is_here = each.entry && each.entry->checkpoint.path;
      if (is_here || !arguments.has("--here")) std::cout << each.name << '\n';
    }
    return 0;
  }
  return name.empty() ? list_cards(store, arguments.has("--here"), as_json)
                      : show_card(name, store, as_json);
}

const Tool& models() {
  static const Tool tool{
      "models",
      "lists model cards, architectures, and which weights are on this machine",
      "",
      {{.operands = {"[CARD]"},
        .options = {{.name = "--here", .help = "only those whose weights are on this machine"},
                    {.name = "--cards",
                     .value = "FOLDER",
                     .help = "also the cards in that folder",
                     .repeatable = true},
                    {.name = "--families",
                     .help = "the architectures that a new model can have, with their sizes, "
                             "instead of the cards; CARD is then the name of a family",
                     .choices = {family_names().begin(), family_names().end()}},
                    {.name = "--names", .help = "the names alone, one a line"},
                    {.name = "--json", .help = "as JSON, for programs"}},
        .details =
            "With a CARD, all that it says. Cards are looked for among the built-in ones, in the\n"
            "folders of ROUX_CARDS (separated by ':') and in ~/.config/roux/cards; weights in the\n"
            "local Hugging Face cache too. Nothing is downloaded. A card that can't be used is\n"
            "listed as wrong, with the reason.\n",
        .run = run}}};
  return tool;
}

}  // namespace
}  // namespace roux::tool

int main(int argc, char** argv) {
  return roux::tool::tool_main(roux::tool::models(), argc, argv);
}
