#include "roux/generation/sampling.h"

#include <ATen/core/grad_mode.h>
#include <ATen/ops/argmax.h>
#include <ATen/ops/tensor.h>
#include <gmock/gmock.h>

#include <cmath>
#include <nlohmann/json.hpp>

#include "generation/expected.h"
#include "generation/small_writer.h"
#include "roux/base/error.h"
#include "roux/model/language_model.h"

namespace roux {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::SizeIs;
using ::testing::ThrowsMessage;

using Ids = std::vector<TokenId>;

SamplingConfig greedy(std::int64_t max_gen_len = 12) {
  SamplingConfig config;
  config.temperature = 0;
  config.max_gen_len = max_gen_len;
  return config;
}

SamplingConfig drawn(std::int64_t max_gen_len = 12) {
  SamplingConfig config;
  config.temperature = 1.5;
  config.top_p = 1;
  config.max_gen_len = max_gen_len;
  return config;
}

std::vector<GeneratedText> write(const SmallWriter& writer, const SamplingConfig& config,
                                 const std::vector<GenerationPrompt>& prompts, Ids ends = {},
                                 const GenerationListener& listener = {}) {
  return make_sampling(config, writer.model(std::move(ends)))->generate(prompts, listener);
}

// The likeliest tokens, from whole passes without a cache.
Ids likeliest(LanguageModel& model, Ids ids, std::size_t count) {
  const at::NoGradGuard no_gradients;
  const std::size_t begin = ids.size();
  while (ids.size() < begin + count) {
    const std::vector<std::int64_t> wide(ids.begin(), ids.end());
    const auto batch = nn::TokenBatch::single(at::tensor(wide, at::TensorOptions(at::kLong)));
    const at::Tensor logits = model.logits(model.forward(batch).hidden);
    ids.push_back(static_cast<TokenId>(logits[-1].argmax().item<std::int64_t>()));
  }
  return {ids.begin() + static_cast<std::ptrdiff_t>(begin), ids.end()};
}

const std::vector<GenerationPrompt> kUnequal = {
    prompt_of({7, 11, 2, 50, 41}, 0),
    prompt_of({3}, 1),
    prompt_of({1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17}, 2),
    prompt_of({60, 61}, 3),
    prompt_of({9, 9, 9, 9, 9, 9}, 4),
};

TEST(Sampling, WritesGreedilyWhatWholePassesWithoutACacheSay) {
  for (const char* name : {"llama3", "gpt2", "qwen2", "gemma2", "mixtral"}) {
    const SmallWriter writer(name);

    const auto texts = write(writer, greedy(), kUnequal);

    for (std::size_t i = 0; i < kUnequal.size(); ++i) {
      EXPECT_EQ(texts[i].ids, likeliest(*writer.loaded.model, kUnequal[i].ids, 12)) << name << i;
    }
  }
}

TEST(Sampling, WritesGreedilyWhatTransformersDoes) {
  std::size_t compared = 0;
  const auto expected = read_expected();
  for (const auto& each : expected["texts"]) {
    const auto& options = each["options"];
    if (options.contains("num_beams")) continue;
    const SmallWriter writer(each["model"].get<std::string>());
    SamplingConfig config = greedy(options["max_new_tokens"].get<std::int64_t>());
    config.repetition_penalty = options.value("repetition_penalty", 1.0);
    // transformers allows the end after so many tokens, we as the last of so many.
    config.min_gen_len = options.value("min_new_tokens", 0) + 1;
    Ids ends;
    if (!each["end"].is_null()) ends.push_back(each["end"].get<TokenId>());

    const auto texts = write(writer, config, {prompt_of(each["prompt"].get<Ids>())}, ends);

    EXPECT_EQ(texts[0].ids, each["ids"].get<Ids>()) << each["model"] << options;
    ++compared;
  }
  EXPECT_EQ(compared, 16U);
}

TEST(Sampling, WritesTheSameForAPromptWhateverIsWrittenBesideIt) {
  const SmallWriter writer;
  const auto all = write(writer, drawn(), kUnequal);

  for (const std::int64_t size : {1, 2, 3}) {
    SamplingConfig config = drawn();
    config.max_batch_size = size;
    config.prefill_chunk_size = 4;
    const auto few = write(writer, config, kUnequal);
    for (std::size_t i = 0; i < kUnequal.size(); ++i) EXPECT_EQ(few[i].ids, all[i].ids) << i;
  }
  for (std::size_t i = 0; i < kUnequal.size(); ++i) {
    EXPECT_EQ(write(writer, drawn(), {kUnequal[i]})[0].ids, all[i].ids) << i;
  }
}

TEST(Sampling, DrawsOthersForAnotherSeedOrAnotherPromptOfTheSameTokens) {
  const SmallWriter writer;

  const auto texts = write(writer, drawn(), {prompt_of({5}, 0), prompt_of({5}, 1)});

  EXPECT_THAT(texts[0].ids, Not(texts[1].ids));
  EXPECT_EQ(write(writer, drawn(), {prompt_of({5}, 1)})[0].ids, texts[1].ids);
}

TEST(Sampling, TellsHowLikelyTheModelFoundEachToken) {
  const SmallWriter writer;
  SamplingConfig config = drawn(6);
  config.compute_scores = true;
  config.top_k = 4;

  const auto texts = write(writer, config, {kUnequal[0]});

  Ids ids = kUnequal[0].ids;
  ids.insert(ids.end(), texts[0].ids.begin(), texts[0].ids.end());
  const std::vector<std::int64_t> wide(ids.begin(), ids.end());
  const auto batch = nn::TokenBatch::single(at::tensor(wide, at::TensorOptions(at::kLong)));
  const at::Tensor expected =
      writer.loaded.model->log_probabilities(batch, next_token_targets(batch)).detach();
  ASSERT_THAT(texts[0].log_probabilities, SizeIs(6));
  for (std::size_t i = 0; i < 6; ++i) {
    EXPECT_NEAR(texts[0].log_probabilities[i],
                expected[static_cast<std::int64_t>(i) + 4].item<double>(), 1e-5);
  }
  EXPECT_THAT(write(writer, drawn(6), {kUnequal[0]})[0].log_probabilities, SizeIs(0));
}

TEST(Sampling, EndsWithAnEndTokenWhichIsNoPartOfTheText) {
  const SmallWriter writer;
  const Ids all = write(writer, greedy(), {kUnequal[0]})[0].ids;
  const Ids front(all.begin(), all.begin() + 4);

  const auto texts = write(writer, greedy(), {kUnequal[0]}, {71, all[3]});

  EXPECT_EQ(texts[0].ids, front);
  EXPECT_EQ(texts[0].reason, EndReason::EndOfText);
  EXPECT_EQ(texts[0].text, writer.tokenizer->decode(Ids(all.begin(), all.begin() + 3)));
}

TEST(Sampling, EndsAtAStopStringWhereverTheTokensEnd) {
  const SmallWriter writer;
  const auto whole = write(writer, greedy(), {kUnequal[0]})[0];
  SamplingConfig config = greedy();
  config.stop = {whole.text.substr(4, 3)};

  const auto texts = write(writer, config, {kUnequal[0]});

  EXPECT_EQ(texts[0].reason, EndReason::StopString);
  EXPECT_EQ(texts[0].text, whole.text.substr(0, 4));
  EXPECT_THAT(texts[0].ids, SizeIs(7));
}

TEST(Sampling, EndsWhereTheModelCanReadNoMore) {
  const SmallWriter writer;
  const std::vector<GenerationPrompt> prompts = {prompt_of(Ids(60, 5)), prompt_of(Ids(3, 5))};

  const auto texts = write(writer, greedy(100), prompts);

  EXPECT_THAT(texts[0].ids, SizeIs(4));
  EXPECT_THAT(texts[1].ids, SizeIs(61));
  EXPECT_EQ(texts[0].reason, EndReason::MaxSeqLen);
  EXPECT_EQ(texts[1].reason, EndReason::MaxSeqLen);
}

TEST(Sampling, StreamsEachTextInPiecesThatMakeItUp) {
  const SmallWriter writer;
  std::vector<std::string> streamed(kUnequal.size());
  std::vector<std::size_t> ended;
  const GenerationListener listener{
      .on_text = [&](std::size_t prompt, std::string_view piece) { streamed[prompt] += piece; },
      .on_end =
          [&](std::size_t prompt, const GeneratedText& text) {
            ended.push_back(prompt);
            EXPECT_EQ(streamed[prompt], text.text);
          },
  };
  SamplingConfig config = drawn();
  config.max_batch_size = 2;
  config.stop = {"1", "\x02\x03"};

  const auto texts = write(writer, config, kUnequal, {}, listener);

  EXPECT_THAT(ended, SizeIs(kUnequal.size()));
  for (std::size_t i = 0; i < texts.size(); ++i) EXPECT_EQ(streamed[i], texts[i].text);
}

TEST(Sampling, LeavesTextsAsTheyAreWhenItIsCancelled) {
  const SmallWriter writer;
  int steps = 0;
  SamplingConfig config = greedy();
  config.max_batch_size = 2;

  const auto texts =
      write(writer, config, kUnequal, {}, {.cancelled = [&] { return ++steps > 3; }});

  EXPECT_THAT(texts[0].ids, SizeIs(3));
  EXPECT_THAT(texts[4].ids, SizeIs(0));
  EXPECT_EQ(texts[0].reason, EndReason::Cancelled);
  EXPECT_EQ(texts[4].reason, EndReason::Cancelled);
}

TEST(Sampling, NamesThePromptThatItCannotGoOnWith) {
  const SmallWriter writer;
  const auto refuses = [&](const Ids& ids, const char* text) {
    EXPECT_THAT(
        [&] {
          write(writer, greedy(), {prompt_of({1}), prompt_of(ids)});
        },
        ThrowsMessage<DataError>(HasSubstr(text)));
  };

  refuses({}, "prompt 2 must have at least one token");
  refuses(Ids(64, 1), "prompt 2 must have less tokens than the model can read (64), but has 64");
  refuses({1, 72}, "prompt 2 must have tokens from 0 to 71, but has 72");
  EXPECT_THAT(write(writer, greedy(), {}), SizeIs(0));
}

}  // namespace
}  // namespace roux
