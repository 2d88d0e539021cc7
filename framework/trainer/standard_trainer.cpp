#include "roux/trainer/standard_trainer.h"

#include <ATen/core/grad_mode.h>
#include <ATen/ops/full.h>

#include <algorithm>
#include <cmath>
#include <set>
#include <string_view>
#include <utility>

#include "roux/base/error.h"
#include "roux/base/log.h"
#include "roux/base/strings.h"
#include "roux/metrics/phase_times.h"
#include "roux/metrics/progress_bar.h"
#include "roux/parallel/same_parameters.h"
#include "trainer/derived_metrics.h"
#include "trainer/metrics_of_ranks.h"
#include "trainer/norms.h"
#include "trainer/resume_check.h"
#include "trainer/step_profiler.h"
#include "trainer/train_report.h"
#include "trainer/train_step.h"
#include "trainer/trainer_state.h"

namespace roux {
namespace {

constexpr const char* kStateText = "trainer/state.json";
constexpr const char* kConfigText = "model/config.toml";  // whoever has the model wants it too
constexpr const char* kLossScaleText = "trainer/loss_scale.txt";

// What a rank has of a step: the most of all ranks is what becomes of it.
enum StepOfRank : std::int64_t { kOver, kMore, kBatch };

// "after every so many, but not before more than these".
bool is_due(std::int64_t at, std::int64_t after, const std::optional<std::int64_t>& every) {
  return every && at > after && at % *every == 0;
}

class StandardTrainer final : public Trainer {
 public:
  StandardTrainer(TrainerParts parts, std::unique_ptr<TrainSource> source,
                  std::vector<std::unique_ptr<Validation>> validations)
      : parts_(std::move(parts)),
        source_(std::move(source)),
        validations_(std::move(validations)),
        step_taker_(parts_.config, parts_.parameters, parts_.optimizer, parts_.lr_scheduler,
                    parts_.gangs) {
    if (parts_.profiler.enabled && is_first()) {
      const at::Device device = parts_.parameters.groups().front().values.device();
      profiler_.emplace(parts_.profiler, parts_.profile_folder, device);
    }
  }

  void setup() override {
    parallel::broadcast_parameters(parts_.parameters, *parts_.gangs.data);
    parts_.parameters.allocate_gradients();
    step_taker_.setup();
    for (Modifier* modifier : parts_.modifiers) modifier->parameters_ready(parts_.parameters);
  }

  bool load_checkpoint() override {
    const auto checkpoint = parts_.checkpoints.newest();
    if (checkpoint) {
      restore(*checkpoint);
      log_info("goes on from step ", state_.step, has_ended() ? ", where it ended" : "");
    } else if (!parts_.checkpoints.steps().empty()) {
      throw ConfigError(
          "the output folder holds checkpoints of the model alone (regime.save_model_only), from "
          "which the run can't go on: take another one, with model.path set to this");
    }
    parts_.recorder.begin(state_.step);
    return checkpoint.has_value();
  }

  void train() override {
    if (parts_.regime.score_metric && validations_.empty()) {
      throw ConfigError("regime.score_metric must not be set where nothing is validated");
    }
    for (Modifier* modifier : parts_.modifiers) modifier->train_begins();
    if (parts_.regime.validate_at_start && state_.step == 0) validate();
    times_.begin_anew();
    progress_.emplace(ProgressBarOptions{
        .done = state_.step, .total = parts_.regime.num_steps, .quiet = !is_first()});
    is_last_step_ = any_rank(was_stopped(), "the start");
    while (!is_over()) {
      parts_.meeting.begin_step(state_.step);
      if (fetch()) {
        take_step();
      } else {
        end_epoch();
      }
    }
    progress_.reset();
    if (profiler_) profiler_->finish();
    end();
    for (Modifier* modifier : parts_.modifiers) modifier->train_ends();
  }

  void save_checkpoint() override {
    save();
    parts_.checkpoints.finish();
  }

  void cleanup() override { parts_.recorder.flush(); }

 private:
  // ---- Ranks ----

  Gang& root() const { return *parts_.gangs.root; }
  bool is_first() const { return root().rank() == 0; }

  // Whether one of the ranks says so.
  bool any_rank(bool mine, std::string_view what) const {
    const at::Tensor any = at::full({1}, mine ? 1 : 0, at::kInt);
    root().all_reduce(any, Reduce::Max, what);
    return any.item<int>() != 0;
  }

  // ---- When ----

  bool was_stopped() const {
    if (parts_.stop.requested()) return true;
    return parts_.regime.max_wall_time && report_.age() >= *parts_.regime.max_wall_time;
  }

  bool has_ended() const {
    const RegimeConfig& regime = parts_.regime;
    if (regime.num_steps && state_.step >= *regime.num_steps) return true;
    if (regime.num_data_epochs && state_.epoch >= *regime.num_data_epochs) return true;
    return lacks_patience();
  }

