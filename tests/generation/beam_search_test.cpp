#include "roux/generation/beam_search.h"

#include <gmock/gmock.h>

#include <map>
#include <nlohmann/json.hpp>

#include "generation/expected.h"
#include "generation/small_writer.h"
#include "roux/base/error.h"

namespace roux {
namespace {

using ::testing::HasSubstr;
using ::testing::SizeIs;
using ::testing::ThrowsMessage;

using Ids = std::vector<TokenId>;

TEST(BeamSearch, WritesWhatTransformersDoes) {
  const auto expected = read_expected();
  std::map<std::string, SmallWriter> writers;
  std::size_t compared = 0;
  for (const auto& each : expected["texts"]) {
    const auto& options = each["options"];
    if (!options.contains("num_beams")) continue;
    const auto& writer =
        writers.try_emplace(each["model"], each["model"].get<std::string>()).first->second;
    BeamSearchConfig config;
    config.max_gen_len = options["max_new_tokens"].get<std::int64_t>();
    config.beam_size = options["num_beams"].get<std::int64_t>();
    config.len_penalty = options["length_penalty"].get<double>();
    config.prefill_chunk_size = 2;
    Ids ends;
    if (!each["end"].is_null()) ends.push_back(each["end"].get<TokenId>());

    const auto texts = make_beam_search(config, writer.model(ends))
                           ->generate(std::vector{prompt_of(each["prompt"].get<Ids>())}, {});

    EXPECT_EQ(texts[0].ids, each["ids"].get<Ids>()) << each["model"] << options << each["end"];
    ++compared;
  }
  EXPECT_EQ(compared, 72U);
}

TEST(BeamSearch, WritesForSeveralPromptsWhatItWritesForEach) {
  const SmallWriter writer;
  BeamSearchConfig config;
  config.max_gen_len = 8;
  config.min_gen_len = 3;
  config.compute_scores = true;
  std::vector<std::string> streamed(2);
  const GenerationListener listener{
      .on_text = [&](std::size_t prompt, std::string_view piece) { streamed[prompt] += piece; }};
  const std::vector prompts = {prompt_of({7, 11, 2}), prompt_of({40, 41, 42, 43, 44, 45})};
  const auto search = make_beam_search(config, writer.model({5, 6}));

  const auto both = search->generate(prompts, listener);

  for (std::size_t i = 0; i < 2; ++i) {
    const auto alone = search->generate(std::vector{prompts[i]}, {});
    EXPECT_EQ(alone[0].ids, both[i].ids);
    EXPECT_GE(both[i].ids.size(), 3U);
    EXPECT_EQ(streamed[i], both[i].text);
    EXPECT_THAT(both[i].log_probabilities, SizeIs(both[i].ids.size()));
  }
}

TEST(BeamSearch, StopsWhenItIsCancelled) {
  const SmallWriter writer;
  int steps = 0;

  const auto texts = make_beam_search({}, writer.model())
                         ->generate(std::vector{prompt_of({1}), prompt_of({2})},
                                    {.cancelled = [&] { return ++steps > 4; }});

  EXPECT_EQ(texts[0].reason, EndReason::Cancelled);
  EXPECT_THAT(texts[0].ids, SizeIs(4));
  EXPECT_THAT(texts[1].ids, SizeIs(0));
}

TEST(BeamSearch, NamesThePromptThatItCannotGoOnWith) {
  const SmallWriter writer;

  EXPECT_THAT(
      [&] { make_beam_search({}, writer.model())->generate(std::vector{prompt_of({})}, {}); },
      ThrowsMessage<DataError>(HasSubstr("prompt 1 must have at least one token")));
}

}  // namespace
}  // namespace roux
