#include "roux/nn/self_attention.h"

#include "roux/ops/rotary.h"

namespace roux::nn {
namespace {

std::shared_ptr<Projection> input_projection(const SelfAttentionOptions& options,
                                             std::int64_t heads) {
  return std::make_shared<Linear>(options.dim, heads * options.head_dim, options.bias,
                                  Init::normal(options.init_deviation));
}

}  // namespace

SelfAttention::SelfAttention(std::int64_t layer, const SelfAttentionOptions& options)
    : layer_(layer),
      options_(options),
      queries_(*this, "q_proj", input_projection(options, options.heads)),
      keys_(*this, "k_proj", input_projection(options, options.key_heads)),
      values_(*this, "v_proj", input_projection(options, options.key_heads)),
      output_(*this, "o_proj",
              std::make_shared<Linear>(options.heads * options.head_dim, options.dim,
                                       options.output_bias,
                                       Init::normal(options.output_init_deviation))) {
  if (options.norm == QueryKeyNorm::None) return;
  const bool whole = options.norm == QueryKeyNorm::Whole;
  child(query_norm_, "q_norm", options.head_dim * (whole ? options.heads : 1),
        options.norm_options);
  child(key_norm_, "k_norm", options.head_dim * (whole ? options.key_heads : 1),
        options.norm_options);
}

at::Tensor SelfAttention::forward(const at::Tensor& x, const PassContext& context) {
  const bool whole = options_.norm == QueryKeyNorm::Whole;
  const auto project = [&](const ProjectionSlot& slot, std::int64_t heads,
                           const std::shared_ptr<Norm>& norm) {
    at::Tensor projected = slot(x);
    if (norm && whole) projected = norm->forward(projected);
    projected = projected.view({x.size(0), heads, options_.head_dim});
    return norm && !whole ? norm->forward(projected) : projected;
  };
  at::Tensor queries = project(queries_, options_.heads, query_norm_);
  at::Tensor keys = project(keys_, options_.key_heads, key_norm_);
  at::Tensor values = project(values_, options_.key_heads, nullptr);

  if (options_.rotation) {
    const ops::Rotation& rotation = context.rotations.at(*options_.rotation);
    queries = ops::rotate(queries, rotation);
    keys = ops::rotate(keys, rotation);
  }
  if (context.cache != nullptr) {
    auto all = context.cache->write(layer_, keys, values);
    keys = std::move(all.keys);
    values = std::move(all.values);
  }
  const at::Tensor mixed =
      ops::attention(queries, keys, values, context.layout, options_.attention);
  return output_(mixed.flatten(1));
}

}  // namespace roux::nn