  bool lacks_patience() const {
    const auto& patience = parts_.regime.early_stopping_patience;
    return patience && state_.validations_without_better >= *patience;
  }

  bool is_over() const { return has_ended() || is_last_step_; }

  // ---- A step ----

  // Whether there is a step to take, on whichever rank: those that have come to the end of their
  // data take part with nothing until all have.
  bool fetch() {
    const PhaseTimes::Scope phase(times_, Phase::Data);
    for (;;) {
      micro_batches_ = source_->next_step();
      const std::int64_t mine = micro_batches_ > 0 ? kBatch : source_->has_more() ? kMore : kOver;
      at::Tensor all = at::full({1}, mine, at::kLong);
      agreement_ = root().begin_all_reduce(all, Reduce::Max, "the step's beginning");
      if (mine == kBatch) return true;  // needs no answer, and is not made to wait for it
      std::exchange(agreement_, nullptr)->wait();
      const auto most = all.item<std::int64_t>();
      if (most != kMore) return most == kBatch;
    }
  }

  void take_step() {
    if (profiler_) profiler_->step_begins();
    for (Modifier* modifier : parts_.modifiers) modifier->step_begins(state_.step);
    std::optional<NormsOfStep> norms;
    if (is_first() && is_due(state_.step + 1, 0, parts_.regime.publish_norms_every_n_steps)) {
      norms.emplace(parts_.parameters);
    }
    MetricBag metrics;
    const StepOutcome outcome = step_taker_.take(state_.step, *source_, micro_batches_, metrics,
                                                 times_, [this] { return was_stopped(); });
    if (agreement_) std::exchange(agreement_, nullptr)->wait();
    is_last_step_ = outcome.is_last;
    times_.enter(Phase::Other);
    if (norms && !outcome.skipped) norms->add_to(metrics);
    for (Modifier* modifier : parts_.modifiers) modifier->step_ends(state_.step, outcome.skipped);
    if (profiler_) profiler_->step_ends();
    ++state_.step;
    ++state_.steps_in_epoch;
    progress_->set_note(cat("loss ", outcome.loss));
    progress_->step(static_cast<double>(outcome.num_targets));
    if (outcome.skipped) {
      note_skipped(outcome);
    } else {
      note_taken(outcome, metrics);
    }
    after_step();
  }

  void note_taken(const StepOutcome& outcome, const MetricBag& metrics) {
    state_.skipped_in_row = 0;
    metrics_.add(metrics);
    metrics_.set("grad_norm", outcome.gradient_norm);
    if (outcome.num_targets == 0) return;
    // What is so on all ranks is counted once.
    if (parts_.config.max_grad_norm && is_first()) {
      metrics_.add_count("clipped_steps",
                         outcome.gradient_norm > *parts_.config.max_grad_norm ? 1.0 : 0.0);
    }
    const auto& factor = parts_.config.loss_spike_factor;
    if (factor && state_.loss.is_spike(outcome.loss, *factor)) {
      log_warning("step ", state_.step, ": the loss is ", outcome.loss, ", and was about ",
                  *state_.loss.usual, " before");
    }
    state_.loss.add(outcome.loss);
  }

  void note_skipped(const StepOutcome& outcome) {
    if (is_first()) metrics_.add_count("skipped_steps", 1);
    if (outcome.overflowed) {
      log_info("step ", state_.step, " is skipped: float16 overflowed; the loss is scaled by ",
               step_taker_.scaler()->scale(), " from here on");
      return;
    }
    ++state_.skipped_in_row;
    const std::string what = std::isfinite(outcome.loss)
                                 ? cat("the gradient's norm is ", outcome.gradient_norm)
                                 : cat("the loss is ", outcome.loss);
    if (state_.skipped_in_row > parts_.config.max_skipped_steps) {
      throw Error(cat("step ", state_.step, ": ", what, ", and ", state_.skipped_in_row,
                      " steps in a row were skipped for the like, more than "
                      "trainer.max_skipped_steps: a smaller learning rate may help, and "
                      "trainer.anomaly_detection says where it begins"));
    }
    log_warning("step ", state_.step, " is skipped: ", what);
  }

  void after_step() {
    const RegimeConfig& regime = parts_.regime;
    if (is_due(state_.step, regime.publish_metrics_after_n_steps,
               regime.publish_metrics_every_n_steps)) {
      publish();
    }
    if (is_due(state_.step, regime.validate_after_n_steps, regime.validate_every_n_steps)) {
      validate();
    }
    const auto& samples = parts_.samples;
    if (samples && is_due(state_.step, samples->after_n_steps, samples->every_n_steps)) {
      write_samples();
    }
    if (is_due(state_.step, regime.checkpoint_after_n_steps, regime.checkpoint_every_n_steps)) {
      save_on_the_way();
    }
  }

