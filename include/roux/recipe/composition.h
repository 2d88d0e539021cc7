#pragma once

namespace roux::di {
class Container;
}  // namespace roux::di

namespace roux {

// The composition root: registers every default of the framework, room by room. The one place that
// knows them all; a recipe's register_into() comes after it.
void register_library(di::Container& container);

// What a recipe with a language model needs besides, called in its register_into(): the families,
// the cards of [common.assets] and the ModelHub. `container.collect<ModelFamily>(…)` adds a family.
void register_models(di::Container& container);

}  // namespace roux
