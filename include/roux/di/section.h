#pragma once

#include <string>

#include "roux/di/all.h"
#include "roux/di/key.h"
#include "roux/di/where.h"

namespace roux::di {

// One of several of a kind, from which a section of the config chooses by name.
struct ComponentInfo {
  TypeId kind;         // what it is: Optimizer
  std::string name;    // what the config calls it: "adamw"
  TypeId config;       // the class of its own config: AdamWConfig
  const void* schema;  // how to read that: ComponentConfig<AdamWConfig>::schema()
  Where where;
};

// A section of the config that chooses components.
struct SectionInfo {
  std::string path;  // "optimizer"
  Key key;           // what it chooses: a component of the kind key.type
  bool many;         // a list: each entry becomes a member of All<…>
  Where where;
};

namespace detail {

template <typename T>
struct SectionTraits {
  using Chosen = T;
  static constexpr bool kMany = false;
};

template <typename T>
struct SectionTraits<All<T>> {
  using Chosen = T;
  static constexpr bool kMany = true;
};

}  // namespace detail
}  // namespace roux::di
