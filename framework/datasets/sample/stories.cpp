#include "datasets/sample/stories.h"

#include <array>
#include <string_view>
#include <vector>

#include "datasets/sample/story_teller.h"
#include "datasets/sample/words.h"
#include "roux/base/error.h"

namespace roux::datasets {
namespace {

constexpr std::string_view kGirls[] = {"Ada",   "Anna", "Clara", "Ella",  "Emma", "Eva",  "Flora",
                                       "Greta", "Ida",  "Ivy",   "Julia", "Lily", "Lucy", "Mia",
                                       "Nora",  "Olga", "Ruth",  "Sara",  "Vera", "Zoe"};
constexpr std::string_view kBoys[] = {"Adam",  "Ben",  "Carl",  "David", "Emil", "Felix", "Finn",
                                      "Hugo",  "Ivan", "Jack",  "Karim", "Leo",  "Max",   "Noah",
                                      "Oscar", "Paul", "Peter", "Sam",   "Tom",  "Will"};
constexpr std::string_view kTraits[] = {"brave",    "kind",    "clever",  "curious", "funny",
                                        "quiet",    "patient", "careful", "polite",  "shy",
                                        "cheerful", "gentle",  "lazy",    "stubborn"};
constexpr Place kPlaces[] = {
    {"garden", "in"},     {"kitchen", "in"}, {"forest", "in"},  {"barn", "in"},
    {"library", "in"},    {"meadow", "in"},  {"attic", "in"},   {"cellar", "in"},
    {"workshop", "in"},   {"bakery", "in"},  {"school", "at"},  {"market", "at"},
    {"harbour", "at"},    {"well", "at"},    {"station", "at"}, {"hill", "on"},
    {"lighthouse", "at"}, {"beach", "on"},   {"bridge", "on"},  {"island", "on"}};
constexpr std::string_view kLooks[] = {"red",    "blue",  "green", "yellow", "white",
                                       "orange", "black", "old",   "new",    "little",
                                       "big",    "heavy", "ugly",  "silver"};
constexpr std::string_view kObjects[] = {
    "ball", "kite",  "book",     "boat",    "drum",  "hat", "bell",   "doll",  "cup",    "basket",
    "map",  "spade", "umbrella", "lantern", "flute", "key", "mirror", "apron", "puppet", "box"};

// Who and what a plot may use: all of them different.
struct Cast {
  std::array<Person, 3> people;
  std::vector<Place> places;
  std::array<Thing, 2> things;
};

Cast cast(RandomStream& random) {
  Cast all;
  const auto girls = choose(random, kGirls, 3);
  const auto boys = choose(random, kBoys, 3);
  const auto traits = choose(random, kTraits, 3);
  for (std::size_t i = 0; i < all.people.size(); ++i) {
    const bool is_girl = chance(random, 0.5);
    all.people[i] = {is_girl ? girls[i] : boys[i], is_girl, traits[i]};
  }
  all.places = choose(random, kPlaces, 4);
  const auto looks = choose(random, kLooks, 2);
  const auto objects = choose(random, kObjects, 2);
  for (std::size_t i = 0; i < all.things.size(); ++i) {
    all.things[i].name = cat(looks[i], ' ', objects[i]);
  }
  return all;
}

// What several plots tell.

void search_in_vain(StoryTeller& tell, RandomStream& random, Person& who, const Place& place) {
  tell.go(who, place);
  tell.say(who, pick(random, {"{who} looked everywhere, but it was not there.",
                              "{who} did not find it there.", "{who} searched there in vain."}));
}

void thank(StoryTeller& tell, RandomStream& random, const Person& who, const Person& whom) {
  tell.say(who,
           pick(random, {"{who} said, \"Thank you, {whom}!\"", "{who} thanked {whom}.",
                         "{who} was very happy and thanked {whom}.",
                         "{who} said, \"{whom}, you are a good friend.\""}),
           {{"whom", std::string(whom.name)}}, {&whom});
}

void is_there(StoryTeller& tell, Person& who, const Place& place) {
  tell.be(who, place);
  tell.say(who, "{who} was {there}.", {{"there", at(place)}});
}

// The plots.

void lost_and_found(StoryTeller& tell, RandomStream& random, Cast& cast) {
  auto& [owner, helper, nobody] = cast.people;
  Thing& thing = cast.things[0];
  tell.introduce(owner);
  tell.own(owner, thing);
  tell.say(cat(pick(random, {"One day", "But one morning", "One evening"}), " the ", thing.name,
               " was gone."));
  tell.hide(thing, cast.places[2]);
  search_in_vain(tell, random, owner, cast.places[0]);
  search_in_vain(tell, random, owner, cast.places[1]);
  tell.say(helper, pick(random, {"{who} heard of it and wanted to help.",
                                 "{who} was sorry and helped to look for it."}));
  tell.go(helper, cast.places[2]);
  tell.take(helper, thing);
  tell.go(helper, cast.places[1]);
  tell.give(helper, owner, thing);
  thank(tell, random, owner, helper);
}

void errand(StoryTeller& tell, RandomStream& random, Cast& cast) {
  auto& [asks, fetches, nobody] = cast.people;
  Thing& thing = cast.things[0];
  if (chance(random, 0.5)) tell.introduce(fetches);
  tell.meet(asks, fetches, cast.places[0]);
  tell.hide(thing, cast.places[1]);
  thing.is_known = true;
  tell.say(asks,
           pick(random, {"{who} said, \"Please bring me {thing}. It is {there}.\"",
                         "{who} said, \"I would like to have {thing}. It is {there}.\"",
                         "{who} asked, \"Could you get me {thing}? It is {there}.\""}),
           {{"thing", "the " + thing.name}, {"there", at(cast.places[1])}});
  tell.go(fetches, cast.places[1]);
  tell.take(fetches, thing);
  tell.go(fetches, cast.places[0]);
  tell.give(fetches, asks, thing);
  thank(tell, random, asks, fetches);
}

void birthday(StoryTeller& tell, RandomStream& random, Cast& cast) {
  auto& [giver, child, guest] = cast.people;
  auto& [present, other_present] = cast.things;
  tell.introduce(giver);
  tell.be(child, cast.places[0]);
  tell.say(cat("It was the birthday of ", child.name, ", who was ", at(cast.places[0]), "."));
  tell.own(giver, present);
  tell.go(giver, cast.places[0]);
  tell.give(giver, child, present);
  if (chance(random, 0.5)) {
    tell.own(guest, other_present);
    tell.go(guest, cast.places[0]);
    tell.give(guest, child, other_present);
    thank(tell, random, child, guest);
  } else {
    thank(tell, random, child, giver);
    tell.go(child, cast.places[1]);
    tell.say(child, pick(random, {"{who} sang a song there.", "{who} showed it to everybody."}));
  }
}

void exchange(StoryTeller& tell, RandomStream& random, Cast& cast) {
  auto& [one, other, nobody] = cast.people;
  auto& [thing, other_thing] = cast.things;
  tell.own(one, thing);
  tell.own(other, other_thing);
  tell.meet(one, other, cast.places[0]);
  tell.say(one,
           pick(random, {"{who} asked, \"Shall we swap?\"",
                         "{who} said, \"Yours is nicer than mine.\"", "{who} wanted to swap."}));
  tell.give(one, other, thing);
  tell.give(other, one, other_thing);
  if (chance(random, 0.6)) {
    tell.go(other, cast.places[1]);
    if (chance(random, 0.5)) tell.leave(other, thing);
  }
}

void from_hand_to_hand(StoryTeller& tell, RandomStream& random, Cast& cast) {
  auto& [first, second, third] = cast.people;
  Thing& thing = cast.things[0];
  if (chance(random, 0.5)) tell.introduce(first);
  tell.meet(second, third, cast.places[1]);
  is_there(tell, first, cast.places[0]);
  tell.hide(thing, cast.places[0]);
  tell.take(first, thing);
  tell.go(first, cast.places[1]);
  tell.give(first, second, thing);
  if (chance(random, 0.5)) {
    tell.say(second, pick(random, {"{who} looked at it and smiled.", "{who} had one already."}));
    tell.give(second, third, thing);
    thank(tell, random, third, second);
  } else {
    tell.go(second, cast.places[2]);
    tell.leave(second, thing);
    tell.go(second, cast.places[3]);
  }
}

void two_things(StoryTeller& tell, RandomStream& random, Cast& cast) {
  auto& [who, friend_of_who, nobody] = cast.people;
  auto& [first, second] = cast.things;
  tell.introduce(who);
  tell.go(who, cast.places[0]);
  tell.hide(first, cast.places[0]);
  tell.hide(second, cast.places[0]);
  tell.take(who, first);
  tell.take(who, second);
  tell.go(who, cast.places[1]);
  const bool leaves_first = chance(random, 0.5);
  tell.leave(who, leaves_first ? first : second);
  tell.go(who, cast.places[2]);
  if (chance(random, 0.5)) {
    is_there(tell, friend_of_who, cast.places[2]);
    tell.give(who, friend_of_who, leaves_first ? second : first);
    thank(tell, random, friend_of_who, who);
  } else {
    tell.say(who, pick(random, {"{who} was tired and slept there.", "{who} liked it there."}));
  }
}

void hide_and_seek(StoryTeller& tell, RandomStream& random, Cast& cast) {
  auto& [hides, seeks, nobody] = cast.people;
  Thing& thing = cast.things[0];
  tell.own(hides, thing);
  tell.meet(hides, seeks, cast.places[0]);
  tell.say(hides, pick(random, {"{who} said, \"Close your eyes.\"",
                                "{who} said, \"You will never find it.\""}));
  tell.go(hides, cast.places[1]);
  tell.leave(hides, thing);
  tell.go(hides, cast.places[0]);
  search_in_vain(tell, random, seeks, cast.places[2]);
  if (chance(random, 0.7)) {
    tell.go(seeks, cast.places[1]);
    tell.take(seeks, thing);
    tell.say(seeks, pick(random, {"{who} cried, \"Here it is!\"", "{who} laughed."}));
  } else {
    tell.go(seeks, cast.places[0]);
    tell.say(seeks, "{who} said, \"I give up.\"");
  }
}

void lent(StoryTeller& tell, RandomStream& random, Cast& cast) {
  auto& [owner, borrower, nobody] = cast.people;
  Thing& thing = cast.things[0];
  if (chance(random, 0.5)) tell.introduce(owner);
  tell.own(owner, thing);
  tell.meet(owner, borrower, cast.places[0]);
  tell.say(borrower,
           pick(random, {"{who} asked, \"May I have {thing} until this evening?\"",
                         "{who} asked for {thing}."}),
           {{"thing", "the " + thing.name}});
  tell.give(owner, borrower, thing);
  tell.go(borrower, cast.places[1]);
  tell.say(borrower, pick(random, {"{who} had a good time there.", "{who} played there all day."}));
  const bool brings_it_back = chance(random, 0.6);
  if (!brings_it_back) tell.leave(borrower, thing);
  tell.go(borrower, cast.places[0]);
  if (brings_it_back) {
    tell.give(borrower, owner, thing);
    thank(tell, random, owner, borrower);
  } else {
    tell.say(owner, "{who} asked, \"Where is it?\"");
  }
}

void windy_day(StoryTeller& tell, RandomStream& random, Cast& cast) {
  auto& [owner, finder, nobody] = cast.people;
  Thing& thing = cast.things[0];
  tell.introduce(owner);
  tell.own(owner, thing);
  tell.go(owner, cast.places[0]);
  tell.say(cat(pick(random, {"A strong wind", "A dog", "The rain"}), " came, and the ", thing.name,
               " was lost."));
  tell.hide(thing, cast.places[1]);
  if (chance(random, 0.5)) {
    tell.go(owner, cast.places[1]);
    tell.take(owner, thing);
    tell.go(owner, cast.places[2]);
  } else {
    is_there(tell, finder, cast.places[1]);
    tell.take(finder, thing);
    tell.go(finder, cast.places[0]);
    tell.give(finder, owner, thing);
    thank(tell, random, owner, finder);
  }
}

using Plot = void (*)(StoryTeller&, RandomStream&, Cast&);
constexpr Plot kPlots[] = {lost_and_found,    errand,     birthday,      exchange, windy_day,
                           from_hand_to_hand, two_things, hide_and_seek, lent};

}  // namespace

std::string story(RandomStream random) {
  Cast all = cast(random);
  StoryTeller tell(random);
  pick(random, kPlots)(tell, random, all);
  return tell.finish(static_cast<std::size_t>(pick_between(random, 1, 3)));
}

}  // namespace roux::datasets
