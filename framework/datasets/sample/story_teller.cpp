#include "datasets/sample/story_teller.h"

#include <algorithm>
#include <utility>

#include "roux/base/error.h"

namespace roux::datasets {
namespace {

void remember(std::vector<const Person*>& list, const Person& person) {
  if (std::ranges::find(list, &person) == list.end()) list.push_back(&person);
}

}  // namespace

std::string at(const Place& place) {
  return cat(place.preposition, " the ", place.name);
}

void StoryTeller::add(const std::string& sentence) {
  if (!text_.empty()) text_ += ' ';
  text_ += capitalised(sentence);
}

void StoryTeller::say(std::string sentence) {
  add(sentence);
  she_ = he_ = nullptr;
}

void StoryTeller::say(const Person& who, std::string_view pattern, std::vector<Slot> slots,
                      const std::vector<const Person*>& others) {
  const bool is_clear = (who.is_girl ? she_ : he_) == &who;
  const bool by_pronoun = is_clear && chance(random_, 0.6);
  slots.push_back({"who", by_pronoun ? (who.is_girl ? "she" : "he") : std::string(who.name)});
  slots.push_back({"his", who.is_girl ? "her" : "his"});
  add(fill(pattern, slots));

  // Two girls in a sentence, and the next "she" could be either.
  she_ = he_ = nullptr;
  (who.is_girl ? she_ : he_) = &who;
  for (const Person* other : others) {
    const Person*& meant = other->is_girl ? she_ : he_;
    meant = meant == nullptr ? other : nullptr;
  }
}

void StoryTeller::act(const Person& who, std::string_view pattern, std::vector<Slot> slots,
                      const std::vector<const Person*>& others) {
  constexpr std::string_view kWhen[] = {"then ", "after that ", "a little later ", "soon "};
  const std::string_view when = chance(random_, 0.3) ? pick(random_, kWhen) : "";
  say(who, cat(when, pattern), std::move(slots), others);
}

void StoryTeller::introduce(const Person& who) {
  say(who,
      pick(random_, {"{name} was {trait} {child}.", "there was once {trait} {child} named {name}.",
                     "{name} was a {child} whom everybody called {bare}."}),
      {{"name", std::string(who.name)},
       {"trait", with_article(who.trait)},
       {"bare", std::string(who.trait)},
       {"child", who.is_girl ? "girl" : "boy"}});
  ask(cat("Who was ", who.trait, "?"), cat(who.name, "."));
}

void StoryTeller::meet(Person& one, Person& other, const Place& place) {
  be(one, place);
  be(other, place);
  const auto day =
      pick(random_, {"one morning", "one day", "one afternoon", "on a sunny day", "on a rainy day",
                     "one evening", "one Sunday", "in the holidays"});
  const auto did = pick(random_, {"were", "met", "played", "sat"});
  say(cat(day, ' ', one.name, " and ", other.name, ' ', did, ' ', at(place), "."));
  if (chance(random_, 0.3)) {
    say(pick(random_, {"the birds were singing.", "nobody else was there.", "it was very quiet.",
                       "there was much to see.", "they told each other stories."}));
  }
}

void StoryTeller::be(Person& who, const Place& place) {
  who.place = &place;
  remember(people_, who);
}

void StoryTeller::go(Person& who, const Place& place) {
  be(who, place);
  act(who,
      pick(random_, {"{who} went to the {place}.", "{who} walked to the {place}.",
                     "{who} ran to the {place}.", "{who} hurried to the {place}."}),
      {{"place", std::string(place.name)}});
}

std::string StoryTeller::name_of(Thing& thing) {
  if (thing.is_known) return "the " + thing.name;
  thing.is_known = true;
  things_.push_back(&thing);
  return with_article(thing.name);
}

void StoryTeller::own(const Person& who, Thing& thing) {
  thing.holder = &who;
  say(who,
      pick(random_, {"{who} had {thing}.", "{who} had {thing} and liked it very much.",
                     "{who} carried {thing} under {his} arm."}),
      {{"thing", name_of(thing)}});
}

void StoryTeller::hide(Thing& thing, const Place& place) {
  thing.holder = nullptr;
  thing.place = &place;
}

void StoryTeller::take(const Person& who, Thing& thing) {
  require(thing.holder == nullptr && thing.place == who.place, "a thing is taken where it lies");
  act(who,
      pick(random_, {"{who} picked up {thing}.", "{who} took {thing}.",
                     "{who} saw {thing} and took it.", "{who} found {thing} and picked it up."}),
      {{"thing", name_of(thing)}});
  thing.holder = &who;
  ask(cat("Where did ", who.name, " find the ", thing.name, "?"),
      cat(capitalised(at(*thing.place)), "."));
}

void StoryTeller::give(const Person& who, const Person& to, Thing& thing) {
  require(thing.holder == &who, "who gives a thing has it");
  require(who.place == to.place, "a thing is given from hand to hand");
  act(who,
      pick(random_, {"{who} gave {thing} to {to}.", "{who} handed {thing} to {to}.",
                     "{who} gave {to} {thing}."}),
      {{"thing", name_of(thing)}, {"to", std::string(to.name)}}, {&to});
  thing.holder = &to;
  ask(cat("Who gave the ", thing.name, " to ", to.name, "?"), cat(who.name, "."));
}

void StoryTeller::leave(const Person& who, Thing& thing) {
  require(thing.holder == &who, "who leaves a thing has it");
  act(who, pick(random_, {"{who} left {thing} {there}.", "{who} put {thing} down {there}."}),
      {{"thing", name_of(thing)}, {"there", at(*who.place)}});
  hide(thing, *who.place);
}

// The later answer is the true one: what was taken twice lay where it lay last.
void StoryTeller::ask(std::string question, std::string answer) {
  const auto before = std::ranges::find(questions_, question, &Question::question);
  if (before != questions_.end()) questions_.erase(before);
  questions_.push_back({std::move(question), std::move(answer)});
}

std::string StoryTeller::finish(std::size_t num_questions) {
  std::vector<Question> all;
  for (const Thing* thing : things_) {
    const std::string who = thing->holder ? cat(thing->holder->name, ".") : "Nobody.";
    all.push_back({cat("Who has the ", thing->name, " now?"), who});
    if (thing->holder == nullptr) {
      all.push_back(
          {cat("Where is the ", thing->name, " now?"), cat(capitalised(at(*thing->place)), ".")});
    }
  }
  for (const Person* person : people_) {
    all.push_back(
        {cat("Where is ", person->name, " now?"), cat(capitalised(at(*person->place)), ".")});
  }
  all.insert(all.end(), questions_.begin(), questions_.end());
  shuffle(random_, all);
  all.resize(std::min(all.size(), num_questions));
  std::string text = text_;
  for (const auto& [question, answer] : all) text += "\n" + asked(question, answer);
  return text;
}

}  // namespace roux::datasets
