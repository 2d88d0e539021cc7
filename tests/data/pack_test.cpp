#include "roux/data/pack.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <memory_resource>

#include "roux/base/error.h"
#include "roux/base/random.h"
#include "roux/data/pipeline.h"
#include "roux/data/recycled_memory.h"

namespace roux::data {
namespace {

using testing::ElementsAre;

constexpr std::int64_t kNone = kIgnoredTarget;

std::vector<PackedBatch> pack(std::vector<Document> documents, PackOptions options) {
  StreamPtr<PackedBatch> stream = read_list(std::move(documents)).then<Pack>(options).stream();
  std::vector<PackedBatch> batches;
  while (auto batch = stream->next()) batches.push_back(std::move(*batch));
  return batches;
}

TEST(Pack, LaysDocumentsOneBehindTheOther) {
  const auto batches = pack({{{10, 11, 12, 13}}, {{20, 21, 22}}, {{30, 31, 32, 33, 34}}},
                            {.max_num_tokens = 11, .pad_id = 7});
  ASSERT_EQ(batches.size(), 1U);
  EXPECT_THAT(batches[0].ids(), ElementsAre(10, 11, 12, 20, 21, 30, 31, 32, 33, 7, 7));
  EXPECT_THAT(batches[0].targets(), ElementsAre(11, 12, 13, 21, 22, 31, 32, 33, 34, kNone, kNone));
  EXPECT_THAT(batches[0].positions(), ElementsAre(0, 1, 2, 0, 1, 0, 1, 2, 3, 0, 0));
  EXPECT_THAT(batches[0].cu_seqlens, ElementsAre(0, 3, 5, 9));
  EXPECT_EQ(batches[0].num_targets, 9);
}

TEST(Pack, GoesOnInTheNextBatchWithWhatDoesNotFit) {
  const auto batches = pack({{{10, 11, 12, 13}}, {{20, 21, 22}}}, {.max_num_tokens = 4});
  ASSERT_EQ(batches.size(), 2U);
  EXPECT_THAT(batches[0].ids(), ElementsAre(10, 11, 12, 20));
  EXPECT_THAT(batches[0].targets(), ElementsAre(11, 12, 13, 21));
  EXPECT_THAT(batches[1].ids(), ElementsAre(21, 0, 0, 0));
  EXPECT_THAT(batches[1].targets(), ElementsAre(22, kNone, kNone, kNone));
  EXPECT_THAT(batches[1].cu_seqlens, ElementsAre(0, 1));
}

TEST(Pack, IgnoresWhatIsNotToBeLearned) {
  const auto batches = pack({{{10, 11, 12, 13}, {0, 0, 1, 1}}}, {.max_num_tokens = 3});
  ASSERT_EQ(batches.size(), 1U);
  EXPECT_THAT(batches[0].targets(), ElementsAre(kNone, 12, 13));
  EXPECT_EQ(batches[0].num_targets, 2);
}

TEST(Pack, RefusesADocumentThatSaysOfOtherTokensWhetherToLearnThem) {
  EXPECT_THROW(pack({{{1, 2, 3, 4, 5, 6}, {1, 1}}}, {.max_num_tokens = 8}), DataError);
}

TEST(Pack, LeavesOutWhatHasNothingToLearn) {
  EXPECT_TRUE(pack({{{10}}, {}}, {.max_num_tokens = 3}).empty());
}

TEST(Pack, DoesWithLongDocumentsAsItIsTold) {
  const std::vector<Document> documents{{{10, 11, 12, 13, 14, 15}}, {{20, 21}}};
  const auto ids = [&](LongDocuments what) {
    const auto batches = pack(
        documents,
        {.max_num_tokens = 6, .max_seq_len = 2, .long_documents = what, .drop_remainder = false});
    std::vector<std::vector<std::int64_t>> all;
    for (const PackedBatch& batch : batches) {
      all.emplace_back(batch.ids().begin(), batch.ids().begin() + batch.cu_seqlens.back());
    }
    return all;
  };
  EXPECT_THAT(ids(LongDocuments::Split), ElementsAre(ElementsAre(10, 11, 12, 13, 14, 20)));
  EXPECT_THAT(ids(LongDocuments::Truncate), ElementsAre(ElementsAre(10, 11, 20)));
  EXPECT_THAT(ids(LongDocuments::Drop), ElementsAre(ElementsAre(20)));
}

TEST(Pack, LeavesOutALastBatchThatIsNotFull) {
  const std::vector<Document> documents{{{10, 11, 12, 13}}, {{20, 21, 22}}};
  for (const PackFit fit : {PackFit::InOrder, PackFit::Best}) {
    const PackOptions options{.max_num_tokens = 3, .fit = fit, .drop_remainder = true};
    const auto batches = pack(documents, options);
    ASSERT_EQ(batches.size(), 1U);
    EXPECT_THAT(batches[0].ids(), ElementsAre(10, 11, 12));
  }
}

// As lengths of texts are: many short, some long. The tokens say where they come from.
std::vector<Document> texts(std::int64_t count, double middle, std::int64_t longest) {
  RandomStream random(3, "texts");
  std::vector<Document> documents;
  while (std::ssize(documents) < count) {
    const auto length = static_cast<std::int64_t>(std::exp(std::log(middle) + random.normal()));
    if (length < 2 || length > longest) continue;
    Document document;
    for (std::int64_t i = 0; i < length; ++i) {
      document.ids.push_back(static_cast<std::int32_t>(std::ssize(documents) * 10000 + i));
    }
    documents.push_back(std::move(document));
  }
  return documents;
}

TEST(Pack, LearnsEveryTokenOnceAndNoneAcrossABoundary) {
  const std::vector<Document> documents = texts(500, 300, 9000);
  for (const PackFit fit : {PackFit::InOrder, PackFit::Best}) {
    for (const std::int64_t longest : {2048, 1000}) {
      std::map<std::int64_t, std::int64_t> learned;  // target -> how often
      for (const PackedBatch& batch :
           pack(documents, {.max_num_tokens = 2048, .max_seq_len = longest, .fit = fit})) {
        for (std::size_t d = 0; d + 1 < batch.cu_seqlens.size(); ++d) {
          const std::int64_t begin = batch.cu_seqlens[d];
          const std::int64_t length = batch.cu_seqlens[d + 1] - begin;
          ASSERT_TRUE(1 <= length && length <= longest) << length;
          for (std::int64_t i = 0; i < length; ++i) {
            const auto at = static_cast<std::size_t>(begin + i);
            ASSERT_EQ(batch.targets()[at], batch.ids()[at] + 1);
            ASSERT_EQ(batch.ids()[at], batch.ids()[static_cast<std::size_t>(begin)] + i);
            ASSERT_EQ(batch.positions()[at], i);
            ++learned[batch.targets()[at]];
          }
        }
      }
      std::size_t expected = 0;
      for (const Document& document : documents) expected += document.ids.size() - 1;
      EXPECT_EQ(learned.size(), expected);
      EXPECT_TRUE(std::all_of(learned.begin(), learned.end(),
                              [](const auto& entry) { return entry.second == 1; }));
    }
  }
}

TEST(Pack, WastesLittleWithoutCuttingWhatFits) {
  for (const std::int64_t length : {2048, 8192}) {
    const std::vector<Document> documents = texts(20000, 400, length + 1);
    std::int64_t used = 0;
    std::int64_t pieces = 0;
    const auto batches = pack(documents, {.max_num_tokens = length, .fit = PackFit::Best});
    for (const PackedBatch& batch : batches) {
      used += batch.cu_seqlens.back();
      pieces += std::ssize(batch.cu_seqlens) - 1;
    }
    EXPECT_EQ(pieces, std::ssize(documents)) << "none is cut";
    const double waste =
        1.0 - static_cast<double>(used) / static_cast<double>(std::ssize(batches) * length);
    EXPECT_LT(waste, 0.006) << "at " << length;
    EXPECT_GT(waste, 0.0);
  }
}

TEST(Pack, LetsNoDocumentWaitForEver) {
  // Long ones only fit into a batch of their own, and short ones never stop coming.
  std::vector<Document> documents;
  for (std::int32_t i = 0; i < 2000; ++i) {
    documents.push_back({std::vector<std::int32_t>(i % 20 == 0 ? 100 : 8, i)});
  }
  std::int32_t newest = 0;
  for (const PackedBatch& batch :
       pack(documents, {.max_num_tokens = 100, .fit = PackFit::Best, .choice = 32})) {
    const auto oldest = static_cast<std::int32_t>(batch.ids()[0]);
    EXPECT_LT(newest - oldest, 600);
    newest = std::max(newest, static_cast<std::int32_t>(
                                  *std::max_element(batch.ids().begin(), batch.ids().end())));
  }
}

class CountingMemory final : public std::pmr::memory_resource {
 public:
  std::int64_t held = 0;
  std::int64_t most = 0;

