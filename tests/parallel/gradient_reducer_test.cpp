#include "roux/parallel/gradient_reducer.h"

#include <ATen/ops/allclose.h>
#include <ATen/ops/equal.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <torch/csrc/distributed/c10d/PrefixStore.hpp>
#include <torch/csrc/distributed/c10d/TCPStore.hpp>
#include <torch/csrc/distributed/c10d/reducer.hpp>

#include <functional>
#include <mutex>
#include <string>
#include <vector>

#include "gang/process_gang.h"
#include "parallel/small_net.h"
#include "roux/base/error.h"
#include "roux/nn/activation_checkpointing.h"
#include "support/ranks.h"

namespace roux::parallel {
namespace {

using testing::HasSubstr;

// The batch of a rank at a step; everyone can make everyone's.
at::Tensor batch_of(int rank, int step) {
  at::Tensor batch = at::empty({4, kDim});
  const RandomStream stream =
      RandomStream(7, "batches").child(cat("rank ", rank)).child(cat("step ", step));
  nn::Init::normal(1.0).fill(batch, stream);
  return batch;
}

// What one process has of the batches of all.
std::vector<at::Tensor> gradients_of_all(int ranks, int step, bool table_is_frozen = false) {
  ReadyNet ready(3, table_is_frozen);
  for (int rank = 0; rank < ranks; ++rank) ready.net->loss(batch_of(rank, step)).backward();
  return ready.gradients();
}

void expect_close(const std::vector<at::Tensor>& a, const std::vector<at::Tensor>& b) {
  ASSERT_EQ(a.size(), b.size());
  for (std::size_t i = 0; i < a.size(); ++i) {
    EXPECT_TRUE(at::allclose(a[i], b[i], 1e-5, 1e-5)) << i << '\n' << a[i] - b[i];
  }
}

// One batch of a rank, and its gradients summed up with those of the others.
void take_pass(ReadyNet& ready, GradientReducer& reducer, int rank, int step) {
  reducer.begin();
  ready.net->loss(batch_of(rank, step)).backward();
  reducer.finish();
}

class Ranks : public testing::TestWithParam<int> {};

INSTANTIATE_TEST_SUITE_P(GradientReducer, Ranks, testing::Values(1, 2, 4));

TEST_P(Ranks, HaveTheGradientsOfOneProcessWithAllBatches) {
  for (const bool is_frozen : {false, true}) {
    as_ranks(GetParam(), [&](Meeting& meeting) {
      const auto gang = meeting.make_gang_of_all("root");
      ReadyNet ready(3, is_frozen);
      GradientReducer reducer(*ready.flat, *gang);
      for (int step = 0; step < 3; ++step) {
        ready.flat->zero_gradients();
        take_pass(ready, reducer, gang->rank(), step);
        expect_close(ready.gradients(), gradients_of_all(gang->size(), step, is_frozen));
      }
    });
  }
}

TEST(GradientReducer, ReducesWhileTheBackwardPassGoesOn) {
  as_ranks(2, [](Meeting& meeting) {
    const auto gang = meeting.make_gang_of_all("root");
    ReadyNet ready(6);
    GradientReducer reducer(*ready.flat, *gang);
    EXPECT_EQ(reducer.buckets(), 6U + 3U);
    for (int step = 0; step < 2; ++step) {
      take_pass(ready, reducer, gang->rank(), step);
      // In the first pass it only learns what comes how often.
      EXPECT_EQ(reducer.begun_early(), step == 0 ? 0U : reducer.buckets());
    }
  });
}

TEST(GradientReducer, SumsUpWhatMicroBatchesHaveLeftOnce) {
  as_ranks(2, [](Meeting& meeting) {
    const auto gang = meeting.make_gang_of_all("root");
    ReadyNet ready;
    GradientReducer reducer(*ready.flat, *gang);
    for (int step = 0; step < 2; ++step) {
      ready.flat->zero_gradients();
      for (int micro_batch = 0; micro_batch < 3; ++micro_batch) {
        if (micro_batch == 2) reducer.begin();
        ready.net->loss(batch_of(gang->rank() + 2 * micro_batch, step)).backward();
      }
      reducer.finish();
      expect_close(ready.gradients(), gradients_of_all(6, step));
    }
  });
}

TEST(GradientReducer, TakesInARankThatHasNoBatch) {
  as_ranks(2, [](Meeting& meeting) {
    const auto gang = meeting.make_gang_of_all("root");
    ReadyNet ready;
    GradientReducer reducer(*ready.flat, *gang);
    for (int step = 0; step < 4; ++step) {
      ready.flat->zero_gradients();
      if (gang->rank() == 0 || step % 2 == 1) {
        reducer.begin();
        ready.net->loss(batch_of(gang->rank(), step)).backward();
      }
      reducer.finish();
      expect_close(ready.gradients(), gradients_of_all(step % 2 == 1 ? 2 : 1, step));
    }
  });
}

TEST(GradientReducer, FollowsBlocksThatAreComputedAgain) {
  as_ranks(2, [](Meeting& meeting) {
    const auto gang = meeting.make_gang_of_all("root");
    ReadyNet ready;
    nn::checkpoint_blocks(ready.net->blocks(), 2);
    GradientReducer reducer(*ready.flat, *gang);
    for (int step = 0; step < 3; ++step) {
      ready.flat->zero_gradients();
      take_pass(ready, reducer, gang->rank(), step);
      expect_close(ready.gradients(), gradients_of_all(2, step));
    }
    EXPECT_EQ(reducer.begun_early(), reducer.buckets());
  });
}

TEST(GradientReducer, SaysThatAGradientCameOnceMore) {
  as_ranks(2, [](Meeting& meeting) {
    const auto gang = meeting.make_gang_of_all("root");
    ReadyNet ready;
    GradientReducer reducer(*ready.flat, *gang);
    const auto pass = [&](int times) {
      reducer.begin();
      for (int i = 0; i < times; ++i) ready.net->loss(batch_of(0, 0)).backward();
      reducer.finish();
    };
    pass(1);
    try {
      pass(2);
      ADD_FAILURE() << "it was taken";
    } catch (const Error& error) {
      EXPECT_THAT(error.what(), HasSubstr("has come once more after it was reduced"));
    }
  });
}

TEST(GradientReducer, LeavesParametersAsTheyWere) {
  as_ranks(2, [](Meeting& meeting) {
    const auto gang = meeting.make_gang_of_all("root");
    ReadyNet ready;
    { const GradientReducer reducer(*ready.flat, *gang); }
    ready.net->loss(batch_of(0, 0)).backward();
    expect_close(ready.gradients(), gradients_of_all(1, 0));
  });
}

// PyTorch's own, under DistributedDataParallel: it averages.
std::vector<at::Tensor> gradients_of_pytorch(int rank, int ranks, const std::string& host,
                                             std::uint16_t port) {
  c10d::TCPStoreOptions options;
  options.port = port;
  options.isServer = rank == 0;
  options.waitWorkers = false;
  const auto store = c10::make_intrusive<c10d::TCPStore>(host, options);
  const auto backend =
      gang::make_gloo_backend(c10::make_intrusive<c10d::PrefixStore>("gloo", store), rank, ranks,
                              host, std::chrono::seconds(30));
  const auto group = c10::make_intrusive<c10d::ProcessGroup>(store, rank, ranks);
  group->setBackend(at::kCPU, c10d::ProcessGroup::BackendType::GLOO, backend);

  ReadyNet ready;
  std::vector<at::Tensor> parameters;
  std::vector<std::size_t> bucket;
  for (const nn::FlatGroup& one : ready.flat->groups()) {
    for (const nn::FlatEntry& entry : one.entries) {
      bucket.push_back(parameters.size());
      parameters.push_back(entry.place.value);
    }
  }
  constexpr std::int64_t kBytes = 1 << 20;
  const auto reducer = std::make_shared<c10d::Reducer>(
      parameters, std::vector<std::vector<std::size_t>>{bucket}, group,
      std::vector<bool>(parameters.size(), false), kBytes,
      /*find_unused_parameters=*/true, /*gradient_as_bucket_view=*/false,
      std::unordered_map<std::size_t, std::string>(), kBytes,
      /*skip_all_reduce_unused_params=*/false, /*use_python_reducer=*/false,
      std::vector<std::int64_t>());
  reducer->prepare_for_forward();
  const at::Tensor loss = ready.net->loss(batch_of(rank, 0));
  reducer->prepare_for_backward({loss});
  loss.backward();
  return ready.gradients();
}

TEST(GradientReducer, AgreesWithPyTorchs) {
  std::mutex mutex;
  std::uint16_t port = 0;
  {
    c10d::TCPStoreOptions options;
    options.port = 0;
    options.isServer = true;
    options.waitWorkers = false;
    port = c10::make_intrusive<c10d::TCPStore>("127.0.0.1", options)->getPort();
  }
  as_ranks(2, [&](Meeting& meeting) {
    const auto gang = meeting.make_gang_of_all("root");
    ReadyNet ready;
    GradientReducer reducer(*ready.flat, *gang);
    take_pass(ready, reducer, gang->rank(), 0);
    std::vector<at::Tensor> theirs =
        gradients_of_pytorch(gang->rank(), gang->size(), "127.0.0.1", port);
    for (at::Tensor& each : theirs) each *= gang->size();
    const std::lock_guard lock(mutex);
    expect_close(ready.gradients(), theirs);
  });
}

}  // namespace
}  // namespace roux::parallel
