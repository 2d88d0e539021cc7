// Decoding beside others: writes on command, so that programs can take turns.
//
//   bench-generate float32|bfloat16
//
// The large Llama, one text, the likeliest token each time. Prints a line of JSON when it is ready;
// then, for every line N on standard input, reads the prompt anew, writes N tokens and prints
// {"tokens_per_second": ...}, the prompt left out; at its end the peak of its memory. What
// lm-generate does: its generator, and its cache of keys and values.

#include <chrono>
#include <exception>
#include <iostream>
#include <string>
#include <vector>

#include "bench/llama_shapes.h"
#include "recipe/torch_settings.h"
#include "roux/base/error.h"
#include "roux/base/program.h"
#include "roux/config/sections/common.h"
#include "roux/generation/sampling.h"
#include "roux/tokenizer/load.h"

namespace roux::bench {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::size_t kPrompt = 32;
constexpr std::int64_t kCapacity = 512;

// Tokens a second behind the first one, which ends the reading of the prompt.
double write(const WritingModel& model, std::int64_t count) {
  SamplingConfig config;
  config.temperature = 0.0;
  config.max_gen_len = count + 1;
  std::vector<TokenId> ids;
  for (std::size_t i = 0; i < kPrompt; ++i) ids.push_back(static_cast<TokenId>(7 * i + 3));
  const std::vector<GenerationPrompt> prompts{{ids, RandomStream(1, "bench")}};

  std::vector<Clock::time_point> steps;  // asked before each one
  GenerationListener listener;
  listener.cancelled = [&] {
    steps.push_back(Clock::now());
    return false;
  };
  const auto texts = make_sampling(config, model)->generate(prompts, listener);
  const auto end = Clock::now();
  require(static_cast<std::int64_t>(texts.front().ids.size()) == count + 1,
          "bench-generate: as many tokens as asked for");
  return static_cast<double>(count) / std::chrono::duration<double>(end - steps.at(1)).count();
}

void bench(const std::string& dtype) {
  apply_torch_settings({});
  const Llama llama = make_llama(llama_shape("large"), kCapacity);
  llama.parameters->compute_in(dtype_of(dtype));
  // Its tokens are the vocabulary's first: the others are computed, but never chosen.
  const auto tokenizer = make_byte_tokenizer();
  const WritingModel model{*llama.model, *tokenizer, {}};
  write(model, 2);
  std::cout << R"({"engine": "roux", "dtype": ")" << dtype << "\"}\n" << std::flush;
  for (std::int64_t count = 0; std::cin >> count;) {
    std::cout << R"({"tokens_per_second": )" << write(model, count) << "}\n" << std::flush;
  }
  std::cout << R"({"peak_rss_mb": )" << (peak_memory() >> 20) << "}\n";
}

}  // namespace
}  // namespace roux::bench

int main(int argc, char** argv) {
  if (argc != 2) {
    std::cerr << "usage: bench-generate float32|bfloat16\n";
    return 2;
  }
  try {
    roux::bench::bench(argv[1]);
    return 0;
  } catch (const std::exception& error) {
    std::cerr << "error: " << error.what() << '\n';
    return 1;
  }
}
