#pragma once

namespace roux::di {
class Container;
}  // namespace roux::di

namespace roux {

// The section [seq_generator], and everything that it may name. Each wants a WritingModel of the
// container.
void register_generation(di::Container& container);

}  // namespace roux
