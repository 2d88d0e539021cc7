#include "roux/di/graph.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>

#include "roux/di/container.h"

namespace roux {
namespace {

using di::All;
using di::Container;
using di::Factory;
using di::Graph;
using di::Keyed;
using di::Lazy;
using di::Resolver;
using di::to_dot;
using di::to_text;
using ::testing::HasSubstr;
using ::testing::Not;

struct Clock {};
struct Timer {};
struct Model {};
struct Optimizer {};
struct Modifier {};
struct Profiler {};
struct Batch {};
struct Trainer {};
struct Evaluator {};
struct AdamWConfig {};
struct LoraConfig {};

}  // namespace

template <>
struct di::ComponentConfig<AdamWConfig> {
  static const void* schema() { return nullptr; }
};
template <>
struct di::ComponentConfig<LoraConfig> {
  static const void* schema() { return nullptr; }
};

namespace {

Container a_recipe() {
  Container container;
  container.provide<Trainer>([](Model&, Optimizer&, All<Modifier>, Lazy<Timer>, Profiler*,
                                Factory<Batch>) { return Trainer(); },
                             {"recipe.cpp", 21});
  container.provide<Evaluator>([](Model&, Keyed<Model, "teacher">) { return Evaluator(); });
  container.provide<Model>([](const Clock&) { return Model(); });
  container.decorate<Model>([](Model&) { return Model(); });
  container.provide<Keyed<Model, "teacher">>([](Resolver&) { return Model(); });
  container.provide<Timer>([](Clock&) { return Timer(); });
  container.provide<Clock>([] { return Clock(); });
  container.provide<Batch>([] { return Batch(); }).transient();
  container.component<Optimizer>("adamw", [](const AdamWConfig&, Model&) { return Optimizer(); });
  container.component<Optimizer>("lion", [](const AdamWConfig&, Timer&) { return Optimizer(); });
  container.section<Optimizer>("optimizer");
  container.component<Modifier>("lora", [](const LoraConfig&) { return Modifier(); });
  container.section<All<Modifier>>("modifiers");
  container.choose("optimizer", "adamw", std::make_shared<AdamWConfig>());
  container.choose("modifiers", "lora", std::make_shared<LoraConfig>());
  container.seal();
  return container;
}

TEST(GraphText, ShowsEachThingUnderWhatAsksForIt) {
  EXPECT_EQ(to_text(a_recipe().graph()),
            "Trainer\n"
            "  Model (decorator)\n"
            "    Model (decorated)\n"
            "      Clock\n"
            "  Optimizer = \"adamw\" (AdamWConfig, section optimizer)\n"
            "    Model (decorator, shown above)\n"
            "  Modifier[0] = \"lora\" (LoraConfig, section modifiers, all)\n"
            "  Timer (lazy)\n"
            "    Clock\n"
            "  Profiler (optional, absent)\n"
            "  Batch (factory, transient)\n"
            "Evaluator\n"
            "  Model (decorator, shown above)\n"
            "  Model \"teacher\" (opaque: takes a Resolver)\n");
}

TEST(GraphText, ShowsWhatOnlyAsksForEachOther) {
  Container container;
  container.provide<Clock>([](Lazy<Timer>) { return Clock(); });
  container.provide<Timer>([](Clock&) { return Timer(); });
  container.seal();

  EXPECT_EQ(to_text(container.graph()),
            "Clock\n"
            "  Timer (lazy)\n"
            "    Clock (shown above)\n");
}

TEST(GraphText, NamesWhatIsOnItsOwnInOneLineAtTheEnd) {
  Container container;
  container.provide<Clock>([] { return Clock(); });
  container.provide<Timer>([] { return Timer(); });
  container.provide<Model>([](Batch&) { return Model(); });
  container.provide<Batch>([] { return Batch(); });
  container.seal();

  EXPECT_EQ(to_text(container.graph()),
            "Model\n"
            "  Batch\n"
            "on their own: Clock, Timer\n");
}

TEST(GraphText, ShowsWhatIsMissingBeforeTheContainerIsSealed) {
  Container container;
  container.provide<Timer>([](Clock&) { return Timer(); });
  container.section<Clock>("clock");

  EXPECT_EQ(to_text(container.graph()),
            "Timer\n"
            "  Clock (missing)\n");
}

TEST(GraphText, OfAChildShowsWhatItHasFromItsParent) {
  Container parent;
  parent.provide<Clock>([] { return Clock(); });
  parent.provide<Model>([] { return Model(); });
  parent.seal();
  Container child = parent.child();
  child.provide<Timer>([](Clock&) { return Timer(); });
  child.seal();

  EXPECT_EQ(to_text(child.graph()),
            "Timer\n"
            "  Clock (of the parent)\n");
}

TEST(GraphText, OfAnEmptyContainerIsEmpty) {
  EXPECT_EQ(to_text(Container().graph()), "");
}

TEST(Graph, KnowsWhereEachThingWasRegistered) {
  const Graph graph = a_recipe().graph();

  EXPECT_EQ(graph.nodes[0].name, "Trainer");
  EXPECT_EQ(graph.nodes[0].where.line, 21);
}

TEST(GraphDot, IsADigraphWithANodeAndAnEdgeForEach) {
  Container container;
  container.provide<Trainer>([](Keyed<Model, "teacher">, Lazy<Clock>) { return Trainer(); },
                             {"src/recipe.cpp", 21});
  container.provide<Keyed<Model, "teacher">>([](Resolver&) { return Model(); }, {"model.cpp", 2});

  EXPECT_EQ(to_dot(container.graph()),
            "digraph wiring {\n"
            "  rankdir=LR;\n"
            "  node [shape=box, fontname=\"sans-serif\"];\n"
            "  n0 [label=\"Trainer\", tooltip=\"recipe.cpp:21\"];\n"
            "  n1 [label=\"Model \\\"teacher\\\"\\nopaque: takes a Resolver\", "
            "tooltip=\"model.cpp:2\", peripheries=2];\n"
            "  n2 [label=\"Clock\", style=dashed, color=red];\n"
            "  n0 -> n1;\n"
            "  n0 -> n2 [label=\"lazy\", style=dashed];\n"
            "}\n");
}

TEST(GraphDot, ShowsWhatWasChosenAndNotWhatWasNot) {
  const std::string dot = to_dot(a_recipe().graph());

  EXPECT_THAT(dot,
              HasSubstr("label=\"Optimizer = \\\"adamw\\\"\\nAdamWConfig\\nsection optimizer\""));
  EXPECT_THAT(dot, HasSubstr("[label=\"decorates\", arrowhead=empty]"));
  EXPECT_THAT(dot, Not(HasSubstr("lion")));
}

}  // namespace
}  // namespace roux
