#pragma once

namespace roux::di {

template <typename C>
inline constexpr bool kHasDescription = false;

// How the container learns of a component's config without knowing what configs are: whoever reads
// them specialises this for the structs it can read. What schema() points to is theirs alone.
template <typename C>
struct ComponentConfig {
  static const void* schema() {
    static_assert(kHasDescription<C>,
                  "a component's config has no describe(); include roux/config/component.h");
    return nullptr;
  }
};

}  // namespace roux::di
