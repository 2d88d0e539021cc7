#include "roux/config/wiring.h"

#include <algorithm>
#include <optional>
#include <string>
#include <vector>

#include "roux/base/error.h"
#include "roux/base/strings.h"
#include "roux/config/choice.h"
#include "roux/config/list_types.h"
#include "roux/di/container.h"
#include "roux/di/wiring_error.h"

namespace roux::config {
namespace {

// One struct inside the config, its owner kept alive.
struct Section {
  std::string name;
  const StructType* type;
  std::shared_ptr<const void> object;
  bool base;  // it is what a section derives from, and not the section
};

std::shared_ptr<const void> part_of(const std::shared_ptr<const void>& whole, const void* part) {
  return {whole, part};
}

// A section, and the structs it derives from: whoever asks for CommonConfig gets its part of a
// TrainingCommonConfig.
void add_with_bases(const Section& section, std::vector<Section>& sections) {
  sections.push_back(section);
  for (const auto& base : section.type->bases()) {
    void* part = base.locate(const_cast<void*>(section.object.get()));
    add_with_bases({section.name, base.type, part_of(section.object, part), true}, sections);
  }
}

std::vector<Section> sections_of(const StructType& type,
                                 const std::shared_ptr<const void>& config) {
  std::vector<Section> sections;
  for (const auto& field : type.fields()) {
    if (const auto* section = dynamic_cast<const StructType*>(field.type)) {
      add_with_bases({field.name, section, part_of(config, field.of(config.get())), false},
                     sections);
    }
  }
  return sections;
}

// Whether the type alone says which section is meant: there is one of it, or one that derives from
// it. A section that is a T is the T, whatever other sections derive from T.
bool is_found_by_type(const Section& section, const std::vector<Section>& sections) {
  const auto count = [&](bool base) {
    return std::ranges::count_if(sections, [&](const Section& other) {
      return other.type == section.type && other.base == base;
    });
  };
  const bool hidden = section.base && count(false) > 0;
  return !hidden && count(section.base) == 1;
}

void bind_structs(di::Container& container, const StructType& type,
                  const std::shared_ptr<const void>& config) {
  const auto sections = sections_of(type, config);
  for (const auto& section : sections) {
    const auto name = is_found_by_type(section, sections) ? "" : section.name;
    container.instance(di::Key{section.type->id(), name}, section.object);
  }
}

// What a section's field chooses: nothing, one component, or one for each entry of a list.
struct Choices {
  di::TypeId kind;
  std::vector<const AnyChoice*> chosen;
};

Choices choices_in(const Type& type, const void* object, const std::string& path) {
  if (const auto* choice = dynamic_cast<const ChoiceType*>(&type)) {
    return {choice->kind(), {static_cast<const AnyChoice*>(object)}};
  }
  if (const auto* optional = dynamic_cast<const OptionalType*>(&type)) {
    const void* held = optional->held(object);
    const auto* choice = dynamic_cast<const ChoiceType*>(&optional->inner());
    require(choice != nullptr, cat("the section ", path, " chooses a component"));
    if (!held) return {choice->kind(), {}};
    return {choice->kind(), {static_cast<const AnyChoice*>(held)}};
  }
  const auto* list = dynamic_cast<const VectorType*>(&type);
  const auto* choice = list ? dynamic_cast<const ChoiceType*>(&list->element()) : nullptr;
  require(choice != nullptr, cat("the section ", path, " chooses components"));
  Choices choices{choice->kind(), {}};
  for (std::size_t i = 0; i < list->size(object); ++i) {
    choices.chosen.push_back(static_cast<const AnyChoice*>(list->at(object, i)));
  }
  return choices;
}

void bind_choices(di::Container& container, const StructType& type,
                  const std::shared_ptr<const void>& config) {
  for (const auto& section : container.sections()) {
    const auto* field = type.find(section.path);
    if (!field) continue;  // this recipe has no such section

    const auto choices = choices_in(*field->type, field->of(config.get()), section.path);
    require(choices.kind == section.key.type, cat("the section ", section.path, " chooses a ",
                                                  choices.kind, ", not a ", section.key.type));
    for (const auto* choice : choices.chosen) {
      if (choice->chosen()) container.choose(section.path, choice->name, choice->config);
    }
  }
}

// What a field of the config chooses among, if it chooses.
std::optional<di::TypeId> kind_of(const Type& type) {
  if (const auto* choice = dynamic_cast<const ChoiceType*>(&type)) return choice->kind();
  if (const auto* optional = dynamic_cast<const OptionalType*>(&type)) {
    return kind_of(optional->inner());
  }
  if (const auto* list = dynamic_cast<const VectorType*>(&type)) return kind_of(list->element());
  return std::nullopt;
}

// A section that chooses and that the container knows nothing of would choose in vain.
void check_every_choice_counts(const di::Container& container, const StructType& type) {
  std::vector<std::string> paths;
  for (const auto& section : container.sections()) paths.push_back(section.path);
  for (const auto& field : type.fields()) {
    const auto kind = kind_of(*field.type);
    if (!kind || std::ranges::find(paths, field.name) != paths.end()) continue;
    throw di::WiringError({cat("The config's section \"", field.name, "\" chooses a ", *kind,
                               ", but nothing is registered with container.section<", *kind, ">(\"",
                               field.name, "\")", did_you_mean(field.name, paths), ".")});
  }
}

}  // namespace

std::vector<std::string> ContainerCatalog::names(di::TypeId kind) const {
  std::vector<std::string> names;
  for (const auto& component : container_.components(kind)) names.push_back(component.name);
  return names;
}

const StructType* ContainerCatalog::config_of(di::TypeId kind, std::string_view name) const {
  for (const auto& component : container_.components(kind)) {
    if (component.name == name) return static_cast<const StructType*>(component.schema);
  }
  return nullptr;
}

const void* find_section(ConfigType type, const void* config, di::TypeId wanted) {
  const auto sections = sections_of(*type, {std::shared_ptr<void>(), config});
  for (const auto& section : sections) {
    if (section.type->id() == wanted && is_found_by_type(section, sections)) {
      return section.object.get();
    }
  }
  return nullptr;
}

void bind_config(di::Container& container, ConfigType type, std::shared_ptr<const void> config) {
  container.instance(di::Key{type->id(), ""}, config);
  check_every_choice_counts(container, *type);
  bind_structs(container, *type, config);
  bind_choices(container, *type, config);
}

}  // namespace roux::config
