#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "roux/model/hub_cache.h"
#include "roux/model/model_card.h"

namespace roux {

struct AssetsConfig;

// Where a card's checkpoint or tokenizer lies, or would lie.
struct CardFiles {
  std::optional<std::filesystem::path> path;  // if it is on this machine
  std::string why_not;                        // where it was looked for, if it isn't
};

// A tokenizer that is on this machine, and what its card says of it that its files don't.
struct TokenizerFiles {
  std::filesystem::path path;      // a folder, or one file
  std::string family = {};         // of a tiktoken file; "": its name tells it
  std::string chat_template = {};  // a built-in one's name, or a .jinja file; "": its folder's own
};

// A card with all that it has from others, and where it was written.
struct ModelCardEntry {
  std::string name;
  ModelCard card;
  std::string place;  // "/home/me/cards/mine.toml:3:1", or "built in"
  bool is_built_in = false;
  CardFiles checkpoint;
  CardFiles tokenizer;
  std::string chat_template;  // as TokenizerFiles has it
};

// One card of a list, or why it is none.
struct ListedCard {
  std::string name;
  std::optional<ModelCardEntry> entry;
  std::string problem;
};

// All model cards: the built-in ones, and those in the TOML files of folders that users name.
//
// Files are read when it is made, cards when they are asked for. What is wrong with a file or a
// card breaks no other one.
//
// Immutable; every member may be called from any thread.
class CardStore {
 public:
  explicit CardStore(std::vector<std::filesystem::path> folders = {}, HubCache cache = HubCache());

  // The folders of a run: [common.assets] extra_paths, $ROUX_CARDS (separated by ':') and
  // $XDG_CONFIG_HOME/roux/cards, or ~/.config/roux/cards, if it is there.
  static std::vector<std::filesystem::path> user_folders(const AssetsConfig& assets);

  // All names, sorted.
  std::vector<std::string> names() const;

  // The card called `name`. Throws ConfigError if there is none, or two, or it is wrong.
  ModelCardEntry get(std::string_view name) const;

  // Every card, sorted by name.
  std::vector<ListedCard> list() const;

  // The files and folders that could not be read, each with its reason.
  std::span<const std::string> problems() const;

  // The folder or file of a card's weights, or of its tokenizer. Throws ConfigError if it isn't on
  // this machine, and says where it was looked for and what else can be done.
  std::filesystem::path checkpoint_of(std::string_view name) const;
  TokenizerFiles tokenizer_of(std::string_view name) const;

  // Where it looks for hf://….
  const HubCache& cache() const;

 private:
  struct State;
  std::shared_ptr<const State> state_;
};

// Whether a word of a command line is a card's name, and no path.
bool is_card(const std::string& word, const CardStore& cards);

// The checkpoint, or the tokenizer, that a word of a command line names: a path,
// `hf://ORGANISATION/NAME` in the local cache, or a model card; of two that are called the same,
// the path. Throws ConfigError where there is none, and says where it was looked for.
std::filesystem::path find_checkpoint(const std::string& word, const CardStore& cards);
TokenizerFiles find_tokenizer(const std::string& word, const CardStore& cards);

}  // namespace roux
