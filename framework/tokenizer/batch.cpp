#include "roux/tokenizer/batch.h"

#include <cstddef>
#include <cstdint>

#include "roux/base/thread_pool.h"

namespace roux {

std::vector<std::vector<TokenId>> encode_batch(const Tokenizer& tokenizer,
                                               std::span<const std::string_view> texts,
                                               ThreadPool& pool, const EncodeOptions& options) {
  // Texts differ in length: small pieces let a thread that is done early take more.
  constexpr std::int64_t kTextsAtOnce = 4;
  std::vector<std::vector<TokenId>> ids(texts.size());
  pool.parallel_for(0, static_cast<std::int64_t>(texts.size()), kTextsAtOnce,
                    [&](std::int64_t first, std::int64_t last) {
                      // One growing list, then a copy of the right size: fewer allocations.
                      std::vector<TokenId> scratch;
                      for (auto i = static_cast<std::size_t>(first);
                           i < static_cast<std::size_t>(last); ++i) {
                        scratch.clear();
                        tokenizer.encode(texts[i], scratch, options);
                        ids[i].assign(scratch.begin(), scratch.end());
                      }
                    });
  return ids;
}

}  // namespace roux
