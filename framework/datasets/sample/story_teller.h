#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "datasets/sample/words.h"
#include "roux/base/random.h"

namespace roux::datasets {

struct Place {
  std::string_view name;
  std::string_view preposition;  // "in" the garden, "on" the hill
};

struct Person {
  std::string_view name;
  bool is_girl = false;
  std::string_view trait;  // "brave"
  const Place* place = nullptr;
};

struct Thing {
  std::string name;  // "red ball"
  const Person* holder = nullptr;
  const Place* place = nullptr;  // where it lies if nobody holds it
  bool is_known = false;         // "the" red ball instead of "a"
};

// "in the garden".
std::string at(const Place& place);

// Tells what happens and keeps account of it, so that no story contradicts itself: a plot in which
// somebody gives away what they do not have is a bug (InternalError).
class StoryTeller {
 public:
  explicit StoryTeller(RandomStream& random) : random_(random) {}

  // A sentence of one person, who is {who}: the name, or "she" where she alone can be meant. {his}
  // goes with it; `others` are the people that the sentence names besides.
  void say(const Person& who, std::string_view pattern, std::vector<Slot> slots = {},
           const std::vector<const Person*>& others = {});

  // A sentence of no person, or of several.
  void say(std::string sentence);

  void introduce(const Person& who);
  void meet(Person& one, Person& other, const Place& place);
  void go(Person& who, const Place& place);
  void own(const Person& who, Thing& thing);
  void take(const Person& who, Thing& thing);
  void give(const Person& who, const Person& to, Thing& thing);
  void leave(const Person& who, Thing& thing);

  // What nobody says, and what comes out in the end.
  void hide(Thing& thing, const Place& place);
  void be(Person& who, const Place& place);

  // "a red ball" for the first time, then "the red ball".
  std::string name_of(Thing& thing);

  // To be asked in the end, besides who has what and who is where.
  void ask(std::string question, std::string answer);

  // The story, with some of the questions that it answers.
  std::string finish(std::size_t num_questions);

 private:
  struct Question {
    std::string question;
    std::string answer;
  };

  // A sentence of something done, of which there may be many in a row.
  void act(const Person& who, std::string_view pattern, std::vector<Slot> slots = {},
           const std::vector<const Person*>& others = {});
  void add(const std::string& sentence);

  RandomStream& random_;
  std::string text_;
  const Person* she_ = nullptr;  // whom a pronoun would mean
  const Person* he_ = nullptr;
  std::vector<const Person*> people_;  // whose places are known
  std::vector<const Thing*> things_;
  std::vector<Question> questions_;
};

}  // namespace roux::datasets
