#include "roux/datasets/sample_corpus.h"

#include "datasets/sample/stories.h"
#include "datasets/sample/sums.h"
#include "datasets/sample/words.h"
#include "datasets/sample/world.h"
#include "roux/base/random.h"

namespace roux::datasets {
namespace {

// Of all documents, which are of different lengths: about half of the tokens are sums.
constexpr double kShareOfSums = 0.46;
constexpr double kShareOfStories = 0.17;

}  // namespace

class SampleCorpus::Writers {
 public:
  explicit Writers(std::uint64_t seed)
      : random_(seed, "sample corpus"),
        sums_(random_.child("sums")),
        world_(random_.child("world")),
        held_out_sums_(sums_.held_out()),
        held_out_facts_(world_.held_out()) {}

  SampleDocument document(std::uint64_t index) const {
    const RandomStream random = random_.child("document").child(index);
    const double kind = random.child("kind").uniform(0);
    const RandomStream words = random.child("words");
    if (kind < kShareOfSums) return {SampleKind::Sums, sums_.document(words)};
    if (kind < kShareOfSums + kShareOfStories) return {SampleKind::Story, story(words)};
    return {SampleKind::World, world_.document(words)};
  }

  const std::vector<SampleQuestion>& held_out_sums() const { return held_out_sums_; }
  const std::vector<SampleQuestion>& held_out_facts() const { return held_out_facts_; }

 private:
  RandomStream random_;
  SampleSums sums_;
  SampleWorld world_;
  std::vector<SampleQuestion> held_out_sums_;
  std::vector<SampleQuestion> held_out_facts_;
};

std::string_view name_of(SampleKind kind) {
  switch (kind) {
    case SampleKind::Sums:
      return "sums";
    case SampleKind::World:
      return "world";
    case SampleKind::Story:
      break;
  }
  return "story";
}

SampleCorpus::SampleCorpus(std::uint64_t seed) : writers_(std::make_unique<Writers>(seed)) {}
SampleCorpus::~SampleCorpus() = default;

SampleDocument SampleCorpus::document(std::uint64_t index) const {
  return writers_->document(index);
}

const std::vector<SampleQuestion>& SampleCorpus::held_out_sums() const {
  return writers_->held_out_sums();
}

const std::vector<SampleQuestion>& SampleCorpus::held_out_facts() const {
  return writers_->held_out_facts();
}

}  // namespace roux::datasets