 private:
  void* do_allocate(std::size_t bytes, std::size_t alignment) override {
    held += static_cast<std::int64_t>(bytes);
    most = std::max(most, held);
    return std::pmr::new_delete_resource()->allocate(bytes, alignment);
  }
  void do_deallocate(void* at, std::size_t bytes, std::size_t alignment) override {
    held -= static_cast<std::int64_t>(bytes);
    std::pmr::new_delete_resource()->deallocate(at, bytes, alignment);
  }
  bool do_is_equal(const memory_resource& other) const noexcept override { return this == &other; }
};

TEST(Pack, WritesIntoTheMemoryItIsGiven) {
  CountingMemory memory;
  std::shared_ptr<std::int64_t[]> kept;
  {
    const auto batches = pack({{{1, 2, 3}}, {{4, 5, 6}}}, {.max_num_tokens = 2, .memory = &memory});
    EXPECT_EQ(memory.most, 2 * 3 * 2 * 8);
    kept = batches[1].memory();
  }
  EXPECT_EQ(memory.held, 3 * 2 * 8) << "a part of a batch may live longer";
  EXPECT_EQ(kept[0], 4);
  kept.reset();
  EXPECT_EQ(memory.held, 0);
}

TEST(RecycledMemory, GivesAgainWhatItWasGivenBack) {
  CountingMemory from;
  {
    RecycledMemory memory(from);
    void* first = memory.allocate(1000, 64);
    void* second = memory.allocate(1000, 64);
    EXPECT_NE(first, second);
    memory.deallocate(first, 1000, 64);
    EXPECT_EQ(memory.allocate(1000, 64), first);
    void* other = memory.allocate(2000, 64);
    for (void* block : {first, second}) memory.deallocate(block, 1000, 64);
    memory.deallocate(other, 2000, 64);
    EXPECT_EQ(from.held, 4000) << "kept for the next";
  }
  EXPECT_EQ(from.held, 0);
}

}  // namespace
}  // namespace roux::data
