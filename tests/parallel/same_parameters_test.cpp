#include "roux/parallel/same_parameters.h"

#include <ATen/ops/equal.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "parallel/small_net.h"
#include "roux/base/error.h"
#include "support/ranks.h"

namespace roux::parallel {
namespace {

TEST(BroadcastParameters, GivesAllTheFirstOnes) {
  as_ranks(2, [](Meeting& meeting) {
    const auto gang = meeting.make_gang_of_all("root");
    SmallNet net;
    nn::FlatParameters flat(net);
    flat.materialise(at::kCPU);
    flat.initialise(RandomStream(1, "net"));
    flat.compute_in(at::kBFloat16);
    const at::Tensor before = flat.groups()[0].masters.clone();
    for (const nn::FlatGroup& group : flat.groups()) {
      if (gang->rank() == 1) group.exact().add_(1.0);
    }
    broadcast_parameters(flat, *gang);
    EXPECT_TRUE(at::equal(flat.groups()[0].masters, before));
    EXPECT_TRUE(at::equal(flat.groups()[0].values, before.to(at::kBFloat16)));
  });
}

TEST(CheckGradients, NamesTheBlockWhoseGradientsDiffer) {
  as_ranks(2, [](Meeting& meeting) {
    const auto gang = meeting.make_gang_of_all("root");
    ReadyNet ready;
    EXPECT_NO_THROW(check_gradients(*ready.flat, *gang));
    if (gang->rank() == 1) ready.flat->groups()[2].gradients[3] = 0.5;
    try {
      check_gradients(*ready.flat, *gang);
      ADD_FAILURE() << "they were taken for the same";
    } catch (const Error& error) {
      EXPECT_THAT(error.what(),
                  testing::HasSubstr("the gradients of " + ready.flat->groups()[2].block));
    }
  });
}

}  // namespace
}  // namespace roux::parallel
