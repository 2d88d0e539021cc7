// Several ranks that keep checkpoints together.
#include <ATen/ops/arange.h>
#include <ATen/ops/equal.h>
#include <ATen/ops/zeros.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <string>
#include <vector>

#include "roux/base/error.h"
#include "roux/base/temporary_folder.h"
#include "roux/checkpoint/checkpoint_store.h"
#include "support/ranks.h"

namespace roux {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
namespace fs = std::filesystem;

constexpr std::int64_t kRows = 6;
constexpr std::int64_t kColumns = 4;

at::Tensor whole() {
  return at::arange(kRows * kColumns, at::kFloat).view({kRows, kColumns});
}

// The elements from `first` up to `last`, as they lie in memory.
CheckpointValue run_of(std::int64_t first, std::int64_t last) {
  return {"model/weight", whole().view(-1).narrow(0, first, last - first).clone(),
          CheckpointSlice{.shape = {kRows, kColumns},
                          .begin = {0, 0},
                          .extent = {kRows, kColumns},
                          .first = first,
                          .last = last}};
}

// What rank r of n has: its run of the weight, and two texts.
CheckpointContents contents_of(int rank, int ranks) {
  const std::int64_t all = kRows * kColumns;
  return {.tensors = {run_of(all * rank / ranks, all * (rank + 1) / ranks)},
          .texts = {{"data/of_all", "from " + std::to_string(rank)},
                    {"data/of_" + std::to_string(rank), "mine"}}};
}

class StoreOfRanks : public testing::Test {
 protected:
  fs::path folder() const { return folder_.path() / "checkpoints"; }

 private:
  TemporaryFolder folder_;
};

TEST_F(StoreOfRanks, PutsTheirPartsTogether) {
  as_ranks(3, [&](Meeting& meeting) {
    CheckpointStore store(folder(), {.keep_last_n = 1}, meeting.make_gang_of_all("checkpoint"));
    const int rank = meeting.world().rank;
    for (const std::int64_t step : {1, 2}) store.save(step, contents_of(rank, 3));
    store.finish();
    const auto newest = store.newest();
    ASSERT_TRUE(newest.has_value());
    EXPECT_EQ(newest->step(), 2);
    EXPECT_EQ(newest->texts().at("data/of_all"), "from 0");
    for (const char* name : {"data/of_0", "data/of_1", "data/of_2"}) {
      EXPECT_EQ(newest->texts().at(name), "mine");
    }
    const at::Tensor all = at::zeros({kRows, kColumns});
    newest->read(std::vector<CheckpointValue>{{"model/weight", all}});
    EXPECT_TRUE(at::equal(all, whole()));
    // And cut in another way than it was saved.
    CheckpointValue other = run_of(5, 20);
    const at::Tensor expected = other.value.clone();
    other.value.zero_();
    newest->read(std::vector<CheckpointValue>{other});
    EXPECT_TRUE(at::equal(other.value, expected));
  });
  const CheckpointStore alone(folder(), {});
  EXPECT_THAT(alone.steps(), ElementsAre(2));
  alone.at(2).verify();
  for (const auto& entry : fs::directory_iterator(folder() / "step_2")) {
    EXPECT_THAT(entry.path().filename().string(), testing::Not(HasSubstr("manifest-")));
  }
}

TEST_F(StoreOfRanks, FailsOnAllWhereItFailsOnOneAndLeavesTheLastOneAlone) {
  as_ranks(2, [&](Meeting& meeting) {
    CheckpointStore store(folder(), {}, meeting.make_gang_of_all("checkpoint"));
    const int rank = meeting.world().rank;
    store.save(1, contents_of(rank, 2));
    store.finish();
    store.save(2, {.tensors = {run_of(0, 12)}});  // both have the same half
    EXPECT_THAT([&] { store.finish(); }, testing::Throws<Error>());
    EXPECT_EQ(store.newest()->step(), 1);
    store.save(3, contents_of(rank, 2));
    store.finish();
    EXPECT_EQ(store.newest()->step(), 3);
  });
  EXPECT_FALSE(fs::exists(folder() / ".tmp-step_2"));
}

TEST_F(StoreOfRanks, IsRefusedToAllWhileAnotherRunHasTheFolder) {
  const CheckpointStore other(folder(), {});
  as_ranks(2, [&](Meeting& meeting) {
    const auto gang = meeting.make_gang_of_all("checkpoint");
    EXPECT_THAT([&] { CheckpointStore(folder(), {}, gang); },
                testing::ThrowsMessage<Error>(HasSubstr("another run does")));
  });
}

}  // namespace
}  // namespace roux
