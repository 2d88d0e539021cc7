#include "roux/ops/pinned_memory.h"

#include <ATen/Context.h>
#include <ATen/ops/from_blob.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "roux/base/error.h"

namespace roux::ops {
namespace {

TEST(PinnedMemory, IsPinnedWhereThereIsAGpuAndElseSaysThatThereIsNone) {
  PinnedMemory memory;
  if (!at::globalContext().hasCUDA()) {
    EXPECT_THAT([&] { static_cast<void>(memory.allocate(100, 64)); },
                testing::ThrowsMessage<Error>(testing::HasSubstr("needs a GPU")));
    return;
  }
  void* block = memory.allocate(100, 64);
  EXPECT_TRUE(at::from_blob(block, {100}, at::TensorOptions(at::kByte)).is_pinned());
  memory.deallocate(block, 100, 64);
}

}  // namespace
}  // namespace roux::ops
