// `roux inspect` and `roux models`, as a user calls them.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

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
using ::testing::Contains;
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
  EXPECT_THAT(roux({"inspect", "gpt2"}).err, HasSubstr("config.json: is no JSON: is it damaged?"));
  write_file(snapshot / "config.json", "[]");
  EXPECT_THAT(roux({"inspect", "gpt2"}).err, HasSubstr("config.json: must be a JSON object"));
  write_file(snapshot / "config.json", R"({"quantization_config": {"quant_method": 3}})");
  EXPECT_THAT(roux({"inspect", "gpt2"}).out, HasSubstr("\nconfig.json: quantized with ?\n"));
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

  EXPECT_EQ(roux({"inspect", fixture("")}).exit_code, 2);
  const auto nowhere = roux({"inspect", "/nowhere/at/all"});
  EXPECT_EQ(nowhere.exit_code, 2);
  EXPECT_EQ(nowhere.err, "roux: there is no file or folder /nowhere/at/all\n");

  const auto absent = roux({"inspect", "gpt2"});
  EXPECT_EQ(absent.exit_code, 2);
  EXPECT_THAT(absent.err, HasSubstr("models--openai-community--gpt2 is not there"));
}

TEST_F(ModelTools, SendNoControlCharacterOfAFileToTheTerminal) {
  const std::string header =
      R"({"\u001b[31ma\u009b\nb":{"dtype":"U8","shape":[1],"data_offsets":[0,1]}})";
  const auto length = std::string(1, static_cast<char>(header.size())) + std::string(7, '\0');
  write_file(folder.path() / "m.safetensors", length + header + "x");
  const auto shown = roux({"inspect", (folder.path() / "m.safetensors").string()});
  EXPECT_THAT(shown.out, HasSubstr("\n\\x1b[31ma\\x9b\\x0ab"));

  write_file(folder.path() / "model.safetensors.index.json",
             R"({"weight_map": {"\u001b[2Ja": "m.safetensors"}})");
  const auto refused = roux({"inspect", folder.path().string()});
  EXPECT_THAT(refused.err, AllOf(HasSubstr("\"\\x1b[2Ja\" is not in"), Not(HasSubstr("\x1b"))));
}

TEST_F(ModelTools, WaitForNoPipe) {
  const auto pipe = folder.path() / "pipe";
  ASSERT_EQ(mkfifo(pipe.c_str(), 0600), 0);

  const auto finished = roux({"inspect", pipe.string()});

  EXPECT_EQ(finished.exit_code, 2);
  EXPECT_THAT(finished.err, HasSubstr("it is no plain file"));
}

TEST_F(ModelTools, SayWhatIsWrongWithAnIndex) {
  const auto index = folder.path() / "model.safetensors.index.json";
  const auto refused = [&](const std::string& text) {
    write_file(index, text);
    const auto finished = roux({"inspect", folder.path().string()});
    EXPECT_EQ(finished.exit_code, 1);
    EXPECT_THAT(finished.err, Not(HasSubstr("json.exception")));
    return finished.err;
  };

  EXPECT_THAT(refused("{\"weight_map\": {\"a\": "), HasSubstr(index.string() + ": it is no JSON"));
  EXPECT_THAT(refused("{\"weight_map\": {\"a\": 1e999}}"),
              HasSubstr(index.string() + ": it is no JSON"));
  EXPECT_THAT(refused("{\"weight_map\": {\"a\": 1}}"), HasSubstr("tensor \"a\" must be in a file"));
  EXPECT_THAT(refused("{\"weight_map\": {}}"), HasSubstr("names no tensor"));
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
             "[mine]\nbase = \"gpt2\"\ncheckpoint = \"w\"\nconfig_overrides = {num_layers = 1}\n");
  write_file(cards / "broken.toml", "[");

  const auto card = roux({"models", "mine", "--cards", cards.string()});
  EXPECT_THAT(card.out, AllOf(HasSubstr("\narch              gpt2\n"),
                              HasSubstr("\nconfig_overrides  {num_layers = 1}\n"),
                              HasSubstr((cards / "w").string() + " is not there")))
      << card.err;

  const auto all = roux({"models", "--cards", cards.string()});
  EXPECT_EQ(all.exit_code, 0);
  EXPECT_THAT(all.out, HasSubstr("\nmine "));
  EXPECT_THAT(all.err, StartsWith("roux: " + (cards / "broken.toml").string()));
  EXPECT_EQ(roux({"models", "mime"}).exit_code, 2);
}

TEST_F(ModelTools, SayOfEveryCardThatCannotWorkWhatIsWrong) {
  write_file(folder.path() / "mine.toml", R"(
[family]
family = "lama"
[arch]
family = "llama"
arch = "llama9"
[setting]
family = "llama"
arch = "llama3_2_1b"
config_overrides = {num_layer = 3}
[chat]
family = "llama"
chat_template = "absent.jinja"
[key]
famly = "llama"
[fine]
family = "llama"
)");
  const auto cards = folder.path() / "mine.toml";

  const auto listed = roux({"models", "--cards", cards.string()});
  EXPECT_EQ(listed.exit_code, 0);
  EXPECT_EQ(listed.err, "");
  const auto line_of = [&](const std::string& name) {
    for (const auto& line : split(listed.out, '\n')) {
      if (line.starts_with(name + ' ')) return line;
    }
    return std::string("not listed");
  };
  EXPECT_THAT(line_of("family"),
              HasSubstr("wrong: there is no model family \"lama\" (did you mean"));
  EXPECT_THAT(line_of("arch"), HasSubstr("wrong: the model family \"llama\" has no architecture"));
  EXPECT_THAT(line_of("setting"), HasSubstr("did you mean \"num_layers\"?"));
  EXPECT_THAT(line_of("chat"), HasSubstr("absent.jinja is not there"));
  EXPECT_THAT(line_of("key"), HasSubstr("did you mean \"family\"?"));
  EXPECT_THAT(line_of("fine"), Not(HasSubstr("wrong")));
  EXPECT_THAT(roux({"models", "--cards", cards.string(), "--json"}).out,
              HasSubstr("\"problem\": \"there is no model family"));

  const auto shown = roux({"models", "arch", "--cards", cards.string()});
  EXPECT_EQ(shown.exit_code, 2);
  EXPECT_THAT(shown.out, HasSubstr("\narch            llama9\n"));
  EXPECT_THAT(shown.err, HasSubstr("mine.toml:4:2: arch: the model family"));
}

TEST_F(ModelTools, ListTheArchitecturesOfFamilies) {
  const auto all = roux({"models", "--families"});
  EXPECT_THAT(all.out, AllOf(StartsWith("family "), HasSubstr("\nllama "), HasSubstr("\ngpt2 ")));

  const auto gpt2 = split(roux({"models", "--families", "gpt2"}).out, '\n');
  ASSERT_THAT(gpt2, SizeIs(6));
  EXPECT_EQ(gpt2[0], "family  arch            parameters  layers    dim  vocabulary  context");
  EXPECT_EQ(gpt2[1], "gpt2    gpt2           124,439,808      12    768      50,257    1,024");
  EXPECT_THAT(roux({"models", "--families", "gpt2", "--json"}).out,
              AllOf(HasSubstr("\"arch\": \"gpt2_xl\""), HasSubstr("\"parameters\": 1557611200"),
                    HasSubstr("\"num_layers\": 48"), HasSubstr("\"model_dim\": 1600")));

  EXPECT_THAT(roux({"models", "llama"}).err, HasSubstr("roux models --families llama lists"));
  const auto unknown = roux({"models", "--families", "gtp2"});
  EXPECT_EQ(unknown.exit_code, 2);
  EXPECT_THAT(unknown.err, HasSubstr("did you mean \"gpt2\"?"));
}

TEST_F(ModelTools, ListNamesAlone) {
  EXPECT_THAT(split(roux({"models", "--names"}).out, '\n'), Contains("gpt2"));
  EXPECT_EQ(roux({"models", "--names", "--here"}).out, "");
  EXPECT_EQ(roux({"models", "gpt2", "--here"}).exit_code, 2);
  EXPECT_EQ(roux({"models", "--cards", "/nowhere"}).exit_code, 2);
  EXPECT_EQ(roux({"models", "--families", "--here"}).exit_code, 2);
}

}  // namespace
}  // namespace roux
