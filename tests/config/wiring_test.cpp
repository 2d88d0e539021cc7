#include "roux/config/wiring.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <optional>
#include <vector>

#include "roux/base/error.h"
#include "roux/config/choice.h"
#include "roux/config/component.h"
#include "roux/config/load.h"
#include "roux/di/container.h"
#include "roux/di/wiring_error.h"

namespace roux::config {
namespace {

using di::All;
using di::Container;
using di::Keyed;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::ThrowsMessage;

// A kind with one component, which keeps its setting.
struct Animal {
  int legs;
};

struct LegsConfig {
  int legs = 4;
  static void describe(Fields<LegsConfig>& field) { field("legs", &LegsConfig::legs, "Legs."); }
};

struct ModelSettings {
  int size = 1;
  static void describe(Fields<ModelSettings>& field) {
    field("size", &ModelSettings::size, "Size.");
  }
};

struct TeacherSettings : ModelSettings {
  static void describe(Fields<TeacherSettings>& field) { field.inherit<ModelSettings>(); }
};

struct Farm {
  ModelSettings model{.size = 3};
  LegsConfig left{.legs = 1};
  LegsConfig right{.legs = 2};
  TeacherSettings teacher;
  Choice<Animal> animal{"any"};
  std::optional<Choice<Animal>> pet;
  std::vector<Choice<Animal>> herd;

  static void describe(Fields<Farm>& field) {
    field("model", &Farm::model, "A model.");
    field("left", &Farm::left, "One of two.");
    field("right", &Farm::right, "The other.");
    field("teacher", &Farm::teacher, "A model that derives.");
    field("animal", &Farm::animal, "An animal.");
    field("pet", &Farm::pet, "Perhaps one.");
    field("herd", &Farm::herd, "Many.");
  }
};

Container a_farm() {
  Container container;
  container.component<Animal>("any", [](const LegsConfig& config) { return Animal{config.legs}; });
  container.section<Animal>("animal");
  container.section<Keyed<Animal, "pet">>("pet");
  container.section<All<Animal>>("herd");
  return container;
}

Container sealed(Container container, Farm farm) {
  const ContainerCatalog catalog(container);
  const auto checked = check_config(config_type<Farm>(), &farm, catalog);
  checked.problems.throw_if_any();
  bind_config(container, config_type<Farm>(), checked.object);
  container.seal();
  return container;
}

TEST(BindConfig, GivesTheConfigAndItsSectionsByTheirTypes) {
  const Container container = sealed(a_farm(), Farm());

  EXPECT_EQ(container.get<const Farm>().left.legs, 1);
  EXPECT_EQ(container.get<const ModelSettings>().size, 3);
}

TEST(BindConfig, TellsSectionsOfOneTypeApartByTheirNames) {
  const Container container = sealed(a_farm(), Farm());

  EXPECT_EQ((container.get<Keyed<const LegsConfig, "left">>().legs), 1);
  EXPECT_EQ((container.get<Keyed<const LegsConfig, "right">>().legs), 2);
  EXPECT_EQ(container.find<const LegsConfig>(), nullptr);
}

TEST(BindConfig, GivesASectionThatIsATypeBeforeOnesThatDeriveFromIt) {
  const Container container = sealed(a_farm(), {.teacher = {{.size = 9}}});

  EXPECT_EQ(container.get<const ModelSettings>().size, 3);
  EXPECT_EQ(container.get<const TeacherSettings>().size, 9);
  EXPECT_EQ((container.get<Keyed<const ModelSettings, "teacher">>().size), 9);
}

TEST(BindConfig, ChoosesOnePerhapsOneAndMany) {
  const Farm farm{.animal = {"any", LegsConfig{.legs = 8}},
                  .herd = {{"any", LegsConfig{.legs = 2}}, Choice<Animal>("any")}};
  const Container container = sealed(a_farm(), farm);

  std::vector<int> legs;
  for (const Animal& animal : container.all<Animal>()) legs.push_back(animal.legs);

  EXPECT_EQ(container.get<Animal>().legs, 8);
  EXPECT_EQ((container.find<Keyed<Animal, "pet">>()), nullptr);
  EXPECT_THAT(legs, ElementsAre(2, 4));
}

TEST(BindConfig, RefusesASectionThatWouldChooseInVain) {
  Container container;
  container.component<Animal>("any", [](const LegsConfig& config) { return Animal{config.legs}; });
  container.section<Animal>("animl");
  container.section<Keyed<Animal, "pet">>("pet");
  container.section<All<Animal>>("herd");

  EXPECT_THAT([&] { bind_config(container, config_type<Farm>(), std::make_shared<Farm>()); },
              ThrowsMessage<di::WiringError>(HasSubstr(
                  "section \"animal\" chooses a config::Animal, but nothing is registered "
                  "with container.section<config::Animal>(\"animal\") (did you mean "
                  "\"animl\"?)")));
}

TEST(BindConfig, RefusesASectionOfAnotherKind) {
  Container container;
  container.section<LegsConfig>("animal");
  container.section<Keyed<Animal, "pet">>("pet");
  container.section<All<Animal>>("herd");

  EXPECT_THAT([&] { bind_config(container, config_type<Farm>(), std::make_shared<Farm>()); },
              ThrowsMessage<InternalError>(HasSubstr("chooses a config::Animal, not a ")));
}

}  // namespace
}  // namespace roux::config
