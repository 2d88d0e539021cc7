#include "roux/modifier/register.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "roux/di/container.h"
#include "roux/modifier/modifier.h"

namespace roux {
namespace {

using ::testing::ElementsAre;

TEST(RegisterModifiers, KnowsThemAllByName) {
  di::Container container;
  register_modifiers(container);

  std::vector<std::string> names;
  for (const auto& component : container.components(di::TypeId::of<Modifier>())) {
    names.push_back(component.name);
  }

  EXPECT_THAT(names, ElementsAre("freeze", "ema"));
}

}  // namespace
}  // namespace roux
