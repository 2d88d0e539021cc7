#include "parity/training.h"

#include <ATen/ops/equal.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <string>
#include <vector>

#include "roux/base/error.h"
#include "roux/base/files.h"
#include "roux/base/temporary_folder.h"

namespace roux::parity {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::SizeIs;

namespace fs = std::filesystem;

std::vector<std::string> cases() {
  std::vector<std::string> names;
  for (const auto& entry : fs::directory_iterator(ROUX_PARITY_TRAINING)) {
    names.push_back(entry.path().filename().string());
  }
  std::ranges::sort(names);
  return names;
}

TEST(TrainingFixtures, AreOfBothFamilies) {
  EXPECT_THAT(cases(), ElementsAre("gpt2", "llama"));
}

class Training : public testing::TestWithParam<std::string> {
 protected:
  static fs::path folder() { return fs::path(ROUX_PARITY_TRAINING) / GetParam(); }

  // A copy of the fixture, in whose settings the line that begins with `key` is another.
  fs::path with(const std::string& key, const std::string& value) const {
    const fs::path copy = scratch_.path() / "case";
    fs::copy(folder(), copy);
    std::string text = read_file(copy / "train.toml");
    const std::size_t at = text.find("\n" + key + " = ") + 1;
    if (at == 0) throw InternalError("the settings have no " + key);
    text.replace(at, text.find('\n', at) - at, key + " = " + value);
    fs::remove(copy / "train.toml");
    write_file(copy / "train.toml", text);
    return copy;
  }

 private:
  TemporaryFolder scratch_;
};

INSTANTIATE_TEST_SUITE_P(Cases, Training, testing::ValuesIn(cases()),
                         [](const auto& each) { return each.param; });

TEST_P(Training, HasTheLossOfPlainPyTorchAtEveryStep) {
  const Comparison comparison = compare_training(folder());

  EXPECT_THAT(comparison.differences, SizeIs(9));
  EXPECT_THAT(comparison.problems, IsEmpty());
}

// The comparison itself: were it blind, it would not notice.
TEST_P(Training, IsAnotherWithASlightlyShorterMemory) {
  const Comparison comparison = compare_training(with("betas", "[0.9, 0.94]"));

  EXPECT_THAT(comparison.problems, Contains(HasSubstr("training loss must be within 0.0001")));
  EXPECT_THAT(comparison.problems, Not(Contains(HasSubstr("learning rate"))));
}

double largest_difference(const std::vector<double>& one, const std::vector<double>& other) {
  double largest = 0.0;
  for (std::size_t i = 0; i < one.size(); ++i) {
    largest = std::max(largest, std::abs(one[i] - other.at(i)));
  }
  return largest;
}

// Other sums, so not the same bits.
TEST_P(Training, TakesFourMicroBatchesOfATextAsOneOfFour) {
  const TrainingRun four = train_case(folder(), {.serving = Serving::OneByOne});
  const TrainingRun one = train_case(folder(), {.serving = Serving::AllAtOnce});

  ASSERT_THAT(four.losses, SizeIs(50));
  EXPECT_LT(largest_difference(four.losses, one.losses), 1e-5);
  EXPECT_LT(largest_difference(four.gradient_norms, one.gradient_norms), 1e-4);
}

TEST_P(Training, ChangesNoBitByActivationCheckpointing) {
  for (const bool bfloat16 : {false, true}) {
    const TrainingRun plain = train_case(folder(), {.bfloat16 = bfloat16});
    const TrainingRun checkpointed =
        train_case(folder(), {.bfloat16 = bfloat16, .checkpointed_layers = 1});
    EXPECT_EQ(checkpointed.losses, plain.losses);
    EXPECT_EQ(checkpointed.gradient_norms, plain.gradient_norms);
    EXPECT_TRUE(at::equal(checkpointed.weights, plain.weights));
  }
}

TEST_P(Training, ComputesInBFloat16AndKeepsWhatItRoundsAway) {
  const TrainingRun plain = train_case(folder());
  const TrainingRun rounded = train_case(folder(), {.bfloat16 = true});

  EXPECT_GT(largest_difference(plain.losses, rounded.losses), 1e-3);
  EXPECT_EQ(rounded.weights.scalar_type(), at::kFloat);
  EXPECT_FALSE(at::equal(rounded.weights, rounded.weights.to(at::kBFloat16).to(at::kFloat)));
}

}  // namespace
}  // namespace roux::parity
