#include "roux/config/sections/regime.h"

#include "roux/base/error.h"

namespace roux {

using Interval = std::optional<std::int64_t>;

void describe(config::EnumValues<SaveModelOnly>& value) {
  value("all", SaveModelOnly::All, "Every checkpoint holds the model alone.");
  value("all_but_last", SaveModelOnly::AllButLast,
        "Checkpoints lose all but the model once a newer one is there.");
}

void RegimeConfig::describe(config::Fields<RegimeConfig>& field) {
  using R = RegimeConfig;
  field("num_steps", &R::num_steps, "Optimizer steps to take; unset: until the data ends.")
      .at_least(1);
  field("num_data_epochs", &R::num_data_epochs,
        "Passes over the data; unset: as many as num_steps needs.")
      .at_least(1);
  field(
      "max_wall_time", &R::max_wall_time,
      "How long the process may run: then the run saves a checkpoint and ends well, to be gone on "
      "with by the same command. For queues with a time limit. A plain number counts minutes.")
      .counts(std::chrono::minutes(1))
      .at_least(std::chrono::seconds(1));

  field("validate_at_start", &R::validate_at_start, "Validate before the first step.");
  field("validate_after_n_steps", &R::validate_after_n_steps,
        "Don't validate before more steps than these.")
      .at_least(0);
  field("validate_every_n_steps", &R::validate_every_n_steps,
        "Validate after every so many steps; unset: not by steps.")
      .at_least(1);
  field("validate_after_n_data_epochs", &R::validate_after_n_data_epochs,
        "Don't validate before more data epochs than these.")
      .at_least(0);
  field("validate_every_n_data_epochs", &R::validate_every_n_data_epochs,
        "Validate after every so many data epochs; unset: not by epochs.")
      .at_least(1);

  field("score_metric", &R::score_metric,
        "The validation metric by which checkpoints are compared; unset: they aren't.");
  field("early_stopping_patience", &R::early_stopping_patience,
        "End after so many validations in a row that brought no better score_metric; unset: don't.")
      .at_least(1);

  field("checkpoint_after_n_steps", &R::checkpoint_after_n_steps,
        "Don't save before more steps than these.")
      .at_least(0);
  field("checkpoint_every_n_steps", &R::checkpoint_every_n_steps,
        "Save after every so many steps; unset: not by steps. The last step is always saved.")
      .at_least(1);
  field("checkpoint_after_n_data_epochs", &R::checkpoint_after_n_data_epochs,
        "Don't save before more data epochs than these.")
      .at_least(0);
  field("checkpoint_every_n_data_epochs", &R::checkpoint_every_n_data_epochs,
        "Save after every so many data epochs; unset: not by epochs.")
      .at_least(1);
  field("save_model_only", &R::save_model_only,
        "Save the model alone: a run can't go on from such a checkpoint. Or \"all_but_last\": "
        "older checkpoints lose the rest, the newest keeps it.");
  field("export_hugging_face", &R::export_hugging_face,
        "Also write each checkpoint as a Hugging Face folder.");

  field("keep_last_n_checkpoints", &R::keep_last_n_checkpoints,
        "Keep the newest so many. With no keep_* setting all are kept.")
      .at_least(1);
  field("keep_best_n_checkpoints", &R::keep_best_n_checkpoints,
        "Keep the best so many by score_metric.")
      .at_least(1);
  field("keep_checkpoint_every_n_steps", &R::keep_checkpoint_every_n_steps,
        "Keep the checkpoints of steps that this divides.")
      .at_least(1);

  field("publish_metrics_after_n_steps", &R::publish_metrics_after_n_steps,
        "Don't report metrics before more steps than these.")
      .at_least(0);
  field("publish_metrics_every_n_steps", &R::publish_metrics_every_n_steps,
        "Report metrics after every so many steps; unset: not by steps.")
      .at_least(1);
  field("publish_norms_every_n_steps", &R::publish_norms_every_n_steps,
        "Also report the norms of the parameters, and of what a step changed, in all and by block, "
        "of every so many steps, which takes a copy of the parameters; unset: don't.")
      .at_least(1);
  field("publish_metrics_after_n_data_epochs", &R::publish_metrics_after_n_data_epochs,
        "Don't report metrics before more data epochs than these.")
      .at_least(0);
  field("publish_metrics_every_n_data_epochs", &R::publish_metrics_every_n_data_epochs,
        "Report metrics after every so many data epochs; unset: not by epochs.")
      .at_least(1);
}

namespace {

// Records that `key` must be a multiple of another setting, where both are set.
void check_multiple(config::Problems& problems, const char* key, const Interval& value,
                    const char* other_key, const Interval& other) {
  if (!value || !other || *value % *other == 0) return;
  problems.add(key, cat("must be a multiple of ", other_key, " (", *other, "), but is ", *value));
}

}  // namespace

void RegimeConfig::validate(config::Problems& problems) const {
  // What is validated or saved is reported at the same step, with the metrics of that step.
  check_multiple(problems, "validate_every_n_steps", validate_every_n_steps,
                 "publish_metrics_every_n_steps", publish_metrics_every_n_steps);
  check_multiple(problems, "validate_every_n_data_epochs", validate_every_n_data_epochs,
                 "publish_metrics_every_n_data_epochs", publish_metrics_every_n_data_epochs);
  check_multiple(problems, "checkpoint_every_n_steps", checkpoint_every_n_steps,
                 "publish_metrics_every_n_steps", publish_metrics_every_n_steps);
  check_multiple(problems, "checkpoint_every_n_data_epochs", checkpoint_every_n_data_epochs,
                 "publish_metrics_every_n_data_epochs", publish_metrics_every_n_data_epochs);
  check_multiple(problems, "keep_checkpoint_every_n_steps", keep_checkpoint_every_n_steps,
                 "checkpoint_every_n_steps", checkpoint_every_n_steps);

  check_multiple(problems, "publish_norms_every_n_steps", publish_norms_every_n_steps,
                 "publish_metrics_every_n_steps", publish_metrics_every_n_steps);

  if (early_stopping_patience && !score_metric) {
    problems.add("early_stopping_patience", "must come with a score_metric to compare by");
  }
  if (!keep_best_n_checkpoints) return;
  if (!score_metric) {
    problems.add("keep_best_n_checkpoints", "must come with a score_metric to compare by");
  }
  // A checkpoint without a score of its own step can't be compared.
  check_multiple(problems, "checkpoint_every_n_steps", checkpoint_every_n_steps,
                 "validate_every_n_steps", validate_every_n_steps);
  check_multiple(problems, "checkpoint_every_n_data_epochs", checkpoint_every_n_data_epochs,
                 "validate_every_n_data_epochs", validate_every_n_data_epochs);
}

}  // namespace roux
