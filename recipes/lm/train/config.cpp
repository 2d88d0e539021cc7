#include "config.h"

namespace roux {
namespace data {

void describe(config::EnumValues<PackFit>& value) {
  value("in_order", PackFit::InOrder,
        "One text after the other; what doesn't fit goes on in the next batch: nothing is wasted.");
  value("best", PackFit::Best,
        "Texts whole, each in a batch with room for it; the rest is padded.");
}

}  // namespace data

namespace lm {

void TrainDatasetConfig::describe(config::Fields<TrainDatasetConfig>& field) {
  using C = TrainDatasetConfig;
  field.inherit<DatasetConfig>();
  field("max_seq_len", &C::max_seq_len,
        "The longest piece of a text that is learned in one go, in tokens; longer texts are cut. "
        "Unset: what the model can take, at most max_num_tokens.")
      .at_least(1);
  field("max_num_tokens", &C::max_num_tokens,
        "Tokens of a micro-batch, which is filled with texts.")
      .at_least(1);
  field("fit", &C::fit, "How texts are packed into micro-batches.");
  field("prefetch", &C::prefetch, "Micro-batches that are read ahead.").at_least(1);
}

void TrainDatasetConfig::validate(config::Problems& problems) const {
  DatasetConfig::validate(problems);
  if (max_seq_len && *max_seq_len > max_num_tokens) {
    problems.add("max_seq_len", cat("must be at most max_num_tokens (", max_num_tokens,
                                    "), but is ", *max_seq_len));
  }
}

void SamplesConfig::describe(config::Fields<SamplesConfig>& field) {
  using C = SamplesConfig;
  field("prompts", &C::prompts,
        "Texts that the model goes on with along the way; it is told in the log, in "
        "metrics/texts.jsonl and in TensorBoard. None: it isn't asked.");
  field("after_n_steps", &C::after_n_steps, "Don't ask before more steps than these.").at_least(0);
  field("every_n_steps", &C::every_n_steps,
        "Ask after every so many steps; unset: with each validation.")
      .at_least(1);
}

TrainConfig::TrainConfig() {
  regime.num_steps = 100'000;
  regime.publish_metrics_every_n_steps = 10;
  regime.validate_every_n_steps = 1000;
  regime.checkpoint_every_n_steps = 1000;
  regime.keep_last_n_checkpoints = 1;
}

void TrainConfig::describe(config::Fields<TrainConfig>& field) {
  using C = TrainConfig;
  field("model", &C::model, "The model.");
  field("dataset", &C::dataset, "The texts, and how they become batches.");
  field("tokenizer", &C::tokenizer, "The tokenizer; unset: the model's own.");
  field("gang", &C::gang, "The processes that train together.");
  field("trainer", &C::trainer, "How a step is taken.");
  field("optimizer", &C::optimizer, "What moves the weights.");
  field("lr_scheduler", &C::lr_scheduler, "The learning rate over time.");
  field("regime", &C::regime, "How long, and what happens on the way.");
  field("samples", &C::samples, "What the model is asked to write along the way.");
  field("seq_generator", &C::seq_generator, "How the tokens of samples are chosen.");
  field("modifiers", &C::modifiers, "What is added to the recipe, in this order.");
  field("common", &C::common, "What every recipe has.");
}

void TrainConfig::validate(config::Problems& problems) const {
  check_lr_scheduler(lr_scheduler, regime, problems);
}

}  // namespace lm
}  // namespace roux
