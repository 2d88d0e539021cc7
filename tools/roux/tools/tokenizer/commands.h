#pragma once

#include "tool/tool.h"

namespace roux::tool {

// What several of them take.
Option model_option();
Option threads_option();

// Each is defined in <name>.cpp.
Command decode_command();
Command encode_command();
Command info_command();
Command train_command();

}  // namespace roux::tool
