#include "di/advice.h"

#include <algorithm>
#include <vector>

#include "di/registry.h"
#include "roux/base/error.h"
#include "roux/base/strings.h"

namespace roux::di::detail {
namespace {

std::vector<std::string> component_names(const Registry& registry, const TypeId& kind) {
  std::vector<std::string> names;
  for (const ComponentInfo& each : registry.components()) {
    if (each.kind == kind) names.push_back(each.name);
  }
  return names;
}

// FusedOptimizer for Optimizer: the class was provided, and not the interface.
std::string one_that_ends_alike(const std::string& given, const std::vector<std::string>& names) {
  for (const std::string& name : names) {
    if (name.ends_with(given) || given.ends_with(name)) return name;
  }
  return "";
}

// The same class is there, under another name or under none.
std::string advice_on_name(const Key& key, const std::vector<Key>& same_type) {
  std::vector<std::string> names;
  bool has_default = false;
  for (const Key& each : same_type) {
    if (each.name.empty()) {
      has_default = true;
    } else {
      names.push_back(cat('"', each.name, '"'));
    }
  }
  std::sort(names.begin(), names.end());

  std::string advice;
  const std::string nearest = key.name.empty() ? "" : nearest_name(cat('"', key.name, '"'), names);
  if (!nearest.empty()) advice += cat(" Did you mean ", nearest, "?");
  if (!names.empty()) advice += cat(" Known names of ", key.type, ": ", join(names, ", "), ".");
  if (has_default) advice += cat(" There is one ", key.type, " without a name.");
  return advice;
}

std::string advice_on_type(const Key& key, const std::vector<Key>& known) {
  std::vector<std::string> types;
  for (const Key& each : known) types.push_back(each.type.name());
  std::sort(types.begin(), types.end());

  const std::string type = key.type.name();
  std::string nearest = nearest_name(type, types);
  if (nearest.empty()) nearest = one_that_ends_alike(type, types);
  return nearest.empty() ? "" : cat(" Did you mean ", nearest, "?");
}

// A section could have chosen it.
std::string advice_on_section(const Registry& registry, const Key& key) {
  const std::vector<std::string> names = component_names(registry, key.type);
  const std::string known = join(names, ", ");

  for (const SectionInfo& section : registry.sections()) {
    if (section.many || !(section.key == key)) continue;
    if (names.empty()) {
      return cat(" Section \"", section.path, "\" would choose it, but no ", key.type,
                 " component is registered.");
    }
    return cat(" Section \"", section.path, "\" would choose it among: ", known, ".");
  }

  if (names.empty()) return "";
  return cat(" Components of it are registered (", known, "), but no section chooses one.");
}

}  // namespace

std::string advice_on_missing(const Registry& registry, const Key& key) {
  const std::vector<Key> known = registry.keys();
  std::vector<Key> same_type;
  for (const Key& each : known) {
    if (each.type == key.type) same_type.push_back(each);
  }

  std::string advice =
      same_type.empty() ? advice_on_type(key, known) : advice_on_name(key, same_type);
  advice += advice_on_section(registry, key);
  if (!registry.members(key).empty()) {
    advice += cat(" What is collected as ", key, " is asked for as All<", as_type(key), ">.");
  }
  return advice;
}

std::string unknown_component(const Registry& registry, const SectionInfo& section,
                              std::string_view name) {
  const std::vector<std::string> names = component_names(registry, section.key.type);
  std::string message = cat("Section \"", section.path, "\" names \"", name, "\", which is no ",
                            section.key.type, did_you_mean(name, names), ". ");
  if (names.empty()) return message + "None is registered.";
  return message + cat("Known: ", join(names, ", "), ".");
}

std::string unknown_section(const std::vector<SectionInfo>& sections, std::string_view path) {
  std::vector<std::string> paths;
  for (const SectionInfo& each : sections) paths.push_back(each.path);
  return cat("No section \"", path, "\" was declared to the container", did_you_mean(path, paths),
             ".");
}

}  // namespace roux::di::detail
