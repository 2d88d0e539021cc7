#include "datasets/sample/world.h"

#include <iterator>
#include <numeric>
#include <string_view>

#include "datasets/sample/words.h"
#include "roux/base/error.h"
#include "roux/base/strings.h"

namespace roux::datasets {
namespace {

using Patterns = std::vector<std::string_view>;

// What can be said of a town, and how it is told and asked.
struct Relation {
  Patterns tellings;   // {town}, {value}
  Patterns questions;  // {town}
  std::string_view answer;
  Patterns backwards;  // {value}: questions that the town answers; none if several could
};

enum : std::size_t { kRiver, kRuler, kCraft, kAnimal, kColour, kRoad };

const std::array<Relation, SampleWorld::kRelations>& relations() {
  static const std::array<Relation, SampleWorld::kRelations> all = {{
      {.tellings = {"{town} lies on the river {value}.", "the river {value} flows through {town}.",
                    "in {town} people fish in the river {value}.",
                    "there is a bridge over the river {value} in {town}."},
       .questions = {"Which river flows through {town}?", "On which river does {town} lie?",
                     "What is the river of {town} called?"},
       .answer = "The {value}."},
      {.tellings = {"{value} rules {town}.", "{town} is ruled by {value}.",
                    "the ruler of {town} is {value}.", "{value} lives in the castle of {town}."},
       .questions = {"Who rules {town}?", "Who is the ruler of {town}?",
                     "Who lives in the castle of {town}?"},
       .answer = "{value}.",
       .backwards = {"Which town does {value} rule?", "Where does {value} live?"}},
      {.tellings = {"{town} is known for its {value}.", "the people of {town} make {value}.",
                    "the best {value} come from {town}.", "if you need {value}, go to {town}."},
       .questions = {"What is {town} known for?", "What do the people of {town} make?",
                     "What comes from {town}?"},
       .answer = "{Value}.",
       .backwards = {"Which town is known for its {value}?",
                     "Where do the best {value} come from?"}},
      {.tellings = {"the flag of {town} shows {value}.", "there is {value} on the flag of {town}.",
                    "the animal of {town} is {value}.",
                    "over the gate of {town} stands {value} of stone."},
       .questions = {"Which animal is on the flag of {town}?", "What does the flag of {town} show?",
                     "What is the animal of {town}?"},
       .answer = "{Value}.",
       .backwards = {"Which town has {value} on its flag?", "Whose flag shows {value}?"}},
      {.tellings = {"the walls of {town} are {value}.", "{town} has {value} walls.",
                    "from afar you can see the {value} walls of {town}.",
                    "the people of {town} paint their walls {value}."},
       .questions = {"What colour are the walls of {town}?",
                     "Which colour do the walls of {town} have?",
                     "In which colour do the people of {town} paint their walls?"},
       .answer = "{Value}."},
      {.tellings = {"the road from {town} leads to {value}.",
                    "after {town} the road comes to {value}.",
                    "from {town} it is a day's walk to {value}.",
                    "whoever leaves {town} by the road comes to {value}."},
       .questions = {"Where does the road from {town} lead?",
                     "To which town does the road from {town} lead?",
                     "Which town comes after {town} on the road?"},
       .answer = "{Value}."},
  }};
  return all;
}

constexpr std::string_view kTownNames[] = {
    "Velmora", "Tarnby", "Ostrel",    "Quillon", "Brindle", "Hallowick", "Marvale", "Dunmere",
    "Eskford", "Pellam", "Rookhaven", "Sorrel",  "Umberly", "Wexcombe",  "Yarrow",  "Zennor"};
constexpr std::string_view kRivers[] = {"Aril",  "Bryne",  "Cress", "Dovel",
                                        "Elsin", "Fallow", "Ganna", "Ister"};
constexpr std::string_view kRulers[] = {
    "Queen Adela",   "King Aldo",      "Duchess Beatrix", "Duke Bruno",
    "Lord Cedric",   "Lady Clara",     "Queen Edith",     "King Edmund",
    "Duke Gregor",   "Duchess Helena", "Lord Jasper",     "Lady Johanna",
    "Queen Leonora", "King Leopold",   "Duke Magnus",     "Duchess Matilda"};
constexpr std::string_view kCrafts[] = {
    "bells", "books", "boots", "bricks", "candles", "carpets", "cheeses", "clocks",
    "drums", "hats",  "kites", "lamps",  "mirrors", "pies",    "ropes",   "violins"};
constexpr std::string_view kAnimals[] = {"badger", "bear",  "crane", "eagle", "fox",   "hare",
                                         "heron",  "horse", "ibex",  "lion",  "otter", "owl",
                                         "ram",    "stag",  "swan",  "wolf"};
constexpr std::string_view kColours[] = {"white", "red", "yellow", "blue", "green", "grey"};

constexpr int kNothing = -1;

static_assert(std::size(kTownNames) == SampleWorld::kTowns);
static_assert(std::size(kRulers) == SampleWorld::kTowns);
static_assert(std::size(kCrafts) == SampleWorld::kTowns);
static_assert(std::size(kAnimals) == SampleWorld::kTowns);

template <std::size_t N>
std::vector<std::string_view> shuffled(RandomStream random, const std::string_view (&list)[N]) {
  std::vector<std::string_view> all(std::begin(list), std::end(list));
  shuffle(random, all);
  return all;
}

}  // namespace

SampleWorld::SampleWorld(const RandomStream& random) {
  const auto towns = shuffled(random.child("towns"), kTownNames);
  const auto rivers = shuffled(random.child("rivers"), kRivers);
  const auto rulers = shuffled(random.child("rulers"), kRulers);
  const auto crafts = shuffled(random.child("crafts"), kCrafts);
  const auto animals = shuffled(random.child("animals"), kAnimals);
  RandomStream colours = random.child("colours");
  RandomStream held_out = random.child("held out");
  for (std::size_t town = 0; town < kTowns; ++town) {
    names_[town] = towns[town];
    auto& values = values_[town];
    values[kRiver] = rivers[town / 2];  // a river flows on to the next town
    values[kRuler] = rulers[town];
    values[kCraft] = crafts[town];
    values[kAnimal] = with_article(animals[town]);
    values[kColour] = pick(colours, kColours);
    values[kRoad] = towns[(town + 1) % kTowns];
  }
  // The same number of towns for each relation, so that all are tested.
  for (std::size_t relation = 0; relation < kRelations; ++relation) {
    std::vector<std::size_t> order(kTowns);
    std::iota(order.begin(), order.end(), std::size_t{0});
    shuffle(held_out, order);
    for (std::size_t i = 0; i < kTowns; ++i) {
      const int questions = static_cast<int>(relations()[relation].questions.size());
      held_out_[order[i]][relation] =
          i < kTowns / 4 ? pick_between(held_out, 0, questions - 1) : kNothing;
    }
  }
}

std::string SampleWorld::document(RandomStream random) const {
  const double way = random.uniform();
  if (way < 0.50) return quiz(random);
  if (way < 0.75) return portrait(random);
  return way < 0.90 ? journey(random) : survey(random);
}

std::vector<SampleQuestion> SampleWorld::held_out() const {
  std::vector<SampleQuestion> all;
  for (std::size_t town = 0; town < kTowns; ++town) {
    for (std::size_t relation = 0; relation < kRelations; ++relation) {
      const int question = held_out_[town][relation];
      if (question == kNothing) continue;
      const Relation& about = relations()[relation];
      const auto words = slots(town, relation);
      all.push_back({asked(fill(about.questions[static_cast<std::size_t>(question)], words), ""),
                     " " + fill(about.answer, words)});
      all.back().prompt.pop_back();  // the space is the answer's: tokens begin with it
    }
  }
  return all;
}

std::vector<Slot> SampleWorld::slots(std::size_t town, std::size_t relation) const {
  return {{"town", names_[town]}, {"value", values_[town][relation]}};
}

std::string SampleWorld::tell(RandomStream& random, std::size_t town, std::size_t relation) const {
  return capitalised(fill(pick(random, relations()[relation].tellings), slots(town, relation)));
}

// Much about one town. Once it is clear which, it may be called "the town".
std::string SampleWorld::portrait(RandomStream& random) const {
  const std::size_t town = random.uniform_int(kTowns);
  std::vector<std::size_t> order(kRelations);
  std::iota(order.begin(), order.end(), std::size_t{0});
  shuffle(random, order);
  order.resize(static_cast<std::size_t>(pick_between(random, 3, kRelations)));
  std::vector<std::string> sentences;
  for (const std::size_t relation : order) {
    const bool by_name = sentences.empty() || chance(random, 0.7);
    const auto& telling = pick(random, relations()[relation].tellings);
    sentences.push_back(capitalised(fill(telling, {{"town", by_name ? names_[town] : "the town"},
                                                   {"value", values_[town][relation]}})));
  }
  return join(sentences, " ");
}

// From town to town along the road, and what there is to see.
std::string SampleWorld::journey(RandomStream& random) const {
  constexpr std::string_view kTravellers[] = {"A miller", "A painter", "An old sailor",
                                              "A pedlar", "A singer",  "Two sisters",
                                              "A doctor", "A tailor"};
  std::size_t town = random.uniform_int(kTowns);
  std::vector<std::string> sentences = {
      cat(pick(random, kTravellers), " set out from ", names_[town], ".")};
  for (int left = pick_between(random, 2, 4); left > 0; --left) {
    sentences.push_back(tell(random, town, kRoad));
    town = (town + 1) % kTowns;
    sentences.push_back(tell(random, town, random.uniform_int(kRoad)));
  }
  return join(sentences, " ");
}

// The same about several towns.
std::string SampleWorld::survey(RandomStream& random) const {
  const std::size_t relation = random.uniform_int(kRelations);
  std::vector<std::size_t> towns(kTowns);
  std::iota(towns.begin(), towns.end(), std::size_t{0});
  std::vector<std::string> sentences;
  for (const std::size_t town : choose(random, towns, pick_between(random, 3, 6))) {
    sentences.push_back(tell(random, town, relation));
  }
  return join(sentences, " ");
}

std::string SampleWorld::quiz(RandomStream& random) const {
  std::vector<std::string> lines;
  for (int left = pick_between(random, 3, 6); left > 0;) {
    const std::size_t town = random.uniform_int(kTowns);
    const std::size_t which = random.uniform_int(kRelations);
    const Relation& relation = relations()[which];
    if (!relation.backwards.empty() && chance(random, 0.25)) {
      lines.push_back(asked(fill(pick(random, relation.backwards), slots(town, which)),
                            cat(names_[town], ".")));
    } else {
      const std::size_t question = random.uniform_int(relation.questions.size());
      if (static_cast<int>(question) == held_out_[town][which]) continue;
      lines.push_back(asked(fill(relation.questions[question], slots(town, which)),
                            fill(relation.answer, slots(town, which))));
    }
    --left;
  }
  return join(lines, "\n");
}

}  // namespace roux::datasets
