#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <nlohmann/json.hpp>
#include <set>
#include <string>

#include "roux/base/error.h"
#include "roux/model/model_family.h"
#include "roux/nn/slot.h"

namespace roux {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::ThrowsMessage;

// What transformers counts on the meta device, with the published config.json of each.
nlohmann::json published() {
  return nlohmann::json::parse(std::ifstream(ROUX_ARCHITECTURES));
}

const ModelFamily& family_of(const ModelFamilies& families, const nlohmann::json& entry) {
  return *families.find_model_type(entry["config"]["model_type"].get<std::string>());
}

TEST(Architectures, HaveThePublishedNumberOfParameters) {
  const ModelFamilies families = ModelFamilies::standard();
  int known = 0;
  const auto all = published();
  for (const auto& [name, entry] : all.items()) {
    const ModelFamily& family = family_of(families, entry);
    const auto names = family.architectures();
    if (std::find(names.begin(), names.end(), name) == names.end()) continue;
    ++known;

    const auto model = family.create(name);

    EXPECT_EQ(nn::parameter_count(*model), entry["parameters"].get<std::int64_t>()) << name;
  }
  EXPECT_GE(known, 50);
}

// What no slot holds, no LoRA, quantiser or parallel plan can reach.
TEST(Architectures, HaveEachMatrixButEmbeddingsInASlot) {
  const ModelFamilies families = ModelFamilies::standard();
  for (const auto& family : families.all()) {
    const auto model = family->create(family->architectures().front());
    std::set<std::string> in_slots;
    for (const auto& place : nn::slot_places(*model)) in_slots.insert(place.name + ".weight");

    for (const auto& place : nn::parameter_places(*model)) {
      if (place.value.dim() < 2 || place.name.starts_with("embed_")) continue;
      EXPECT_EQ(in_slots.count(place.name), 1U) << family->name() << ": " << place.name;
    }
  }
}

TEST(Architectures, AreWhatThePublishedConfigsSay) {
  const ModelFamilies families = ModelFamilies::standard();
  const auto all = published();
  for (const auto& [name, entry] : all.items()) {
    const ModelFamily& family = family_of(families, entry);
    const auto names = family.architectures();
    if (std::find(names.begin(), names.end(), name) == names.end()) continue;

    const auto by_name = family.create(name);
    const auto by_config = family.create_from_huggingface(entry["config"].dump(), name);

    EXPECT_EQ(by_name->huggingface()->config, by_config->huggingface()->config) << name;
  }
}

TEST(Architectures, AreAllHeldToAPublishedOne) {
  const auto all = published();
  const ModelFamilies families = ModelFamilies::standard();
  std::vector<std::string> alone;
  for (const auto& family : families.all()) {
    for (const std::string& name : family->architectures()) {
      if (!all.contains(name)) alone.push_back(name);
    }
  }
  EXPECT_THAT(alone, IsEmpty());
}

TEST(Architectures, AreSuggestedWhereOneIsMisspelt) {
  const ModelFamilies families = ModelFamilies::standard();

  EXPECT_THAT([&] { families.get("lama"); },
              ThrowsMessage<ConfigError>(HasSubstr("did you mean \"llama\"")));
  EXPECT_THAT([&] { families.get("llama").create("llama3_8"); },
              ThrowsMessage<ConfigError>(HasSubstr("did you mean \"llama3_8b\"")));
}

TEST(Architectures, TakeOverrides) {
  const ModelFamilies families = ModelFamilies::standard();
  config::RawTable overrides;
  overrides.value.as<config::Table>()->set("num_layers",
                                           config::Value(std::int64_t{2}, config::Place()));

  const auto model = families.get("llama").create("llama3_2_1b", {overrides});

  EXPECT_EQ(model->blocks().size(), 2);
}

TEST(Architectures, RefuseOverridesThatDoNotFit) {
  const ModelFamilies families = ModelFamilies::standard();
  config::RawTable overrides;
  auto* table = overrides.value.as<config::Table>();
  table->set("num_attn_heads", config::Value(std::int64_t{3}, config::Place()));
  table->set("modle_dim", config::Value(std::int64_t{8}, config::Place()));

  EXPECT_THAT([&] { families.get("llama").create("llama3_8b", {overrides}); },
              ThrowsMessage<ConfigError>(HasSubstr("did you mean \"model_dim\"")));
}

}  // namespace
}  // namespace roux
