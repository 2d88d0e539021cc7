#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "roux/tokenizer/tokenizer.h"
#include "tool/tool.h"

namespace roux::tool {

// Each is defined in <name>.cpp.
Command inspect_command();
Command sample_command();
Command tokenize_command();

// As `roux tokenizer` finds it: a folder, a file, hf://…, or a model card.
std::unique_ptr<Tokenizer> find_tokenizer_of(const std::string& model);

// Throws ConfigError, which begins with `called`, for an -o that can be no folder.
void check_output_folder(const std::string& called, const std::string& given);

// "1 document", "2,000 documents".
std::string counted(std::int64_t count, std::string_view plural);

}  // namespace roux::tool