  void end_epoch() {
    if (state_.steps_in_epoch == 0) throw DataError("the data gives not a single batch");
    ++state_.epoch;
    state_.steps_in_epoch = 0;
    source_->begin_epoch(state_.epoch);
    const RegimeConfig& regime = parts_.regime;
    if (is_due(state_.epoch, regime.publish_metrics_after_n_data_epochs,
               regime.publish_metrics_every_n_data_epochs)) {
      publish();
    }
    if (is_due(state_.epoch, regime.validate_after_n_data_epochs,
               regime.validate_every_n_data_epochs)) {
      validate();
    }
    if (is_due(state_.epoch, regime.checkpoint_after_n_data_epochs,
               regime.checkpoint_every_n_data_epochs)) {
      save_on_the_way();
    }
  }

  // Not where the run has ended: what is reported then belongs into its last checkpoint.
  void save_on_the_way() {
    if (!has_ended()) save();
  }

  void end() {
    if (!has_ended()) {
      log_info("stopped after step ", state_.step,
               parts_.stop.requested() ? ""
               : was_stopped()         ? ": it is time"
                                       : ": another rank was asked to");
      return;  // what follows belongs to the run's end, which is yet to come
    }
    if (lacks_patience()) {
      log_info("ended after step ", state_.step, ": ", state_.validations_without_better,
               " validations in a row brought no better ", *parts_.regime.score_metric);
    }
    publish();
    validate();
  }

  // ---- Reports ----

  void publish() {
    if (state_.published_step == state_.step) return;
    const std::int64_t steps = state_.step - std::exchange(state_.published_step, state_.step);
    if (step_taker_.scaler()) metrics_.set("loss_scale", step_taker_.scaler()->scale());
    const MetricBag merged = merge(metrics_, root());
    if (is_first()) report_.publish(state_, steps, merged, times_);
    metrics_.begin_anew();
    times_.begin_anew();
  }

  // ---- Validation ----

  // Has the model stand for what was learned, without gradients, while `use` runs.
  template <typename Use>
  void use_model(Use use) {
    const at::NoGradGuard no_gradients;
    for (Modifier* modifier : parts_.modifiers) modifier->use_begins();
    use();
    for (Modifier* modifier : parts_.modifiers) modifier->use_ends();
  }

  void validate() {
    if (state_.validated_step == state_.step) return;
    state_.validated_step = state_.step;
    std::set<std::string> reported;
    if (!validations_.empty()) use_model([&] { reported = run_validations(); });
    const auto& score_metric = parts_.regime.score_metric;
    if (score_metric && !reported.contains(*score_metric)) refuse_score(reported);
    if (parts_.samples && !parts_.samples->every_n_steps &&
        state_.step > parts_.samples->after_n_steps) {
      write_samples();
    }
  }

  // The names of what was reported.
  std::set<std::string> run_validations() {
    const PhaseTimes::Scope phase(times_, Phase::Validation);
    std::vector<double> scores;
    std::set<std::string> reported;
    for (const auto& validation : validations_) {
      MetricBag metrics;
      validation->run(metrics);
      std::vector<MetricValue> values = merge(metrics, root()).values();
      std::erase_if(values,
                    [](const MetricValue& each) { return each.name.starts_with("total_"); });
      add_forms_of_loss(values);
      for (const MetricValue& each : values) {
        reported.insert(each.name);
        if (each.name == parts_.regime.score_metric) scores.push_back(each.value);
      }
      const std::string name = validation->name();
      if (is_first())
        report_.record(state_, name.empty() ? "valid" : cat("valid/", name), std::move(values));
    }
    note_scores(scores);
    return reported;
  }

  // What was learned until here is not lost for a name.
  void refuse_score(const std::set<std::string>& reported) {
    state_.validated_step = -1;
    save();
    parts_.checkpoints.finish();
    const std::vector<std::string> names(reported.begin(), reported.end());
    throw ConfigError(cat("regime.score_metric must be one of ", join(names, ", "), ", but is \"",
                          *parts_.regime.score_metric, "\"; step ", state_.step,
                          " is saved, to be gone on from"));
  }

  void write_samples() {
    if (state_.sampled_step == state_.step) return;
    state_.sampled_step = state_.step;
    if (!is_first()) return;
    const PhaseTimes::Scope phase(times_, Phase::Validation);
    use_model([&] { report_.record_samples(state_, parts_.samples->write()); });
  }

