// Tokenizers as programs meet them.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "driver_world.h"
#include "support/process.h"

namespace roux {
namespace {

TEST(SentencePieceAndLibTorch, ShareAProcess) {
  const auto program = DriverWorld::driver().parent_path() / "tokens-and-tensors";

  const Finished finished =
      run_process({program.string(), ROUX_TOKENIZER_FIXTURES "/sentencepiece/bpe.model"}, {});

  EXPECT_EQ(finished.out, "hello, world 6\n");
  EXPECT_EQ(finished.err, "");
  EXPECT_EQ(finished.exit_code, 0);
}

}  // namespace
}  // namespace roux
