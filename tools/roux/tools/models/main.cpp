// `roux models`: which model cards there are, and which weights are on this machine.
#include <algorithm>
#include <iostream>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>
#include <vector>

#include "roux/base/error.h"
#include "roux/config/sections/common.h"
#include "roux/config/toml.h"
#include "roux/model/card_store.h"
#include "tool/tool.h"

namespace roux::tool {
namespace {

using Json = nlohmann::ordered_json;
using Texts = std::vector<std::pair<std::string, std::string>>;

CardStore make_store(const Arguments& arguments) {
  AssetsConfig assets;
  for (const auto& folder : arguments.all("--cards")) assets.extra_paths.emplace_back(folder);
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
  std::size_t width = 0;
  for (const auto& [key, text] : texts) width = std::max(width, key.size());
  for (const auto& [key, text] : texts) {
    std::cout << key << std::string(width - key.size() + 2, ' ') << text << '\n';
  }
}

void list(const std::vector<ListedCard>& cards) {
  std::vector<std::vector<std::string>> rows = {{"name", "family", "arch", "weights"}};
  for (const auto& listed : cards) {
    const auto& entry = *listed.entry;
    rows.push_back({entry.name, entry.card.family.value_or("-"), entry.card.arch.value_or("-"),
                    entry.checkpoint.path ? entry.checkpoint.path->string() : "-"});
  }
  std::vector<std::size_t> width(rows.front().size());
  for (const auto& row : rows) {
    for (std::size_t i = 0; i < row.size(); ++i) width[i] = std::max(width[i], row[i].size());
  }
  for (const auto& row : rows) {
    for (std::size_t i = 0; i + 1 < row.size(); ++i) {
      std::cout << row[i] << std::string(width[i] - row[i].size() + 2, ' ');
    }
    std::cout << row.back() << '\n';
  }
}

void warn(const std::string& problem) {
  std::cerr << "roux: " << problem << '\n';
}

int run(const Arguments& arguments) {
  const auto store = make_store(arguments);
  const bool as_json = arguments.has("--json");
  if (!arguments.operands.empty()) {
    const auto entry = store.get(arguments.operands[0]);
    if (as_json) {
      std::cout << json_of(entry).dump(2) << '\n';
    } else {
      show(entry);
    }
    return 0;
  }

  for (const auto& problem : store.problems()) warn(problem);
  std::vector<ListedCard> cards;
  for (auto& listed : store.list()) {
    if (!listed.entry) {
      warn(listed.problem);
    } else if (!arguments.has("--here") || listed.entry->checkpoint.path) {
      cards.push_back(std::move(listed));
    }
  }
  if (as_json) {
    auto json = Json::array();
    for (const auto& listed : cards) json.push_back(json_of(*listed.entry));
    std::cout << json.dump(2) << '\n';
  } else {
    list(cards);
  }
  return 0;
}

const Tool& models() {
  static const Tool tool{
      "models",
      "lists the model cards, and which weights are on this machine",
      "",
      {{.operands = {"[NAME]"},
        .options = {{.name = "--here", .help = "only those whose weights are on this machine"},
                    {.name = "--cards",
                     .value = "FOLDER",
                     .help = "also the cards in that folder",
                     .repeatable = true},
                    {.name = "--json", .help = "as JSON, for programs"}},
        .details =
            "With a NAME, all that its card says. Cards are looked for among the built-in ones, "
            "in\n"
            "the folders of ROUX_CARDS (separated by ':') and in ~/.config/roux/cards; weights in\n"
            "the local Hugging Face cache too. Nothing is downloaded.\n",
        .run = run}}};
  return tool;
}

}  // namespace
}  // namespace roux::tool

int main(int argc, char** argv) {
  return roux::tool::tool_main(roux::tool::models(), argc, argv);
}