  void note_scores(const std::vector<double>& scores) {
    state_.score.reset();
    if (scores.empty()) return;
    double sum = 0.0;
    for (const double score : scores) sum += parts_.score_is_better_higher ? score : -score;
    state_.score = sum / static_cast<double>(scores.size());
    if (!state_.best_score || *state_.score > *state_.best_score) {
      state_.best_score = state_.score;
      state_.validations_without_better = 0;
    } else {
      ++state_.validations_without_better;
    }
  }

  // ---- Checkpoints ----

  void save() {
    if (saved_step_ == state_.step) return;
    const PhaseTimes::Scope phase(times_, Phase::Checkpoint);
    parts_.recorder.flush();
    CheckpointContents contents;
    if (is_first()) {
      contents.texts = parts_.model_texts;
      contents.texts[kConfigText] = parts_.config_text;
    }
    const auto score = state_.validated_step == state_.step ? state_.score : std::nullopt;
    // The ranks have the same tensors, each its place in the data and its metrics.
    if (saves_model_only()) {
      use_model([&] {
        if (is_first()) contents.tensors = model_tensors();
        parts_.checkpoints.save(state_.step, contents, score);
      });
    } else {
      if (is_first()) contents.tensors = tensors();
      add_state(contents.texts);
      parts_.checkpoints.save(state_.step, contents, score);
    }
    saved_step_ = state_.step;
    if (parts_.export_model && is_first()) use_model([&] { parts_.export_model(state_.step); });
  }

  bool saves_model_only() const {
    const auto& only = parts_.regime.save_model_only;
    if (const bool* all = std::get_if<bool>(&only)) return *all;
    return std::get<SaveModelOnly>(only) == SaveModelOnly::All;
  }

  void add_state(std::map<std::string, std::string>& texts) const {
    texts.merge(source_->save());
    texts[metrics_text(root().rank())] = metrics_.save();
    if (!is_first()) return;
    TrainerState state = state_;
    state.total_seconds += report_.age().count();
    texts[kStateText] = write_state(state);
    if (step_taker_.scaler()) texts[kLossScaleText] = step_taker_.scaler()->state();
  }

  std::vector<CheckpointValue> model_tensors() const {
    std::vector<CheckpointValue> tensors;
    for (const nn::FlatGroup& group : parts_.parameters.groups()) {
      for (const nn::FlatEntry& entry : group.entries) {
        tensors.push_back({cat("model/", entry.name), nn::entry_of(group.exact(), entry)});
      }
    }
    return tensors;
  }

  // Everything with numbers: the parameters, and what optimizer and modifiers keep.
  std::vector<CheckpointValue> tensors() const {
    std::vector<CheckpointValue> tensors = model_tensors();
    for (const OptimizerState& state : parts_.optimizer.state()) {
      const std::string owner = state.parameter.empty() ? "" : cat(state.parameter, '/');
      tensors.push_back({cat("optimizer/", owner, state.name), state.value});
    }
    for (std::size_t i = 0; i < parts_.modifiers.size(); ++i) {
      for (const ModifierTensor& state : parts_.modifiers[i]->state()) {
        tensors.push_back({cat("modifiers/", i, '/', state.name), state.value});
      }
    }
    return tensors;
  }

  void restore(const Checkpoint& checkpoint) {
    const auto& texts = checkpoint.texts();
    const auto text = [&](const char* name) -> const std::string& {
      const auto found = texts.find(name);
      if (found == texts.end()) {
        throw DataError(cat(checkpoint.folder().string(), " has no ", name));
      }
      return found->second;
    };
    check_resume(text(kConfigText), parts_.config_text);
    const TrainerState state = read_state(text(kStateText));
    checkpoint.read(tensors());
    parts_.parameters.round_masters();
    source_->load(texts);
    metrics_ = restore_metrics(texts, root());
    if (step_taker_.scaler()) step_taker_.scaler()->load_state(text(kLossScaleText));
    state_ = state;
    saved_step_ = state.step;
  }

  TrainerParts parts_;
  std::unique_ptr<TrainSource> source_;
  std::vector<std::unique_ptr<Validation>> validations_;
  TrainReport report_{parts_};
  StepTaker step_taker_;
  TrainerState state_;
  MetricBag metrics_;
  PhaseTimes times_;
  std::optional<ProgressBar> progress_;
  std::optional<StepProfiler> profiler_;
  std::int64_t saved_step_ = -1;
  std::size_t micro_batches_ = 0;  // of the step that was fetched, on this rank
  bool is_last_step_ = false;      // a rank wants to end

  Pending agreement_;  // whether there is a step, while the ranks agree about it
};

}  // namespace

std::unique_ptr<Trainer> make_standard_trainer(
    TrainerParts parts, std::unique_ptr<TrainSource> source,
    std::vector<std::unique_ptr<Validation>> validations) {
  return std::make_unique<StandardTrainer>(std::move(parts), std::move(source),
                                           std::move(validations));
}

}  // namespace roux
