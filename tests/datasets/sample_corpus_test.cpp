#include "roux/datasets/sample_corpus.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <regex>
#include <set>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "roux/base/error.h"
#include "roux/base/random.h"
#include "roux/base/strings.h"

namespace roux::datasets {
namespace {

using ::testing::AllOf;
using ::testing::Each;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

constexpr std::uint64_t kDocuments = 6000;

const SampleCorpus& corpus() {
  static const SampleCorpus made(0);
  return made;
}

// The first documents of a kind.
const std::vector<std::string>& texts(SampleKind kind) {
  static const auto all = [] {
    std::map<SampleKind, std::vector<std::string>> by_kind;
    for (std::uint64_t i = 0; i < kDocuments; ++i) {
      const auto [found, text] = corpus().document(i);
      by_kind[found].push_back(text);
    }
    return by_kind;
  }();
  return all.at(kind);
}

std::vector<std::array<std::string, 2>> pairs_in(const std::string& text, const std::regex& regex) {
  std::vector<std::array<std::string, 2>> found;
  for (std::sregex_iterator match(text.begin(), text.end(), regex), end; match != end; ++match) {
    found.push_back({(*match)[1], (*match)[2]});
  }
  return found;
}

TEST(SampleCorpus, GivesADocumentFromItsSeedAndItsNumberAlone) {
  const SampleCorpus again(0);
  const SampleCorpus other(1);

  EXPECT_EQ(again.document(41).text, corpus().document(41).text);
  EXPECT_EQ(again.document(7).text, corpus().document(7).text);  // in another order
  EXPECT_NE(other.document(7).text, corpus().document(7).text);
}

TEST(SampleCorpus, IsReadBySeveralThreads) {
  const std::string expected = corpus().document(100).text;
  std::array<std::string, 4> found;

  std::vector<std::thread> threads;
  for (std::string& each : found) {
    threads.emplace_back([&each] { each = corpus().document(100).text; });
  }
  for (std::thread& thread : threads) thread.join();

  EXPECT_THAT(found, Each(expected));
}

// Whoever changes what is written counts kVersion in sample_folder.cpp up, so that nobody finds an
// old corpus in the cache, and then changes the number here.
TEST(SampleCorpus, IsTheTextOfItsVersion) {
  std::string all;
  for (std::uint64_t i = 0; i < 1000; ++i) all += corpus().document(i).text;

  EXPECT_EQ(hash_name(all), 3930381205905851012U);
}

TEST(SampleCorpus, IsMadeOfPlainSentences) {
  const std::regex slip("  |\\{|\\}|\\ba [aeiou]|\\ban [^aeiou]|\\ba ho[nu]|[.?!] [a-z]|\\.\\.");
  for (const SampleKind kind : {SampleKind::Story, SampleKind::Sums, SampleKind::World}) {
    for (const std::string& text : texts(kind)) {
      EXPECT_FALSE(std::regex_search(text, slip)) << text;
      EXPECT_TRUE(std::ranges::all_of(text, [](char c) {
        return c == '\n' || (c >= ' ' && c <= '~');
      })) << text;
    }
  }
}

TEST(SampleCorpus, HardlyRepeatsAStory) {
  const auto& stories = texts(SampleKind::Story);

  const std::set<std::string> different(stories.begin(), stories.end());

  EXPECT_GT(stories.size(), 500U);
  EXPECT_EQ(different.size(), stories.size());
}

// Sums.

bool is_held_out(int a, int b) {
  return std::ranges::any_of(corpus().held_out_sums(), [&](const SampleQuestion& question) {
    return question.prompt == cat(a, " + ", b, ":");
  });
}

int total_of(const SampleQuestion& question) {
  return std::stoi(question.answer.substr(question.answer.rfind(' ')));
}

TEST(SampleSums, HoldOutAFifthOfThePairsInBothOrders) {
  std::set<std::pair<int, int>> pairs;
  for (int a = 0; a < 10; ++a) {
    for (int b = 0; b < 10; ++b) {
      EXPECT_EQ(is_held_out(a, b), is_held_out(b, a));
      if (is_held_out(a, b)) pairs.insert(std::minmax(a, b));
    }
  }

  EXPECT_EQ(pairs.size(), 11U);  // of 55
  for (const SampleQuestion& question : corpus().held_out_sums()) {
    EXPECT_EQ(total_of(question), question.prompt[0] - '0' + question.prompt[4] - '0');
  }
}

// All ways of saying a sum. A line that none of them knows could give away what is held out.
TEST(SampleSums, AppearInNoDocumentIfTheyAreHeldOut) {
  const std::vector<std::regex> ways = {
      std::regex("\\b(\\d) (?:\\+|plus|and) (\\d)\\b"),
      std::regex("add (\\d) to (\\d)"),
      std::regex("had (\\d) \\w+\\. \\w+ gave \\w+ (\\d) more"),
      std::regex("has (\\d) \\w+ and \\w+ has (\\d)"),
      std::regex("put (\\d) \\w+ into a basket, and \\w+ put in (\\d)"),
      std::regex("found (\\d) \\w+, and in the evening (\\d)"),
      std::regex("bought (\\d) \\w+ on Monday and (\\d)")};
  std::set<std::pair<int, int>> seen;
  for (const std::string& text : texts(SampleKind::Sums)) {
    for (const std::string& line : split(text, '\n')) {
      if (line.starts_with("Answer: ")) continue;
      bool is_known = false;
      for (const std::regex& way : ways) {
        for (const auto& [a, b] : pairs_in(line, way)) {
          seen.emplace(std::stoi(a), std::stoi(b));
          is_known = true;
        }
      }
      EXPECT_TRUE(is_known) << line;
    }
  }

  for (int a = 0; a < 10; ++a) {
    for (int b = 0; b < 10; ++b) EXPECT_EQ(seen.contains({a, b}), !is_held_out(a, b)) << a << b;
  }
  const std::regex digit("\\d");
  for (const SampleKind other : {SampleKind::Story, SampleKind::World}) {
    for (const std::string& text : texts(other)) EXPECT_FALSE(std::regex_search(text, digit));
  }
}

TEST(SampleSums, AddUp) {
  const std::regex sum("(\\d+) \\+ (\\d+)(?: = (\\d+)|:([ \\d]*))");
  std::size_t sums = 0;
  std::size_t counted = 0;
  for (const std::string& text : texts(SampleKind::Sums)) {
    for (std::sregex_iterator match(text.begin(), text.end(), sum), end; match != end; ++match) {
      const int a = std::stoi((*match)[1]);
      const int b = std::stoi((*match)[2]);
      ++sums;
      if ((*match)[3].matched) {
        EXPECT_EQ(std::stoi((*match)[3]), a + b) << text;
      } else {
        std::string numbers;
        for (int number = a; number <= a + b; ++number) numbers += cat(' ', number);
        EXPECT_EQ((*match)[4], numbers);
        ++counted;
      }
    }
  }

  EXPECT_GT(sums, 10'000U);
  EXPECT_GT(counted, sums / 2);
}

TEST(SampleSums, LeaveAPairForEachTotal) {
  for (std::uint64_t seed = 0; seed < 50; ++seed) {
    const SampleCorpus other(seed);
    std::map<int, int> held_out;
    for (const SampleQuestion& question : other.held_out_sums()) ++held_out[total_of(question)];

    for (const auto& [total, count] : held_out) {
      const int pairs = total < 10 ? total + 1 : 19 - total;  // in both orders
      EXPECT_LT(count, pairs) << "seed " << seed << ", total " << total;
    }
  }
}

// Stories, read as a reader would who knows nothing of how they were written.

class Reader {
 public:
  // Follows the story, and says what of its questions has another answer than it gives.
  std::string read(const std::string& document) {
    const auto lines = split(document, '\n');
    for (const std::string& sentence : sentences(lines[0])) follow(sentence);
    for (std::size_t i = 1; i + 1 < lines.size(); i += 2) {
      const std::string expected = answer(lines[i].substr(std::string("Question: ").size()));
      ++questions;
      if (!expected.empty() && lines[i + 1] != "Answer: " + expected) {
        return cat(lines[i], " - ", expected);
      }
      if (!expected.empty()) ++checked;
    }
    return "";
  }

  std::size_t questions = 0;
  std::size_t checked = 0;

 private:
  // What is said in quotation marks belongs to the sentence around it.
  static std::vector<std::string> sentences(const std::string& text) {
    std::vector<std::string> all(1);
    bool is_quoted = false;
    for (const char c : text) {
      const bool ends_quote = is_quoted && c == '"';
      if (c == '"') is_quoted = !is_quoted;
      if ((c == '.' && !is_quoted) || ends_quote) {
        all.emplace_back();
      } else if (c != ' ' || !all.back().empty()) {
        all.back() += c;
      }
    }
    return all;
  }

  void follow(const std::string& sentence) {
    static const std::string kWho = "(?:Then |Soon |After that |A little later )?(\\w+)";
    static const std::string kWhere = "((?:in|on|at) the \\w+)";
    static const std::regex went("^" + kWho + " (?:went|walked|ran|hurried) to the (\\w+)$",
                                 kIgnoreCase);
    static const std::regex was("(\\w+)(?:, who)? was " + kWhere + "$");
    static const std::regex met(" (\\w+) and (\\w+) (?:were|met|played|sat) " + kWhere + "$");
    static const std::regex has(
        "^" + kWho + " (?:had|carried|took|picked up|saw|found) (?:a|an|the) (\\w+ \\w+)",
        kIgnoreCase);
    static const std::regex gave("^" + kWho + " (?:gave|handed) the (\\w+ \\w+) to (\\w+)$",
                                 kIgnoreCase);
    static const std::regex gave_whom("^" + kWho + " gave (\\w+) the (\\w+ \\w+)$", kIgnoreCase);
    static const std::regex left(
        "^" + kWho + " (?:left|put) the (\\w+ \\w+?)(?: down)? " + kWhere + "$", kIgnoreCase);
    static const std::regex lost("the (\\w+ \\w+) was (?:gone|lost)$");
    std::smatch match;
    if (std::regex_search(sentence, match, went)) {
      place_[who(match[1])] = match[2];
    } else if (std::regex_search(sentence, match, met)) {
      place_[match[1]] = place_[match[2]] = noun(match[3]);
    } else if (std::regex_search(sentence, match, was)) {
      place_[match[1]] = noun(match[2]);
    } else if (std::regex_search(sentence, match, has)) {
      holder_[match[2]] = who(match[1]);
    } else if (std::regex_search(sentence, match, gave)) {
      EXPECT_EQ(holder_[match[2]], who(match[1])) << sentence;
      EXPECT_EQ(place_[who(match[1])], place_[match[3]]) << sentence;
      holder_[match[2]] = match[3];
    } else if (std::regex_search(sentence, match, gave_whom)) {
      EXPECT_EQ(holder_[match[3]], who(match[1])) << sentence;
      holder_[match[3]] = match[2];
    } else if (std::regex_search(sentence, match, left)) {
      EXPECT_EQ(holder_[match[2]], who(match[1])) << sentence;
      holder_[match[2]] = "Nobody";
      place_[match[2]] = noun(match[3]);
    } else if (std::regex_search(sentence, match, lost)) {
      holder_[match[1]] = "Nobody";
    }
    remember_people(sentence);
  }

  std::string answer(const std::string& question) {
    static const std::regex who_has("^Who has the (\\w+ \\w+) now\\?$");
    static const std::regex where_is("^Where is (?:the )?(\\w+|\\w+ \\w+) now\\?$");
    std::smatch match;
    if (std::regex_search(question, match, who_has)) return holder_.at(match[1]) + ".";
    if (!std::regex_search(question, match, where_is)) return "";
    const std::string& noun = place_.at(match[1]);
    static const std::set<std::string> on = {"hill", "beach", "bridge", "island"};
    static const std::set<std::string> at = {"school", "market",  "harbour",
                                             "well",   "station", "lighthouse"};
    return cat(on.contains(noun) ? "On" : at.contains(noun) ? "At" : "In", " the ", noun, ".");
  }

  static std::string noun(const std::string& place) { return place.substr(place.rfind(' ') + 1); }

  std::string who(const std::string& word) const {
    if (word == "she" || word == "She") return she_;
    return word == "he" || word == "He" ? he_ : word;
  }

  // A pronoun can only mean somebody of whom the sentence before spoke.
  void remember_people(const std::string& sentence) {
    static const std::set<std::string> girls = {
        "Ada",   "Anna", "Clara", "Ella", "Emma", "Eva",  "Flora", "Greta", "Ida",  "Ivy",
        "Julia", "Lily", "Lucy",  "Mia",  "Nora", "Olga", "Ruth",  "Sara",  "Vera", "Zoe"};
    static const std::set<std::string> boys = {
        "Adam",  "Ben", "Carl", "David", "Emil",  "Felix", "Finn",  "Hugo", "Ivan", "Jack",
        "Karim", "Leo", "Max",  "Noah",  "Oscar", "Paul",  "Peter", "Sam",  "Tom",  "Will"};
    std::set<std::string> here;
    static const std::regex word("\\w+");
    for (std::sregex_iterator match(sentence.begin(), sentence.end(), word), end; match != end;
         ++match) {
      here.insert(who(match->str()));
    }
    const auto only = [&here](const std::set<std::string>& names) {
      std::vector<std::string> found;
      std::ranges::set_intersection(here, names, std::back_inserter(found));
      return found.size() == 1 ? found[0] : "somebody";
    };
    const std::string she = only(girls);
    he_ = only(boys);
    she_ = she;
  }

  static constexpr auto kIgnoreCase = std::regex::ECMAScript | std::regex::optimize;
  std::map<std::string, std::string> holder_;  // of a thing
  std::map<std::string, std::string> place_;   // of a person, and of a thing that nobody holds
  std::string she_;
  std::string he_;
};

TEST(SampleStories, AnswerTheirQuestionsAsAReaderWould) {
  std::size_t questions = 0;
  std::size_t checked = 0;
  for (const std::string& text : texts(SampleKind::Story)) {
    Reader reader;
    EXPECT_EQ(reader.read(text), "") << text;
    questions += reader.questions;
    checked += reader.checked;
  }

  EXPECT_GT(checked, questions / 2);
  EXPECT_GT(checked, 800U);
}

TEST(SampleStories, KnowWhoIsSheAndWhoIsHe) {
  for (const std::string& text : texts(SampleKind::Story)) {
    EXPECT_THAT(text, Not(HasSubstr("somebody")));
    EXPECT_FALSE(std::regex_search(text, std::regex("\\b(Ada|Emma|Mia|Zoe) was [a-z ]*boy")))
        << text;
  }
}

// The world.

// Towns and who rules them, however it is told or asked.
std::set<std::array<std::string, 2>> rulers_in(const std::vector<std::string>& documents) {
  static const std::string kTown = "([A-Z]\\w+)";
  static const std::string kRuler = "((?:Queen|King|Duke|Duchess|Lord|Lady) \\w+)";
  static const std::vector<std::regex> town_first = {
      std::regex(kTown + " is ruled by " + kRuler),
      std::regex("[Tt]he ruler of " + kTown + " is " + kRuler),
      std::regex("(?:Who rules|ruler of|castle of) " + kTown + "\\?\nAnswer: " + kRuler)};
  static const std::vector<std::regex> ruler_first = {
      std::regex(kRuler + " rules " + kTown),
      std::regex(kRuler + " lives in the castle of " + kTown),
      std::regex(kRuler + " (?:rule|live)\\?\nAnswer: " + kTown)};
  std::set<std::array<std::string, 2>> rulers;
  for (const std::string& text : documents) {
    for (const std::regex& way : town_first) {
      for (const auto& pair : pairs_in(text, way)) rulers.insert(pair);
    }
    for (const std::regex& way : ruler_first) {
      for (const auto& [ruler, town] : pairs_in(text, way)) rulers.insert({town, ruler});
    }
  }
  return rulers;
}

TEST(SampleWorld, IsTheSameInEveryDocument) {
  const auto rulers = rulers_in(texts(SampleKind::World));

  std::set<std::string> towns;
  for (const auto& [town, ruler] : rulers) towns.insert(town);
  EXPECT_EQ(towns.size(), 16U);
  EXPECT_EQ(rulers.size(), 16U);
}

TEST(SampleWorld, IsAnotherOneForAnotherSeed) {
  const SampleCorpus other(1);
  std::vector<std::string> documents;
  for (std::uint64_t i = 0; i < kDocuments; ++i) {
    const auto [kind, text] = other.document(i);
    if (kind == SampleKind::World) documents.push_back(text);
  }

  EXPECT_EQ(rulers_in(documents).size(), 16U);
  EXPECT_NE(rulers_in(documents), rulers_in(texts(SampleKind::World)));
}

TEST(SampleWorld, AsksForWhatIsHeldOutInOtherWaysAlone) {
  std::set<std::string> asked;
  std::set<std::string> answers;
  for (const std::string& text : texts(SampleKind::World)) {
    const auto lines = split(text, '\n');
    for (std::size_t i = 0; i + 1 < lines.size(); i += 2) {
      asked.insert(lines[i] + "\nAnswer:");
      answers.insert(lines[i + 1].substr(lines[i + 1].find(' ')));
    }
  }

  EXPECT_EQ(corpus().held_out_facts().size(), 24U);  // a quarter of 16 towns' 6 facts
  std::set<std::string> prompts;
  for (const auto& [prompt, answer] : corpus().held_out_facts()) {
    prompts.insert(prompt);
    EXPECT_FALSE(asked.contains(prompt)) << prompt;
    EXPECT_TRUE(answers.contains(answer)) << answer;
    EXPECT_THAT(answer, AllOf(StartsWith(" "), EndsWith(".")));
  }
  EXPECT_EQ(prompts.size(), 24U);
  // Of 16 towns' 6 facts in 3 ways, 24 are held out; 16 towns answer 4 kinds of backward questions.
  EXPECT_EQ(asked.size(), 16U * 6 * 3 - 24 + 16 * 6);
}

}  // namespace
}  // namespace roux::datasets
