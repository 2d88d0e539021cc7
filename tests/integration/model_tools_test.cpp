// `roux inspect` and `roux models`, as a user calls them.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <string>
#include <vector>

#include "driver_world.h"
#include "roux/base/files.h"
#include "roux/base/strings.h"

namespace roux {
namespace {

namespace fs = std::filesystem;

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::SizeIs;
using ::testing::StartsWith;

class ModelTools : public ::testing::Test {
 protected:
  // roux WORDS..., with an empty home and nothing else around.
  Finished roux(std::vector<std::string> words) const {
    words.insert(words.begin(), DriverWorld::driver().string());
    return run_process(words, {.environment = {{"HOME", folder.path().string()},
                                               {"HF_HOME", (folder.path() / "hf").string()},
                                               {"XDG_CONFIG_HOME", ""},
                                               {"ROUX_CARDS", ""}}});
  }

  // As if gpt2's first shard had been downloaded.
  fs::path download_gpt2() const {
    const auto model = folder.path() / "hf/hub/models--openai-community--gpt2";
    fs::create_directories(model / "refs");
    fs::create_directories(model / "snapshots/abc");
    write_file(model / "refs/main", "abc");
    fs::copy_file(fixture("sharded/model-00001-of-00003.safetensors"),
                  model / "snapshots/abc/model.safetensors");
    return model / "snapshots/abc";
  }

  static std::string fixture(const std::string& name) { return ROUX_MODEL_FIXTURES "/" + name; }

  TemporaryFolder folder;
};

TEST_F(ModelTools, ShowWhatACheckpointHoldsWithItsLayersAsOne) {
  const auto finished = roux({"inspect", fixture("sharded")});

  EXPECT_EQ(finished.exit_code, 0);
  EXPECT_THAT(
      finished.out,
      AllOf(StartsWith(fixture("sharded") + "\n3 files, 5 tensors, 60 parameters, 240 B\n"),
            HasSubstr("\nlayers.{0-4}.weight        5  float32  [3, 4]          60  240 B")));
  EXPECT_THAT(roux({"inspect", fixture("sharded"), "--all"}).out,
              HasSubstr("\nlayers.3.weight        1  float32  [3, 4]          12   48 B\n"));
}

TEST_F(ModelTools, ShowACheckpointToPrograms) {
  const auto out = roux({"inspect", fixture("sharded"), "--json"}).out;

  EXPECT_THAT(out, AllOf(HasSubstr("\"name\": \"layers.4.weight\""),
                         HasSubstr("\"file\": \"model-00003-of-00003.safetensors\""),
                         HasSubstr("\"parameters\": 60")));
}

TEST_F(ModelTools, ShowWhatTheConfigSays) {
  const auto snapshot = download_gpt2();
  write_file(snapshot / "config.json",
             R"({"model_type": "gpt2", "n_embd": 768, "architectures": ["x"], "n_head": null})");

  for (const auto& path : {std::string("gpt2"), std::string("hf://openai-community/gpt2"),
                           snapshot.string(), (snapshot / "model.safetensors").string()}) {
    const auto finished = roux({"inspect", path});
    EXPECT_THAT(finished.out, AllOf(HasSubstr("2 tensors"),
                                    HasSubstr("\nconfig.json: model_type gpt2, n_embd 768\n")))
        << path << finished.err;
  }

  write_file(snapshot / "config.json", "[");
  EXPECT_THAT(roux({"inspect", "gpt2"}).err, HasSubstr("config.json: it must be a JSON object"));
}

TEST_F(ModelTools, SayWhatIsWrongWithAPath) {
  const auto damaged = folder.path() / "cut.safetensors";
  write_file(damaged, read_file(fixture("all_dtypes.safetensors")).substr(0, 1100));

  const auto cut = roux({"inspect", damaged.string()});
  EXPECT_EQ(cut.exit_code, 1);
  EXPECT_THAT(cut.err, AllOf(StartsWith("roux: " + damaged.string() + ": tensor \""),
                             HasSubstr("was it cut short?")));

  const auto typo = roux({"inspect", "gtp2"});
  EXPECT_EQ(typo.exit_code, 2);
  EXPECT_THAT(typo.err, HasSubstr("did you mean \"gpt2\"?"));

  const auto absent = roux({"inspect", "gpt2"});
  EXPECT_EQ(absent.exit_code, 2);
  EXPECT_THAT(absent.err, HasSubstr("models--openai-community--gpt2 is not there"));
}

TEST_F(ModelTools, ListCardsAndWhichWeightsAreHere) {
  const auto all = roux({"models"});
  EXPECT_THAT(all.out,
              AllOf(StartsWith("name "), HasSubstr("\nllama3_2_1b "), Not(HasSubstr("snapshots"))));
  EXPECT_EQ(all.err, "");

  const auto snapshot = download_gpt2();
  const auto here = split(roux({"models", "--here"}).out, '\n');
  ASSERT_THAT(here, SizeIs(3));
  EXPECT_THAT(here[1], AllOf(StartsWith("gpt2 "), HasSubstr(snapshot.string())));
  EXPECT_THAT(roux({"models", "--here", "--json"}).out, HasSubstr("\"name\": \"gpt2\""));
}

TEST_F(ModelTools, ShowACardOfTheUser) {
  const auto cards = folder.path() / "cards";
  fs::create_directories(cards);
  write_file(cards / "mine.toml",
             "[mine]\nbase = \"gpt2\"\ncheckpoint = \"w\"\nconfig_overrides = {a = 1}\n");
  write_file(cards / "broken.toml", "[");

  const auto card = roux({"models", "mine", "--cards", cards.string()});
  EXPECT_THAT(card.out, AllOf(HasSubstr("\narch              gpt2\n"),
                              HasSubstr("\nconfig_overrides  {a = 1}\n"),
                              HasSubstr((cards / "w").string() + " is not there")))
      << card.err;

  const auto all = roux({"models", "--cards", cards.string()});
  EXPECT_EQ(all.exit_code, 0);
  EXPECT_THAT(all.out, HasSubstr("\nmine "));
  EXPECT_THAT(all.err, StartsWith("roux: " + (cards / "broken.toml").string()));
  EXPECT_EQ(roux({"models", "mime"}).exit_code, 2);
}

}  // namespace
}  // namespace roux
