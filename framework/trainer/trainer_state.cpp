#include "trainer/trainer_state.h"

#include <nlohmann/json.hpp>

#include "roux/base/error.h"

namespace roux {
namespace {

using Json = nlohmann::ordered_json;

template <typename T>
void put(Json& json, const char* key, const std::optional<T>& value) {
  if (value) json[key] = *value;
}

template <typename T>
void get(const Json& json, const char* key, std::optional<T>& value) {
  if (json.contains(key)) value = json.at(key).get<T>();
}

}  // namespace

std::string write_state(const TrainerState& state) {
  Json json;
  json["step"] = state.step;
  json["epoch"] = state.epoch;
  json["steps_in_epoch"] = state.steps_in_epoch;
  json["skipped_in_row"] = state.skipped_in_row;
  json["losses_seen"] = state.loss.steps;
  put(json, "usual_loss", state.loss.usual);
  json["loss_deviation"] = state.loss.deviation;
  json["total_seconds"] = state.total_seconds;
  json["published_step"] = state.published_step;
  json["validated_step"] = state.validated_step;
  json["sampled_step"] = state.sampled_step;
  put(json, "score", state.score);
  put(json, "best_score", state.best_score);
  json["validations_without_better"] = state.validations_without_better;
  return json.dump(1) + '\n';
}

TrainerState read_state(std::string_view text) {
  try {
    const Json json = Json::parse(text);
    TrainerState state;
    state.step = json.at("step").get<std::int64_t>();
    state.epoch = json.at("epoch").get<std::int64_t>();
    state.steps_in_epoch = json.at("steps_in_epoch").get<std::int64_t>();
    state.skipped_in_row = json.at("skipped_in_row").get<std::int64_t>();
    state.loss.steps = json.at("losses_seen").get<std::int64_t>();
    get(json, "usual_loss", state.loss.usual);
    state.loss.deviation = json.at("loss_deviation").get<double>();
    state.total_seconds = json.at("total_seconds").get<double>();
    state.published_step = json.at("published_step").get<std::int64_t>();
    state.validated_step = json.at("validated_step").get<std::int64_t>();
    state.sampled_step = json.at("sampled_step").get<std::int64_t>();
    get(json, "score", state.score);
    get(json, "best_score", state.best_score);
    state.validations_without_better = json.at("validations_without_better").get<std::int64_t>();
    return state;
  } catch (const Json::exception& error) {
    throw DataError(cat("the state of the trainer in the checkpoint is damaged: ", error.what()));
  }
}

}  // namespace roux
