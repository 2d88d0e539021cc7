// The cards that come along, against the families that are to make their models.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>
#include <string>

#include "roux/base/error.h"
#include "roux/model/card_store.h"
#include "roux/model/model_family.h"

namespace roux {
namespace {

using ::testing::Contains;
using ::testing::IsEmpty;

TEST(BuiltInCards, AreAllInOrder) {
  const CardStore cards;

  EXPECT_THAT(cards.problems(), IsEmpty());
  EXPECT_GT(cards.names().size(), 50U);
  for (const auto& listed : cards.list()) {
    ASSERT_TRUE(listed.entry) << listed.problem;
    const auto& card = listed.entry->card;
    EXPECT_TRUE(listed.entry->is_built_in) << listed.name;
    EXPECT_TRUE(card.license) << listed.name;
    EXPECT_FALSE(card.summary.empty()) << listed.name;
    EXPECT_TRUE(card.checkpoint && parse_hub_model(*card.checkpoint)) << listed.name;
  }
}

TEST(BuiltInCards, NameFamiliesAndArchitecturesThatThereAre) {
  const auto families = ModelFamilies::standard();

  for (const auto& listed : CardStore().list()) {
    const auto& card = listed.entry.value().card;
    const auto& family = families.get(card.family.value());
    if (card.arch) {
      EXPECT_THAT(family.architectures(), Contains(*card.arch)) << listed.name;
    }
  }
}

TEST(BuiltInCards, NameEachCheckpointOnce) {
  std::set<std::string> checkpoints;
  for (const auto& listed : CardStore().list()) {
    const auto& checkpoint = listed.entry.value().card.checkpoint.value();
    EXPECT_TRUE(checkpoints.insert(checkpoint).second) << checkpoint;
  }
}

TEST(BuiltInCards, HaveFromTheirBaseWhatTheyLeaveOut) {
  const auto entry = CardStore().get("llama3_2_1b_instruct");

  EXPECT_EQ(entry.card.base, "llama3_2_1b");
  EXPECT_EQ(entry.card.family, "llama");
  EXPECT_EQ(entry.card.arch, "llama3_2_1b");
  EXPECT_EQ(entry.card.checkpoint, "hf://meta-llama/Llama-3.2-1B-Instruct");
  EXPECT_EQ(entry.card.summary, "Llama 3.2, 1B, instruct");
  EXPECT_EQ(entry.place, "built in");
}

}  // namespace
}  // namespace roux
