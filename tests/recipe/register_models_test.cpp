#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>

#include "roux/base/error.h"
#include "roux/config/sections/common.h"
#include "roux/di/container.h"
#include "roux/model/model_hub.h"
#include "roux/recipe/composition.h"

namespace roux {
namespace {

using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::ThrowsMessage;

// A recipe's own kind of model: here a small Llama under another name.
class MyFamily final : public ModelFamily {
 public:
  explicit MyFamily(std::string name) : name_(std::move(name)) {}

  std::string name() const override { return name_; }
  std::vector<std::string> model_types() const override { return {}; }
  std::vector<std::string> architectures() const override { return {"small"}; }
  std::shared_ptr<LanguageModel> create(const std::string&,
                                        const ModelOverrides& overrides) const override {
    return ModelFamilies::standard().get("llama").create("llama3_2_1b", overrides);
  }
  std::shared_ptr<LanguageModel> create_from_huggingface(const std::string&,
                                                         const std::filesystem::path&,
                                                         const ModelOverrides&) const override {
    throw Error("not in this test");
  }

 private:
  std::string name_;
};

void add_models_and(const std::string& family, di::Container& container) {
  register_models(container);
  container.collect<ModelFamily>([family] { return std::make_unique<MyFamily>(family); });
  container.instance<ModelCommonConfig>(std::make_shared<ModelCommonConfig>());
  container.seal();
}

TEST(RegisterModels, LetsARecipeAddAFamily) {
  di::Container container;
  add_models_and("mine", container);

  const PlannedModel planned = container.get<ModelHub>().plan({.family = "mine"});

  EXPECT_EQ(planned.model->vocab_size(), 128256);
  EXPECT_THAT(container.get<ModelFamilies>().names(), Contains("qwen3"));
}

TEST(RegisterModels, RefusesASecondFamilyOfOneName) {
  di::Container container;
  add_models_and("llama", container);

  EXPECT_THAT([&] { container.get<ModelHub>(); },
              ThrowsMessage<Error>(HasSubstr("two model families called \"llama\"")));
}

}  // namespace
}  // namespace roux
