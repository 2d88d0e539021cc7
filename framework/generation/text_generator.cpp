#include "roux/generation/text_generator.h"

#include "roux/base/error.h"

namespace roux {

std::string_view name_of(EndReason reason) {
  switch (reason) {
    case EndReason::EndOfText:
      return "end_of_text";
    case EndReason::StopString:
      return "stop_string";
    case EndReason::MaxGenLen:
      return "max_gen_len";
    case EndReason::MaxSeqLen:
      return "max_seq_len";
    case EndReason::Cancelled:
      return "cancelled";
  }
  throw InternalError("name_of: there is no such EndReason");
}

void TextGeneratorConfig::describe(config::Fields<TextGeneratorConfig>& field) {
  using C = TextGeneratorConfig;
  field("min_gen_len", &C::min_gen_len, "Before so many new tokens the model may not end a text.")
      .at_least(1);
  field("max_gen_len", &C::max_gen_len,
        "The most new tokens of a text, which also ends where the model can read no more.")
      .at_least(1);
  field("compute_scores", &C::compute_scores,
        "Tell the log-probability of each new token, as the model has it.");
  field("prefill_chunk_size", &C::prefill_chunk_size,
        "The most tokens of prompts that are read at a time.")
      .at_least(1);
}

void TextGeneratorConfig::validate(config::Problems& problems) const {
  if (min_gen_len > max_gen_len) {
    problems.add("min_gen_len",
                 cat("must be at most max_gen_len (", max_gen_len, "), but is ", min_gen_len));
  }
}

}  // namespace roux
