#include "roux/gang/gang.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/arange.h>
#include <ATen/ops/equal.h>
#include <ATen/ops/full.h>
#include <ATen/ops/tensor.h>
#include <ATen/ops/zeros.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <chrono>
#include <memory>
#include <mutex>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "roux/gang/gangs.h"
#include "roux/gang/topology.h"
#include "support/ranks.h"

namespace roux {
namespace {

using namespace std::chrono_literals;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;
using Axis = Topology::Axis;

class GangOf : public testing::TestWithParam<int> {};

INSTANTIATE_TEST_SUITE_P(Ranks, GangOf, testing::Values(1, 2, 4));

TEST_P(GangOf, SumsUpAndTakesTheLargestAndTheLeast) {
  as_ranks(GetParam(), [](Meeting& meeting) {
    const auto gang = meeting.make_gang_of_all("root");
    const int n = gang->size();
    const auto reduced = [&](Reduce reduce) {
      at::Tensor mine = at::full({3}, gang->rank() + 1, at::kFloat);
      gang->all_reduce(mine, reduce, "a test");
      return mine[2].item<int>();
    };
    EXPECT_EQ(reduced(Reduce::Sum), n * (n + 1) / 2);
    EXPECT_EQ(reduced(Reduce::Max), n);
    EXPECT_EQ(reduced(Reduce::Min), 1);
  });
}

TEST_P(GangOf, GivesEachRankItsPartOfTheSum) {
  for (const auto dtype : {at::kFloat, at::kBFloat16}) {
    as_ranks(GetParam(), [dtype](Meeting& meeting) {
      const auto gang = meeting.make_gang_of_all("root");
      const int n = gang->size();
      const at::Tensor whole = at::arange(2 * n, dtype);
      const at::Tensor part = at::zeros({2}, dtype);
      gang->reduce_scatter(part, whole, "a test");
      EXPECT_TRUE(at::equal(part, whole.narrow(0, 2 * gang->rank(), 2) * n)) << part;
    });
  }
}

TEST_P(GangOf, GathersThePartsOfAll) {
  for (const auto dtype : {at::kFloat, at::kBFloat16, at::kByte}) {
    as_ranks(GetParam(), [dtype](Meeting& meeting) {
      const auto gang = meeting.make_gang_of_all("root");
      const at::Tensor whole = at::zeros({2 * gang->size()}, dtype);
      const at::Tensor all = at::arange(2 * gang->size(), dtype);
      gang->all_gather(whole, all.narrow(0, 2 * gang->rank(), 2).clone(), "a test");
      EXPECT_TRUE(at::equal(whole, all)) << whole;
    });
  }
}

TEST_P(GangOf, TellsAllWhatOneHas) {
  as_ranks(GetParam(), [](Meeting& meeting) {
    const auto gang = meeting.make_gang_of_all("root");
    const int last = gang->size() - 1;
    at::Tensor tensor = at::full({2}, gang->rank(), at::kFloat);
    gang->broadcast(tensor, last, "a test");
    EXPECT_EQ(tensor[0].item<int>(), last);
    EXPECT_EQ(gang->broadcast_text(gang->rank() == last ? "from the last" : "", last, "a test"),
              "from the last");
    EXPECT_EQ(gang->broadcast_text("", 0, "a test"), "");
  });
}

TEST_P(GangOf, GathersTextsOfAnyLength) {
  as_ranks(GetParam(), [](Meeting& meeting) {
    const auto gang = meeting.make_gang_of_all("root");
    const auto texts =
        gang->all_gather_texts(std::string(static_cast<std::size_t>(gang->rank()), 'x'), "a test");
    ASSERT_EQ(texts.size(), static_cast<std::size_t>(gang->size()));
    for (std::size_t i = 0; i < texts.size(); ++i) EXPECT_EQ(texts[i], std::string(i, 'x'));
  });
}

TEST_P(GangOf, ReducesSeveralTensorsAtOnce) {
  as_ranks(GetParam(), [](Meeting& meeting) {
    const auto gang = meeting.make_gang_of_all("root");
    const std::array tensors{at::full({2, 3}, 1.0), at::full({}, 2.0)};
    gang->all_reduce(tensors, Reduce::Sum, "a test");
    EXPECT_EQ(tensors[0].sum().item<int>(), 6 * gang->size());
    EXPECT_EQ(tensors[1].item<int>(), 2 * gang->size());
    gang->all_reduce(std::span<const at::Tensor>(), Reduce::Sum, "nothing");
  });
}

TEST(Gang, HasSeveralCollectivesUnderWay) {
  as_ranks(2, [](Meeting& meeting) {
    const auto gang = meeting.make_gang_of_all("root");
    std::vector<at::Tensor> tensors;
    std::vector<Pending> pending;
    for (int i = 0; i < 20; ++i) {
      tensors.push_back(at::full({10'000}, i, at::kFloat));
      pending.push_back(gang->begin_all_reduce(tensors.back(), Reduce::Sum, "a test"));
    }
    for (auto& each : pending) each->wait();
    for (int i = 0; i < 20; ++i) EXPECT_EQ(tensors[i][9'999].item<int>(), 2 * i);
  });
}

TEST(Gang, IsMadeAlongTheAxesOfATopology) {
  const Topology topology{.tensor = 2, .shard = 2};
  as_ranks(4, [&](Meeting& meeting) {
    const int rank = meeting.world().rank;
    const auto tensor = meeting.make_gang("tensor", topology.ranks_along({Axis::Tensor}, rank));
    const auto shard = meeting.make_gang("shard", topology.ranks_along({Axis::Shard}, rank));
    at::Tensor value = at::full({1}, 1 << rank, at::kLong);
    tensor->all_reduce(value, Reduce::Sum, "a test");
    EXPECT_EQ(value.item<int>(), rank < 2 ? 0b0011 : 0b1100);
    shard->all_reduce(value, Reduce::Sum, "a test");
    EXPECT_EQ(value.item<int>(), 0b1111);
  });
}

TEST(Topology, PutsTensorGangsOnNeighbours) {
  const Topology topology{.tensor = 2, .shard = 2, .replicate = 3};
  EXPECT_EQ(topology.size(), 12);
  EXPECT_THAT(topology.ranks_along({Axis::Tensor}, 5), ElementsAre(4, 5));
  EXPECT_THAT(topology.ranks_along({Axis::Shard}, 5), ElementsAre(5, 7));
  EXPECT_THAT(topology.ranks_along({Axis::Replicate}, 5), ElementsAre(1, 5, 9));
  EXPECT_THAT(topology.ranks_along({Axis::Shard, Axis::Replicate}, 5),
              ElementsAre(1, 3, 5, 7, 9, 11));
  EXPECT_THAT(topology.ranks_along({Axis::Pipeline}, 5), ElementsAre(5));
}

TEST(FakeGang, BehavesAsIfAllHadTheSame) {
  const auto gang = make_fake_gang(1, 3);
  at::Tensor tensor = at::arange(3, at::kFloat);
  const at::Tensor part = at::zeros({1});
  gang->reduce_scatter(part, tensor, "a test");
  EXPECT_EQ(part.item<int>(), 3);
  at::Tensor whole = at::zeros({9});
  gang->all_gather(whole, tensor, "a test");
  EXPECT_TRUE(at::equal(whole.narrow(0, 6, 3), tensor));
  gang->all_reduce(tensor, Reduce::Sum, "a test");
  EXPECT_EQ(tensor[2].item<int>(), 6);
  gang->all_reduce(tensor, Reduce::Max, "a test");
  EXPECT_EQ(tensor[2].item<int>(), 6);
  EXPECT_THAT(gang->all_gather_texts("x", "a test"), ElementsAre("x", "x", "x"));
}

TEST(Gang, NamesTheRankThatHangsAndWhereIt) {
  std::mutex mutex;
  std::vector<std::string> errors;
  as_ranks(
      3,
      [&](Meeting& meeting) {
        const auto gang = meeting.make_gang_of_all("root");
        gang->barrier("the start");
        meeting.begin_step(6);
        if (gang->rank() == 2) {
          std::this_thread::sleep_for(6s);  // hangs
          return;
        }
        try {
          at::Tensor tensor = at::zeros({1});
          gang->all_reduce(tensor, Reduce::Sum, "the gradients of layers.3");
        } catch (const GangError& error) {
          EXPECT_FALSE(error.is_consequence());
          const std::lock_guard lock(mutex);
          errors.emplace_back(error.what());
        }
      },
      4s);
  ASSERT_EQ(errors.size(), 2U);
  EXPECT_THAT(errors[0],
              AllOf(HasSubstr("waits for the gradients of layers.3 (root gang) for more than "
                              "gang.timeout (4 s)"),
                    HasSubstr("rank 2 has not come: in step 7"), Not(HasSubstr("rank 0 has not")),
                    Not(HasSubstr("rank 1 has not"))));
}

TEST(Gang, SaysThatARankIsGone) {
  as_ranks(2, [&](Meeting& meeting) {
    const auto gang = meeting.make_gang_of_all("root");
    gang->barrier("the start");
    if (gang->rank() == 1) return;
    try {
      gang->barrier("the step's end");
      ADD_FAILURE() << "nobody else came";
    } catch (const GangError& error) {
      EXPECT_TRUE(error.is_consequence());
      EXPECT_THAT(error.what(), HasSubstr("rank 0 waits for the step's end"));
    }
  });
}

// A name server that does not answer costs 5 s for each name that is asked for.
TEST(Meeting, AsksForNobodysName) {
  const auto start = std::chrono::steady_clock::now();
  as_ranks(4, [](Meeting& meeting) { meeting.make_gang_of_all("root")->barrier("a test"); });
  EXPECT_LT(std::chrono::steady_clock::now() - start, 4s);
}

TEST(Meeting, SaysWhereNobodyIs) {
  const World world{.rank = 1, .size = 2, .host = "127.0.0.1", .port = 1, .launcher = "torchrun"};
  try {
    Meeting meeting(world, 1s);
    ADD_FAILURE() << "nobody is there";
  } catch (const GangError& error) {
    EXPECT_THAT(error.what(), AllOf(HasSubstr("rank 1 does not come to the meeting place"),
                                    HasSubstr("127.0.0.1:1")));
  }
}

TEST(Gangs, AreTheSameWhereTheirRanksAre) {
  as_ranks(4, [](Meeting& meeting) {
    const Gangs gangs = make_gangs(meeting, {.tensor = 2, .shard = 2});
    EXPECT_EQ(gangs.root->size(), 4);
    EXPECT_EQ(gangs.data, gangs.shard);
    EXPECT_EQ(gangs.replicate->size(), 1);
    EXPECT_EQ(gangs.replicate, gangs.pipeline);
    EXPECT_EQ(gangs.tensor->size(), 2);
    EXPECT_NE(gangs.tensor, gangs.shard);
    gangs.tensor->barrier("a test");
    gangs.data->barrier("a test");
  });
}

TEST(Gangs, MustBeMadeUpOfAllRanks) {
  EXPECT_THROW(as_ranks(1, [](Meeting& meeting) { make_gangs(meeting, {.tensor = 2}); }),
               ConfigError);
}

TEST(CheckSameEverywhere, NamesTheRankAndTheLineThatDiffer) {
  std::mutex mutex;
  std::vector<std::string> errors;
  as_ranks(3, [&](Meeting& meeting) {
    const auto gang = meeting.make_gang_of_all("root");
    check_same_everywhere(*gang, {{"the version", "1.2"}});
    try {
      check_same_everywhere(
          *gang, {{"the config", gang->rank() == 1 ? "a = 1\nb = 3\n" : "a = 1\nb = 2\n"}});
    } catch (const ConfigError& error) {
      const std::lock_guard lock(mutex);
      errors.emplace_back(error.what());
    }
  });
  ASSERT_EQ(errors.size(), 3U);
  for (const std::string& error : errors) {
    EXPECT_THAT(error, AllOf(HasSubstr("the config must be the same"), HasSubstr("rank 1's"),
                             HasSubstr("rank 0 has \"b = 2\", and it has \"b = 3\"")));
  }
}

}  // namespace
}  // namespace roux
