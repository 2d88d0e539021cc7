#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "roux/di/key.h"
#include "roux/di/section.h"

// The second half of a good message: what might have been meant, and what there is.
namespace roux::di::detail {

class Registry;

// What to add to "Optimizer is missing.": ` Did you mean FusedOptimizer?`, ` Section "optimizer"
// would choose it among: adamw, lion.` Begins with a space; empty if nothing helps.
std::string advice_on_missing(const Registry& registry, const Key& key);

// A whole message: `section` has no component called `name`.
std::string unknown_component(const Registry& registry, const SectionInfo& section,
                              std::string_view name);

// A whole message: there is no section at `path`, but `sections`.
std::string unknown_section(const std::vector<SectionInfo>& sections, std::string_view path);

}  // namespace roux::di::detail
