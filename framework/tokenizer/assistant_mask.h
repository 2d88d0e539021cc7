#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "roux/tokenizer/chat_template.h"
#include "tokenizer/jinja/text.h"

namespace roux {

// What a template writes around an answer, learnt from what it makes of a small conversation.
struct TurnShape {
  std::string header;  // the last the model sees before it answers; "" if that is not known
  std::string lead;    // what stands between the header and the answer: mostly ""
  std::string end;  // what ends an answer, from a special token to a special token; "" if unknown
};

// From the renderings of a question, with the prompt for an answer, with an answer, and with
// another question behind that.
struct TurnSamples {
  std::string question;
  std::string prompt;
  jinja::Text answered;
  jinja::Text asked_again;
};
TurnShape learn_turn_shape(const TurnSamples& samples, std::span<const std::string> special_tokens);

// The ranges that {% generation %} blocks wrote.
std::vector<TextRange> generated_ranges(const jinja::Text& text);

// The ranges that the assistant said, where the template does not tell: of every message that
// `is_assistant` names, from behind the header (or from its first piece, where the header is not
// there) to its last piece, and on to the token that ends the turn.
std::vector<TextRange> assistant_ranges(const jinja::Text& text,
                                        const std::vector<bool>& is_assistant,
                                        const TurnShape& shape,
                                        std::span<const std::string> special_tokens);

}  // namespace roux
