// An extension that was compiled against another version.
#undef ROUX_VERSION
#define ROUX_VERSION "0.0.1"
#include "roux/recipe/extension.h"

namespace {

void register_nothing(roux::di::Container&) {}

}  // namespace

ROUX_EXTENSION(register_nothing)
