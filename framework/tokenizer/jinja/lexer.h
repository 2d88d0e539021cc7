#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "tokenizer/jinja/source.h"

namespace roux::jinja {

struct Token {
  enum class Kind {
    Data,           // text outside of tags
    BlockBegin,     // {%
    BlockEnd,       // %}
    VariableBegin,  // {{
    VariableEnd,    // }}
    Name,
    String,  // its text is what it means: escapes are resolved
    Integer,
    Float,
    Operator,
    End,
  };

  Kind kind;
  std::string text;
  std::size_t offset;
};

// Cuts a template into tokens, with trim_blocks and lstrip_blocks, as transformers sets Jinja up.
// Comments and raw blocks are resolved. The last token is an End. Throws DataError, which names the
// template and the place.
std::vector<Token> tokenize(const Source& source);

}  // namespace roux::jinja
