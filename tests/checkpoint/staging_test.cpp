#include "checkpoint/staging.h"

#include <ATen/core/Tensor.h>
#include <ATen/ops/arange.h>
#include <ATen/ops/equal.h>
#include <ATen/ops/from_blob.h>
#include <gtest/gtest.h>

#include <cstring>
#include <new>
#include <numeric>
#include <vector>

#include "checkpoint/image.h"
#include "roux/base/error.h"

namespace roux::checkpoint {
namespace {

// Counts what is held, and has so much.
class CountingMemory final : public std::pmr::memory_resource {
 public:
  CountingMemory(std::size_t& held, std::size_t most) : held_(held), most_(most) {}

 private:
  void* do_allocate(std::size_t bytes, std::size_t alignment) override {
    if (held_ + bytes > most_) throw std::bad_alloc();
    held_ += bytes;
    return memory_->allocate(bytes, alignment);
  }
  void do_deallocate(void* block, std::size_t bytes, std::size_t alignment) override {
    held_ -= bytes;
    memory_->deallocate(block, bytes, alignment);
  }
  bool do_is_equal(const memory_resource& other) const noexcept override { return this == &other; }

  std::size_t& held_;
  std::size_t most_;
  std::unique_ptr<std::pmr::memory_resource> memory_ = Staging::plain();
};

TEST(Staging, IsKeptAndGrowsWithoutBeingThereTwice) {
  constexpr std::size_t kBlock = Staging::kBlockBytes;
  std::size_t held = 0;
  {
    Staging staging(std::make_unique<CountingMemory>(held, 4 * kBlock));
    staging.reserve(kBlock);
    const std::byte* first = staging.piece(0, 1).data();
    staging.reserve(3 * kBlock - 5);
    EXPECT_EQ(held, 3 * kBlock);
    EXPECT_EQ(staging.piece(0, 1).data(), first);
    staging.reserve(1);
    EXPECT_EQ(held, 3 * kBlock);

    EXPECT_EQ(staging.piece(kBlock - 10, 100).size(), 10U);
    EXPECT_EQ(staging.piece(kBlock, 100).size(), 100U);

    EXPECT_THROW(staging.reserve(5 * kBlock), Error);
  }
  EXPECT_EQ(held, 0U);
}

TEST(Staging, CopiesPastTheCachesWhateverTheAlignment) {
  std::vector<std::byte> source(1000);
  for (std::size_t i = 0; i < source.size(); ++i) source[i] = static_cast<std::byte>(i * 7);
  for (const std::size_t size : {0, 1, 63, 64, 65, 127, 128, 200, 900}) {
    for (const std::size_t from : {0, 1, 13, 64}) {
      for (const std::size_t to : {0, 1, 15, 63}) {
        std::vector<std::byte> target(1100);
        copy_past_caches(std::span(target).subspan(to, size), source.data() + from);
        ASSERT_EQ(std::memcmp(target.data() + to, source.data() + from, size), 0)
            << size << " bytes from " << from << " to " << to;
        for (std::size_t i = 0; i < target.size(); ++i) {
          ASSERT_TRUE((i >= to && i < to + size) || target[i] == std::byte{0});
        }
      }
    }
  }
}

TEST(Staging, HoldsTensorsThatAreLargerThanABlockInAnyStrides) {
  const auto plain = at::arange(20'000'000, at::TensorOptions(at::kFloat)).view({5000, 4000});
  const CheckpointContents contents{.tensors = {{"model/a", plain}, {"model/b", plain.t()}}};
  Image image(contents);
  Staging staging(Staging::plain());
  staging.reserve(image.bytes());
  ThreadPool threads({.num_threads = 2});

  image.fill(staging, threads);

  for (const auto& [name, expected] : {std::pair("model/a", plain), {"model/b", plain.t()}}) {
    std::vector<std::byte> bytes(expected.nbytes());
    const auto offset = image.manifest().tensors.at(name).slices[0].offset;
    for (std::size_t done = 0; done < bytes.size();) {
      const auto piece = staging.piece(image.begin_of(0) + offset + done, bytes.size() - done);
      std::memcpy(bytes.data() + done, piece.data(), piece.size());
      done += piece.size();
    }
    EXPECT_TRUE(at::equal(at::from_blob(bytes.data(), expected.sizes()), expected)) << name;
  }
}

}  // namespace
}  // namespace roux::checkpoint
