#include "recipe.h"

#include <chrono>
#include <utility>
#include <vector>

#include "generations.h"
#include "interactive.h"
#include "prompts.h"
#include "roux/base/error.h"
#include "roux/base/log.h"
#include "roux/base/random.h"
#include "roux/di/container.h"
#include "roux/generation/register.h"
#include "roux/recipe/composition.h"
#include "roux/trainer/stop.h"
#include "writer.h"

namespace roux::lm {
namespace {

// Writes a text for each prompt that the config gives.
class PromptsGenerator final : public Generator {
 public:
  explicit PromptsGenerator(RecipeContext& context)
      : config_(context.config<LMGeneratorConfig>()),
        writer_(context.get<const Writer>()),
        generator_(context.get<TextGenerator>()),
        random_(context.get<const RandomStream>().child("generation")),
        stop_(context.get<const StopRequest>()),
        prompts_(read_prompts(config_)),
        file_(context.output_dir() / "generations.jsonl") {}

  void generate() override {
    const std::vector<GenerationPrompt> all = encode();
    Generations generations(file_, prompts_, config_.num_gens, config_.output);
    std::size_t tokens = 0;
    const auto begin = std::chrono::steady_clock::now();
    generator_.generate(
        all,
        {.on_text = [&](std::size_t i, std::string_view piece) { generations.add_piece(i, piece); },
         .on_end =
             [&](std::size_t i, const GeneratedText& text) {
               tokens += text.ids.size();
               generations.add(i, text);
             },
         .cancelled = [&] { return stop_.requested(); }});
    generations.finish();
    const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - begin;
    log_info(stop_.requested() ? "stopped after " : "", tokens, " new tokens in ", seconds.count(),
             " s (", static_cast<double>(tokens) / seconds.count(), " a second); they are in ",
             file_.string());
  }

 private:
  // A prompt's random numbers are those of its number, and of which text for it is written.
  std::vector<GenerationPrompt> encode() const {
    std::vector<GenerationPrompt> all;
    for (std::size_t i = 0; i < prompts_.size(); ++i) {
      const Prompt& prompt = prompts_[i];
      const auto ids = config_.chat ? writer_.encode(prompt.messages) : writer_.encode(prompt.text);
      const auto reach = writer_.model->max_seq_len();
      if (ids.empty()) {
        throw DataError(cat(prompt.place,
                            ": must not be empty, as the tokenizer begins a text "
                            "with no token of its own"));
      }
      if (static_cast<std::int64_t>(ids.size()) >= reach) {
        throw DataError(cat(prompt.place, ": must have less tokens than the model can read (",
                            reach, "), but has ", ids.size()));
      }
      for (std::int64_t gen = 0; gen < config_.num_gens; ++gen) {
        all.push_back({ids, random_.child(i).child(static_cast<std::uint64_t>(gen))});
      }
    }
    return all;
  }

  const LMGeneratorConfig& config_;
  const Writer& writer_;
  TextGenerator& generator_;
  RandomStream random_;
  const StopRequest& stop_;
  std::vector<Prompt> prompts_;
  std::filesystem::path file_;
};

}  // namespace

void LMGenerateRecipe::register_into(di::Container& container) const {
  register_models(container);
  register_generation(container);
  container.provide<Writer>([](const ReferenceModelConfig& model, const TokenizerConfig& tokenizer,
                               const LMGeneratorConfig& generator, const ModelHub& hub,
                               const CardStore& cards) {
    return std::make_unique<Writer>(load_writer(model, tokenizer, generator, hub, cards));
  });
  container.provide<WritingModel>([](const Writer& writer) {
    return std::make_unique<WritingModel>(
        WritingModel{*writer.model, *writer.tokenizer, writer.end_tokens});
  });
}

std::vector<Shortcut> LMGenerateRecipe::shortcuts() const {
  return {{"--interactive", "generator.interactive=true",
           "ask for prompts on the terminal, and show texts while they are written"}};
}

std::unique_ptr<Generator> LMGenerateRecipe::create_generator(RecipeContext& context) const {
  const auto& config = context.config<LMGeneratorConfig>();
  if (!config.interactive) return std::make_unique<PromptsGenerator>(context);
  return make_interactive(config, context.get<const Writer>(), context.get<TextGenerator>(),
                          context.get<const RandomStream>().child("generation"),
                          context.get<const StopRequest>());
}

}  // namespace roux::lm
