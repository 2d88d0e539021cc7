#include <gmock/gmock.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include "parity/compare.h"
#include "parity/expected.h"
#include "roux/base/temporary_folder.h"
#include "roux/model/model_family.h"

namespace roux::parity {
namespace {

using testing::Contains;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

std::vector<std::string> fixtures() {
  std::vector<std::string> names;
  for (const auto& entry : std::filesystem::directory_iterator(ROUX_PARITY_FIXTURES)) {
    names.push_back(entry.path().filename().string());
  }
  std::ranges::sort(names);
  return names;
}

std::string join(const std::vector<std::string>& lines) {
  std::string text;
  for (const std::string& line : lines) text += line + "\n";
  return text;
}

class Parity : public testing::TestWithParam<std::string> {};

TEST_P(Parity, ComputesExportsAndCachesAsTransformersDoes) {
  const auto folder = std::filesystem::path(ROUX_PARITY_FIXTURES) / GetParam();

  const Comparison comparison = compare_with_reference(folder);

  EXPECT_THAT(comparison.differences, Not(IsEmpty()));
  EXPECT_THAT(comparison.problems, IsEmpty()) << join(comparison.problems);
}

INSTANTIATE_TEST_SUITE_P(Fixtures, Parity, testing::ValuesIn(fixtures()),
                         [](const auto& each) { return each.param; });

TEST(ParityFixtures, ShowEveryModelTypeThatWeReadAtLeastTwice) {
  std::multiset<std::string> shown;
  for (const std::string& name : fixtures()) {
    shown.insert(read_expected(std::filesystem::path(ROUX_PARITY_FIXTURES) / name).family);
  }

  for (const std::string& type : ModelFamilies::standard().model_types()) {
    EXPECT_GE(shown.count(type), 2U) << type;
  }
}

// The comparison itself: were it blind, every fixture would pass.
class ParityComparison : public testing::Test {
 protected:
  // A copy of a fixture in which `from`, in a file of it, is `to`.
  std::filesystem::path changed(const std::string& fixture, const std::string& file,
                                const std::string& from, const std::string& to) const {
    const auto folder = scratch_.path() / fixture;
    std::filesystem::copy(std::filesystem::path(ROUX_PARITY_FIXTURES) / fixture, folder);
    std::stringstream text;
    text << std::ifstream(folder / file, std::ios::binary).rdbuf();
    std::string content = text.str();
    const std::size_t at = content.find(from);
    if (at == std::string::npos) throw std::runtime_error("there is no " + from);
    content.replace(at, from.size(), to);
    std::ofstream(folder / file, std::ios::binary) << content;
    return folder;
  }

 private:
  TemporaryFolder scratch_;
};

TEST_F(ParityComparison, NoticesAnotherEpsilon) {
  const auto folder =
      changed("qwen3", "config.json", "\"rms_norm_eps\": 1e-06", "\"rms_norm_eps\": 1e-03");

  const Comparison comparison = compare_with_reference(folder);

  EXPECT_THAT(comparison.problems, Contains(HasSubstr("logits must be within 0.0001")));
  EXPECT_THAT(comparison.problems, Contains(HasSubstr("gradient of model.norm.weight")));
  EXPECT_THAT(comparison.problems, Not(Contains(HasSubstr("export"))));
}

TEST_F(ParityComparison, NoticesAWindowThatIsOneShort) {
  const auto folder =
      changed("mistral", "config.json", "\"sliding_window\": 7", "\"sliding_window\": 6");

  const Comparison comparison = compare_with_reference(folder);

  EXPECT_THAT(comparison.problems, Contains(HasSubstr("logits, left padded must be within")));
  EXPECT_THAT(comparison.problems, Contains(HasSubstr("logits, cached must be within")));
}

TEST_F(ParityComparison, NoticesAParameterThatHasNoGradient) {
  const auto folder = changed("llama2", "expected.safetensors", "gradient/model.norm.weight",
                              "gradient/model.norm.wight!");

  const Comparison comparison = compare_with_reference(folder);

  EXPECT_THAT(comparison.problems, Contains("gradient: we have none for model.norm.wight!"));
}

}  // namespace
}  // namespace roux::parity
