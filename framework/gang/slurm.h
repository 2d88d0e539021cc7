#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace roux::gang {

// "2(x3),1" == {2, 2, 2, 1}. Throws ConfigError for what is no such list.
std::vector<int> tasks_per_node(std::string_view list);

// The first of "gpu[007-012,015],login" == "gpu007". Throws ConfigError for an empty list.
std::string first_host(std::string_view list);

}  // namespace roux::gang
