#pragma once

namespace roux::di {
class Container;
}  // namespace roux::di

namespace roux {

// The composition root: registers every default of the framework, room by room. The one place that
// knows them all; a recipe's register_into() comes after it.
void register_library(di::Container& container);

}  // namespace roux
