#include "optim/parameter_groups.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <string>

#include "optim/small_model.h"
#include "roux/base/error.h"
#include "roux/optim/optimizers.h"

namespace roux {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Pair;
using ::testing::ThrowsMessage;
using ::testing::UnorderedElementsAre;

const std::vector<Wanted> kWanted{
    {"embed", {4, 2}}, {"blocks.0.weight", {2}}, {"blocks.0.bias", {2}}, {"blocks.1.bias", {2}}};

std::map<std::string, std::size_t> group_of_each(
    const std::vector<std::vector<std::string>>& patterns) {
  SmallModel model(kWanted);
  const ParameterGroups groups = group_parameters(model.parameters(), patterns);
  std::map<std::string, std::size_t> found;
  for (std::size_t buffer = 0; buffer < groups.of.size(); ++buffer) {
    const nn::FlatGroup& flat = model.parameters().groups()[buffer];
    for (std::size_t i = 0; i < flat.entries.size(); ++i) {
      found[flat.entries[i].name] = groups.of[buffer][i];
    }
  }
  return found;
}

TEST(ParameterGroups, TakeAParameterByTheFirstMatchAndTheRestLast) {
  EXPECT_THAT(group_of_each({{".*\\.bias"}, {"nothing|blocks\\.0", "blocks\\.1"}}),
              UnorderedElementsAre(Pair("embed", 2), Pair("blocks.0.weight", 1),
                                   Pair("blocks.0.bias", 0), Pair("blocks.1.bias", 0)));
}

TEST(ParameterGroups, MatchTheBeginningOfANameAsFairseq2Does) {
  EXPECT_THAT(group_of_each({{"emb"}}),
              UnorderedElementsAre(Pair("embed", 0), Pair("blocks.0.weight", 1),
                                   Pair("blocks.0.bias", 1), Pair("blocks.1.bias", 1)));
}

TEST(ParameterGroups, AreAsManyAsTheConfigHasWhereTheyHoldAll) {
  SmallModel model(kWanted);

  EXPECT_EQ(group_parameters(model.parameters(), {}).count, 1U);
  EXPECT_EQ(group_parameters(model.parameters(), {{".*"}}).count, 1U);
  EXPECT_EQ(group_parameters(model.parameters(), {{"embed"}}).count, 2U);
}

TEST(ParameterGroups, RefuseAPatternThatNothingMatches) {
  SmallModel model(kWanted);

  EXPECT_THAT(
      [&] {
        group_parameters(model.parameters(), {{"embed"}, {".*", "bias"}});
      },
      ThrowsMessage<ConfigError>(
          "optimizer.config.groups[1].params[1] must match the beginning of a parameter's "
          "name, but \"bias\" matches none"));
}

TEST(ParameterGroups, RefuseWhatIsNoPattern) {
  SmallModel model(kWanted);

  EXPECT_THAT([&] { group_parameters(model.parameters(), {{"(embed"}}); },
              ThrowsMessage<ConfigError>(AllOf(HasSubstr("optimizer.config.groups[0].params[0]"),
                                               HasSubstr("must be a regular expression"))));
}

TEST(ParameterGroups, GiveEachARate) {
  SmallModel model(kWanted);
  const auto optimizer =
      make_adamw({.lr = 0.5, .groups = {{.params = {"embed"}, .lr = 2.0}, {.params = {".*bias"}}}},
                 {.parameters = model.parameters()});

  EXPECT_THAT(optimizer->base_lrs(), ElementsAre(2.0, 0.5, 0.5));
}

TEST(Segments, JoinNeighboursOfOneGroup) {
  SmallModel model(kWanted);
  const auto segments = [&](const std::vector<std::vector<std::string>>& patterns) {
    return segments_of(model.parameters(), group_parameters(model.parameters(), patterns)).size();
  };

  EXPECT_EQ(segments({}), 3U);  // one a flat group: outside, block 0, block 1
  EXPECT_EQ(segments({{"blocks.0.bias"}}), 4U);
}

}  // namespace
}  // namespace roux
