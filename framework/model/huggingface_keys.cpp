#include "model/huggingface_keys.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <optional>
#include <string>
#include <vector>

#include "roux/base/error.h"

namespace roux {
namespace {

struct Key {
  std::string_view ours;

  // What files call it. Where a family lacks the key, what its value comes from stands last.
  std::vector<std::string_view> theirs;
};

const std::vector<Key>& keys() {
  static const std::vector<Key> all{
      {"vocab_size", {"vocab_size"}},
      {"model_dim", {"hidden_size", "n_embd"}},
      {"max_seq_len", {"max_position_embeddings", "n_positions"}},
      {"num_layers", {"num_hidden_layers", "n_layer"}},
      {"num_attn_heads", {"num_attention_heads", "n_head"}},
      {"num_key_value_heads", {"num_key_value_heads", "num_attention_heads", "n_head"}},
      {"head_dim", {"head_dim"}},
      {"ffn_inner_dim", {"intermediate_size", "n_inner", "n_embd"}},
      {"norm_eps", {"rms_norm_eps", "layer_norm_epsilon"}},
      {"sliding_window", {"sliding_window"}},
      {"attention_softcap", {"attn_logit_softcapping"}},
      {"logit_softcap", {"final_logit_softcapping"}},
      {"init_std", {"initializer_range"}},
      {"experts.num_experts", {"num_experts", "num_local_experts"}},
      {"experts.top_k", {"num_experts_per_tok"}},
      {"experts.ffn_inner_dim", {"moe_intermediate_size", "intermediate_size"}},
      {"experts.auxiliary_loss", {"router_aux_loss_coef"}},
      {"experts.every_n_layers", {"decoder_sparse_step"}},
      {"positions.theta", {"rope_theta"}},
      {"positions.sliding_theta", {"sliding_attention.rope_theta", "rope_local_base_freq"}},
      {"positions.rotary_share",
       {"partial_rotary_factor", "head_dim", "num_attention_heads", "n_head"}},
      {"positions.scaling.factor", {"factor", "original_max_position_embeddings"}},
      {"positions.scaling.original_max_positions",
       {"original_max_position_embeddings", "max_position_embeddings"}},
      {"positions.scaling.low_freq_factor", {"low_freq_factor"}},
      {"positions.scaling.high_freq_factor", {"high_freq_factor"}},
      {"positions.scaling.beta_fast", {"beta_fast"}},
      {"positions.scaling.beta_slow", {"beta_slow"}},
      {"positions.scaling.short_factors", {"short_factor"}},
      {"positions.scaling.long_factors", {"long_factor"}},
  };
  return all;
}

// Where keys lie: those of the rotary positions have tables of their own, an older and a newer one,
// and a model that also sees has one for all of its text part.
constexpr std::array<std::string_view, 4> kTables{"rope_scaling", "rope_parameters.full_attention",
                                                  "rope_parameters", ""};

std::optional<HuggingFaceConfig> table_at(const HuggingFaceConfig& config, std::string_view path) {
  std::optional<HuggingFaceConfig> table = config;
  while (table && !path.empty()) {
    const std::size_t dot = std::min(path.find('.'), path.size());
    table = table->table(path.substr(0, dot));
    path.remove_prefix(std::min(dot + 1, path.size()));
  }
  return table;
}

// The name of `theirs` in the file, if it says it.
std::optional<std::string> find(const HuggingFaceConfig& config, std::string_view theirs) {
  const std::size_t dot = theirs.find('.');
  const std::string_view below = dot == theirs.npos ? "" : theirs.substr(0, dot);
  const std::string_view key = dot == theirs.npos ? theirs : theirs.substr(dot + 1);
  for (const std::string_view path : kTables) {
    auto table = table_at(config, path);
    if (table) table = table_at(*table, below);
    if (table && table->has(key)) return table->named(key);
  }
  return std::nullopt;
}

// What the file calls `ours`; nullopt if it has no name for it.
std::optional<std::string> their_name(const HuggingFaceConfig& config, std::string_view ours) {
  for (const Key& key : keys()) {
    if (key.ours != ours) continue;
    for (const std::string_view theirs : key.theirs) {
      if (auto name = find(config, theirs)) return name;
    }
    // What is left out belongs where others of its kind stand.
    for (const std::string_view path : kTables) {
      if (!path.empty() && !ours.starts_with("positions.scaling.")) continue;
      if (const auto table = table_at(config, path)) return table->named(key.theirs.front());
    }
  }
  return std::nullopt;
}

// `text` about the setting `about`, with our names in it as the file's.
std::string in_their_words(const HuggingFaceConfig& config, std::string_view about,
                           std::string_view text) {
  const std::size_t dot = about.rfind('.');
  const std::string_view section = about.substr(0, dot == about.npos ? 0 : dot + 1);
  std::string result;
  while (!text.empty()) {
    std::size_t length = 0;
    const auto in_name = [](unsigned char c) { return std::isalnum(c) != 0 || c == '_'; };
    while (length < text.size() && in_name(static_cast<unsigned char>(text[length]))) ++length;
    const std::string word(text.substr(0, length));
    const auto name = their_name(config, cat(section, word));
    result += name ? *name : word;
    text.remove_prefix(length);
    if (!text.empty()) {
      result += text.front();
      text.remove_prefix(1);
    }
  }
  return result;
}

}  // namespace

void refuse_as_written(const HuggingFaceConfig& config, const config::Problems& problems) {
  const HuggingFaceConfig read = config.table("text_config").value_or(config);
  std::string text = cat(config.file().string(), ':');
  const auto all = problems.all();
  for (const config::Problem& problem : all) {
    text += cat(all.size() == 1 ? " " : "\n  ", their_name(read, problem.key).value_or(problem.key),
                ' ', in_their_words(read, problem.key, problem.text));
  }
  throw DataError(text);
}

}  // namespace roux
