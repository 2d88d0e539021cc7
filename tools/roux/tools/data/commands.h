#pragma once

#include <memory>
#include <string>

#include "roux/tokenizer/tokenizer.h"
#include "tool/tool.h"

namespace roux::tool {

// Each is defined in <name>.cpp.
Command inspect_command();
Command sample_command();
Command tokenize_command();

// As `roux tokenizer` finds it: a folder, a file, hf://…, or a model card.
std::unique_ptr<Tokenizer> find_tokenizer_of(const std::string& model);

}  // namespace roux::tool
