#include "generations.h"

#include <iostream>
#include <nlohmann/json.hpp>

#include "roux/base/error.h"
#include "roux/base/terminal.h"
#include "roux/base/visible.h"

namespace roux::lm {
namespace {

std::string line_of(const Prompt& prompt, std::size_t number, std::size_t num_gens,
                    const GeneratedText& text) {
  auto json = nlohmann::ordered_json::parse(prompt.fields);
  if (num_gens > 1) json["gen"] = number;
  json["generation"] = text.text;
  json["generation_ids"] = text.ids;
  json["end"] = name_of(text.reason);
  if (!text.log_probabilities.empty()) json["log_probabilities"] = text.log_probabilities;
  return json.dump() + '\n';
}

}  // namespace

Generations::Generations(const std::filesystem::path& file, const std::vector<Prompt>& prompts,
                         std::int64_t num_gens, OutputForm form)
    : path_(file),
      file_(file, std::ios::binary),
      prompts_(prompts),
      num_gens_(static_cast<std::size_t>(num_gens)),
      form_(form) {
  if (form_ == OutputForm::Auto) form_ = is_terminal(1) ? OutputForm::Text : OutputForm::Jsonl;
  streams_ = form_ == OutputForm::Text && prompts.size() * num_gens_ == 1;
  check();
}

void Generations::add_piece(std::size_t generation, std::string_view piece) {
  if (!streams_) return;
  if (!has_begun_) print_prompt(prompts_[generation / num_gens_]);
  has_begun_ = true;
  std::cout << visible(piece) << std::flush;
}

void Generations::add(std::size_t generation, const GeneratedText& text) {
  waiting_.emplace(generation, text);
  while (!waiting_.empty() && waiting_.begin()->first == next_) {
    write(next_, waiting_.begin()->second);
    waiting_.erase(waiting_.begin());
    ++next_;
  }
}

void Generations::finish() {
  for (const auto& [generation, text] : waiting_) write(generation, text);
  waiting_.clear();
  check();
}

void Generations::write(std::size_t generation, const GeneratedText& text) {
  const Prompt& prompt = prompts_[generation / num_gens_];
  const std::string line = line_of(prompt, generation % num_gens_, num_gens_, text);
  file_ << line << std::flush;
  check();
  if (form_ == OutputForm::Jsonl) std::cout << line << std::flush;
  if (form_ != OutputForm::Text) return;
  if (!has_begun_) {
    print_prompt(prompt);
    std::cout << visible(text.text);
  }
  std::cout << '\n' << std::flush;
}

void Generations::print_prompt(const Prompt& prompt) const {
  if (prompt.messages.empty()) {
    std::cout << visible(prompt.text);
  } else {
    std::cout << "> " << visible(prompt.text) << '\n';
  }
}

void Generations::check() const {
  if (!file_) throw Error(cat("cannot write ", path_.string()));
}

}  // namespace roux::lm
