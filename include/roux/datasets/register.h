#pragma once

namespace roux::di {
class Container;
}  // namespace roux::di

namespace roux::datasets {

// What a recipe that reads texts calls in its register_into(): the family "text", the dataset
// "sample", and the DatasetHub that finds what [dataset] names.
void register_text(di::Container& container);

}  // namespace roux::datasets
