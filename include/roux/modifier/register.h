#pragma once

namespace roux::di {
class Container;
}  // namespace roux::di

namespace roux {

// Everything that [[modifiers]] may name, and the section.
void register_modifiers(di::Container& container);

}  // namespace roux
