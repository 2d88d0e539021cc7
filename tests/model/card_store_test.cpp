#include "roux/model/card_store.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>

#include "model/hub_folder.h"
#include "roux/base/error.h"
#include "roux/base/files.h"
#include "roux/base/temporary_folder.h"
#include "roux/config/sections/common.h"

namespace roux {
namespace {

namespace fs = std::filesystem;

using ::testing::AllOf;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::ThrowsMessage;

class CardStoreTest : public ::testing::Test {
 protected:
  fs::path write(const std::string& name, const std::string& text) {
    const auto file = folder_.path() / name;
    fs::create_directories(file.parent_path());
    write_file(file, text);
    return file;
  }

  CardStore store(const std::vector<std::string>& folders = {"cards"}) const {
    std::vector<fs::path> paths;
    for (const auto& folder : folders) paths.push_back(folder_.path() / folder);
    return CardStore(paths, HubCache(folder_.path() / "hub"));
  }

  TemporaryFolder folder_;
};

TEST_F(CardStoreTest, TakesCardsFromFilesOfUsers) {
  const auto file = write("cards/mine.toml",
                          "[one]\nfamily = \"llama\"\n\n"
                          "[two]\nbase = \"one\"\ncheckpoint = \"../weights\"\n"
                          "config_overrides = {num_layers = 3}\n");
  write("weights/model.safetensors", "");
  write("weights/tokenizer.json", "");

  const auto cards = store();

  EXPECT_THAT(cards.names(), Contains("one"));
  const auto two = cards.get("two");
  EXPECT_EQ(two.card.family, "llama");
  EXPECT_EQ(two.place, file.string() + ":4:2");
  EXPECT_NE(two.card.config_overrides.value.as<config::Table>()->find("num_layers"), nullptr);
  EXPECT_EQ(cards.checkpoint_of("two"), folder_.path() / "weights");
  EXPECT_EQ(cards.tokenizer_of("two").path, folder_.path() / "weights");
}

TEST_F(CardStoreTest, TakesAPathAgainstTheFileThatSaysIt) {
  write("a/base.toml", "[base]\ncheckpoint = \"weights\"\n");
  write("a/weights/model.safetensors", "");
  write("b/mine.toml", "[mine]\nbase = \"base\"\ntokenizer = \"words\"\n");
  write("b/words/tokenizer.model", "");

  const auto cards = store({"a", "b"});

  EXPECT_EQ(cards.checkpoint_of("mine"), folder_.path() / "a/weights");
  EXPECT_EQ(cards.tokenizer_of("mine").path, folder_.path() / "b/words");
}

TEST_F(CardStoreTest, FindsWeightsInTheHubCache) {
  const auto snapshot =
      make_hub_model(folder_.path() / "hub", "models--openai-community--gpt2", "abc123");
  write_file(snapshot / "model.safetensors", "");
  write_file(snapshot / "tokenizer.json", "");

  const auto cards = store({});

  EXPECT_EQ(cards.checkpoint_of("gpt2"), snapshot);
  EXPECT_EQ(cards.tokenizer_of("gpt2").path, snapshot);
}

TEST_F(CardStoreTest, SaysWhereItLookedForWeightsAndWhatElseCanBeDone) {
  const auto missing = [&] { store({}).checkpoint_of("qwen2_5_0_5b"); };
  const auto hub = folder_.path() / "hub";

  EXPECT_THAT(
      missing,
      ThrowsMessage<ConfigError>(AllOf(
          HasSubstr((hub / "models--Qwen--Qwen2.5-0.5B").string() + " is not there"),
          HasSubstr("`hf download Qwen/Qwen2.5-0.5B`"), HasSubstr("model.path"),
          HasSubstr("model.family = \"qwen2\""), HasSubstr("model.arch = \"qwen2_5_0_5b\""))));

  // As after a look at the tokenizer alone.
  const auto snapshot = make_hub_model(hub, "models--Qwen--Qwen2.5-0.5B", "abc");
  write_file(snapshot / "tokenizer.json", "");
  EXPECT_THAT(missing, ThrowsMessage<ConfigError>(
                           HasSubstr(snapshot.string() + " holds no safetensors file")));
  EXPECT_EQ(store({}).tokenizer_of("qwen2_5_0_5b").path, snapshot);

  write("cards/mine.toml", "[mine]\ncheckpoint = \"nowhere\"\n[bare]\nfamily = \"llama\"\n");
  EXPECT_THAT([&] { store().checkpoint_of("mine"); },
              ThrowsMessage<ConfigError>(HasSubstr("cards/nowhere is not there")));
  EXPECT_THAT([&] { store().tokenizer_of("mine"); },
              ThrowsMessage<ConfigError>(HasSubstr("cards/nowhere is not there")));
  EXPECT_THAT([&] { store().checkpoint_of("bare"); },
              ThrowsMessage<ConfigError>(HasSubstr("the card names none")));
}

TEST_F(CardStoreTest, JoinsWhatCanBeDoneByOr) {
  write("cards/mine.toml",
        "[folder]\ncheckpoint = \"nowhere\"\n"
        "[shape]\ncheckpoint = \"nowhere\"\nfamily = \"gpt2\"\narch = \"gpt2\"\n");

  EXPECT_THAT([&] { store().checkpoint_of("folder"); },
              ThrowsMessage<ConfigError>(
                  EndsWith("is not there. Give their folder (model.path in a config)")));
  EXPECT_THAT([&] { store().checkpoint_of("shape"); },
              ThrowsMessage<ConfigError>(
                  AllOf(HasSubstr(". Either give their folder (model.path in a config), or make "),
                        HasSubstr("model.arch = \"gpt2\""))));
  EXPECT_THAT([&] { store().tokenizer_of("gpt2"); },
              ThrowsMessage<ConfigError>(
                  AllOf(HasSubstr(". Either download it (`hf download openai-community/gpt2`"),
                        HasSubstr(", or give the folder of its files"))));
}

TEST_F(CardStoreTest, LetsABaseBeNone) {
  write("cards/mine.toml", "[mine]\nbase = \"none\"\nfamily = \"llama\"\n");

  EXPECT_EQ(store().get("mine").card.base, std::nullopt);
}

TEST_F(CardStoreTest, TellsOfAMisspeltKeyAndNotOfWhatFollowsFromIt) {
  const auto file = write("cards/mine.toml", "[mine]\nfamly = \"llama\"\n");

  EXPECT_THAT([&] { store().get("mine"); },
              ThrowsMessage<ConfigError>(file.string() +
                                         ":2:1: famly: unknown key (did you mean \"family\"?)"));
}

TEST_F(CardStoreTest, RefusesAnAddress) {
  write("cards/mine.toml",
        "[web]\ncheckpoint = \"https://huggingface.co/gpt2/gpt2/tree/main\"\n"
        "[s3]\nfamily = \"llama\"\ntokenizer = \"s3://bucket/x\"\n");

  EXPECT_THAT([&] { store().get("web"); },
              ThrowsMessage<ConfigError>(AllOf(
                  HasSubstr("mine.toml:2:1: checkpoint: must be a path, or hf://"),
                  HasSubstr("nothing is downloaded"), HasSubstr("did you mean hf://gpt2/gpt2?"))));
  EXPECT_THAT([&] { store().get("s3"); },
              ThrowsMessage<ConfigError>(
                  AllOf(HasSubstr(": tokenizer: must be"), HasSubstr("but is s3://bucket/x"))));
}

TEST_F(CardStoreTest, TellsHowATokenizerIsToBeRead) {
  write("cards/mine.toml",
        "[mine]\ntokenizer = \"words\"\nfamily = \"llama\"\n"
        "tokenizer_family = \"cl100k_base\"\nchat_template = \"chat.jinja\"\n"
        "[named]\nbase = \"mine\"\nchat_template = \"chatml\"\ntokenizer_family = \"none\"\n");
  write("cards/words/mine.tiktoken", "");
  write("cards/wrong.toml",
        "[a]\nfamily = \"llama\"\nchat_template = \"chatlm\"\n"
        "[b]\nfamily = \"llama\"\ntokenizer_family = \"cl100k\"\n");

  const auto cards = store();

  const TokenizerFiles mine = cards.tokenizer_of("mine");
  EXPECT_EQ(mine.family, "cl100k_base");
  EXPECT_EQ(mine.chat_template, folder_.path() / "cards/chat.jinja");
  const TokenizerFiles named = cards.tokenizer_of("named");
  EXPECT_EQ(named.family, "");
  EXPECT_EQ(named.chat_template, "chatml");
  EXPECT_THAT([&] { cards.get("a"); },
              ThrowsMessage<ConfigError>(AllOf(
                  HasSubstr("chat_template: must be a file that ends in .jinja, or a built-in"),
                  HasSubstr("did you mean \"chatml\"?"))));
  EXPECT_THAT([&] { cards.get("b"); },
              ThrowsMessage<ConfigError>(HasSubstr("tokenizer_family: a tiktoken file's family")));
}

TEST_F(CardStoreTest, FindsWhatAWordOfACommandLineNames) {
  const auto snapshot = make_hub_model(folder_.path() / "hub", "models--a--b", "abc");
  write_file(snapshot / "tokenizer.json", "");
  write("cards/mine.toml", "[mine]\ncheckpoint = \"weights\"\nchat_template = \"chatml\"\n");
  write("cards/weights/model.safetensors", "");
  write("cards/weights/tokenizer.json", "");
  const auto weights = folder_.path() / "cards/weights";
  const auto cards = store();

  EXPECT_EQ(find_checkpoint("mine", cards), weights);
  EXPECT_EQ(find_tokenizer("mine", cards).path, weights);
  EXPECT_EQ(find_tokenizer("mine", cards).chat_template, "chatml");
  EXPECT_EQ(find_tokenizer(weights.string(), cards).path, weights);
  EXPECT_EQ(find_tokenizer(weights.string(), cards).chat_template, "");
  EXPECT_EQ(find_tokenizer("hf://a/b", cards).path, snapshot);
  EXPECT_EQ(find_checkpoint("hf://a/b", cards), snapshot);
}

TEST_F(CardStoreTest, SaysWhatAWordOfACommandLineDoesNotName) {
  make_hub_model(folder_.path() / "hub", "models--a--b", "abc");
  const auto cards = store({});
  const auto missing = [&](const std::string& word, const ::testing::Matcher<std::string>& says) {
    EXPECT_THAT([&] { find_tokenizer(word, cards); }, ThrowsMessage<ConfigError>(says));
    EXPECT_THAT([&] { find_checkpoint(word, cards); }, ThrowsMessage<ConfigError>(says));
  };

  missing("/nowhere/at/all", "there is no file or folder /nowhere/at/all");
  missing("a/b", "there is no file or folder a/b (did you mean hf://a/b?)");
  EXPECT_THAT([&] { find_tokenizer("hf://a/b", cards); },
              ThrowsMessage<ConfigError>(HasSubstr("abc: has no tokenizer.json")));
  missing("gtp2", AllOf(HasSubstr("neither a file, a folder nor a model card"),
                        HasSubstr("did you mean \"gpt2\"?")));
  missing("hf://a/c", AllOf(HasSubstr("models--a--c is not there"),
                            HasSubstr("Download it (`hf download a/c`")));
  missing("hf://a/b@v2", HasSubstr("`hf download a/b --revision v2`"));
  missing("hf://a/b/c", HasSubstr("a model must be hf://ORGANISATION/NAME"));
  missing("https://x.org/y", HasSubstr("a model must be a path, or hf://"));
}

TEST_F(CardStoreTest, SuggestsTheNameThatWasMeant) {
  EXPECT_THAT([&] { store({}).get("lama3_2_1b"); },
              ThrowsMessage<ConfigError>(HasSubstr("did you mean \"llama3_2_1b\"?")));
}

TEST_F(CardStoreTest, NamesBothPlacesOfTwoCardsOfAName) {
  const auto first = write("a/x.toml", "[mine]\nfamily = \"llama\"\n");
  const auto second = write("b/y.toml", "# mine\n[mine]\nfamily = \"llama\"\n");

  EXPECT_THAT(
      [&] {
        store({"a", "b"}).get("mine");
      },
      ThrowsMessage<ConfigError>(
          AllOf(HasSubstr(first.string() + ":1:2"), HasSubstr(second.string() + ":2:2"))));
  EXPECT_NO_THROW(store({"a", "b"}).get("gpt2"));

  // One folder that is named twice is one folder.
  EXPECT_NO_THROW(store({"a", "a/../a"}).get("mine"));
}

TEST_F(CardStoreTest, LetsABuiltInCardBeReplacedOnlyOnPurpose) {
  const auto file = write("cards/mine.toml", "[gpt2]\nfamily = \"llama\"\n");
  EXPECT_THAT([&] { store().get("gpt2"); },
              ThrowsMessage<ConfigError>(
                  AllOf(HasSubstr(file.string() + ":1:2"), HasSubstr("replaces = true"))));

  write("cards/mine.toml",
        "[gpt2]\nreplaces = true\nbase = \"gpt2\"\ncheckpoint = \"mine\"\n"
        "[other]\nreplaces = true\nfamily = \"llama\"\n");
  const auto card = store().get("gpt2");
  EXPECT_EQ(card.card.checkpoint, "mine");
  EXPECT_EQ(card.card.arch, "gpt2");
  EXPECT_FALSE(card.is_built_in);
  EXPECT_THAT([&] { store().get("other"); },
              ThrowsMessage<ConfigError>(HasSubstr("there is none")));
}

TEST_F(CardStoreTest, FindsBasesThatGoInACircleOrAreNotThere) {
  write("cards/mine.toml",
        "[a]\nbase = \"b\"\n[b]\nbase = \"c\"\n[c]\nbase = \"a\"\n"
        "[self]\nbase = \"self\"\n[lost]\nbase = \"lama3_2_1b\"\n");
  const auto cards = store();

  EXPECT_THAT([&] { cards.get("a"); }, ThrowsMessage<ConfigError>(HasSubstr("a -> b -> c -> a")));
  EXPECT_THAT([&] { cards.get("self"); },
              ThrowsMessage<ConfigError>(HasSubstr("can't be its own base")));
  EXPECT_THAT([&] { cards.get("lost"); },
              ThrowsMessage<ConfigError>(AllOf(HasSubstr("mine.toml:10:8: base"),
                                               HasSubstr("did you mean \"llama3_2_1b\"?"))));
}

TEST_F(CardStoreTest, ReportsWhatIsWrongAndGoesOnWithTheRest) {
  const auto broken = write("cards/broken.toml", "[mine\n");
  write("cards/good.toml",
        "[good]\nfamily = \"llama\"\n"
        "[typo]\nfamly = \"llama\"\ncheckpoint = \"x\"\n"
        "[hub]\ncheckpoint = \"hf://a/b/c\"\n"
        "[nothing]\n[bare]\narch = \"llama2_7b\"\ncheckpoint = \"x\"\n");
  write("cards/value.toml", "x = 3\n");
  write("cards/.hidden.toml", "[hidden\n");

  const auto cards = store({"cards", "not there"});

  EXPECT_NO_THROW(cards.get("good"));
  EXPECT_THAT([&] { cards.get("typo"); },
              ThrowsMessage<ConfigError>(
                  AllOf(HasSubstr("good.toml:4:1"), HasSubstr("did you mean \"family\"?"))));
  EXPECT_THAT([&] { cards.get("hub"); },
              ThrowsMessage<ConfigError>(HasSubstr("must be hf://ORGANISATION/NAME")));
  EXPECT_THAT([&] { cards.get("nothing"); },
              ThrowsMessage<ConfigError>(HasSubstr("must have a family or a checkpoint")));
  EXPECT_THAT([&] { cards.get("bare"); },
              ThrowsMessage<ConfigError>(HasSubstr("must come with a family")));
  EXPECT_THAT(cards.problems(),
              ElementsAre(HasSubstr(broken.string()),
                          AllOf(HasSubstr("value.toml:1:1"), HasSubstr("must be a table")),
                          HasSubstr("No such file")));
  EXPECT_THAT([&] { cards.get("mine"); },
              ThrowsMessage<ConfigError>(AllOf(HasSubstr("no model card is called \"mine\""),
                                               HasSubstr(broken.string()))));

  int wrong = 0;
  for (const auto& listed : cards.list()) {
    EXPECT_NE(listed.entry.has_value(), !listed.problem.empty()) << listed.name;
    if (!listed.entry) ++wrong;
  }
  EXPECT_EQ(wrong, 4);
}

TEST_F(CardStoreTest, LooksIntoTheFoldersOfTheConfigTheEnvironmentAndTheUser) {
  fs::create_directories(folder_.path() / "config/roux/cards");
  setenv("ROUX_CARDS", "/one::/two", 1);
  setenv("XDG_CONFIG_HOME", (folder_.path() / "config").c_str(), 1);
  AssetsConfig assets;
  assets.extra_paths = {"/first"};

  const auto folders = CardStore::user_folders(assets);
  unsetenv("ROUX_CARDS");
  unsetenv("XDG_CONFIG_HOME");

  EXPECT_THAT(folders, ElementsAre("/first", "/one", "/two", folder_.path() / "config/roux/cards"));
}

TEST(HubModel, IsReadAsItIsWritten) {
  const auto plain = parse_hub_model("hf://org/name");
  ASSERT_TRUE(plain);
  EXPECT_EQ(plain->repository, "org/name");
  EXPECT_EQ(plain->revision, "main");
  EXPECT_EQ(to_string(*plain), "hf://org/name");

  const auto pinned = parse_hub_model("hf://gpt2@refs/pr/3");
  ASSERT_TRUE(pinned);
  EXPECT_EQ(pinned->repository, "gpt2");
  EXPECT_EQ(to_string(*pinned), "hf://gpt2@refs/pr/3");

  EXPECT_FALSE(parse_hub_model("org/name"));
  EXPECT_FALSE(parse_hub_model("./odd://name"));
  for (const char* wrong : {"hf://", "hf://../x", "hf://a/b/c", "hf://a/", "hf://a/b@", "hf://a b",
                            "hf://a/b@../../x", "hf://a/b@x/../y", "http://a/b", "HF://a/b"}) {
    EXPECT_THROW(parse_hub_model(wrong), ConfigError) << wrong;
  }
}

TEST(HubCache, FindsRevisionsAndCommits) {
  const TemporaryFolder hub;
  const HubCache cache(hub.path());
  const auto main = make_hub_model(hub.path(), "models--a--b", "c0ffee");
  const auto pull = make_hub_model(hub.path(), "models--a--b", "beef", "refs/pr/1");
  const auto loose = make_hub_model(hub.path(), "models--gpt2", "dead", "");

  EXPECT_EQ(cache.find({"a/b"}), main);
  EXPECT_EQ(cache.find({"a/b", "c0ffee"}), main);
  EXPECT_EQ(cache.find({"a/b", "refs/pr/1"}), pull);
  EXPECT_EQ(cache.find({"gpt2", "dead"}), loose);
  EXPECT_EQ(cache.find({"gpt2"}), std::nullopt);
  EXPECT_EQ(cache.find({"a/b", "v2"}), std::nullopt);
  EXPECT_THAT(cache.why_not({"a/b", "v2"}),
              HasSubstr("models--a--b has no revision v2 (it has main, refs/pr/1)"));
  EXPECT_THAT(cache.why_not({"a/c"}), HasSubstr("models--a--c is not there"));
}

TEST(HubCache, TrustsNoReferenceThatLeadsElsewhere) {
  const TemporaryFolder hub;
  make_hub_model(hub.path(), "models--a--b", "c0ffee");
  write_file(hub.path() / "models--a--b/refs/main", "../../elsewhere");
  fs::create_directories(hub.path() / "models--a--b/elsewhere");

  EXPECT_EQ(HubCache(hub.path()).find({"a/b"}), std::nullopt);
}

TEST(HubCache, LiesWhereHuggingFacesToolsHaveIt) {
  const auto with = [](const std::vector<std::pair<const char*, const char*>>& variables) {
    const char* const kAll[] = {"HF_HUB_CACHE", "HUGGINGFACE_HUB_CACHE", "HF_HOME",
                                "XDG_CACHE_HOME"};
    for (const char* name : kAll) unsetenv(name);
    for (const auto& [name, value] : variables) setenv(name, value, 1);
    const auto folder = HubCache().folder();
    for (const char* name : kAll) unsetenv(name);
    return folder;
  };
  const std::string home = std::getenv("HOME");

  EXPECT_EQ(with({}), home + "/.cache/huggingface/hub");
  EXPECT_EQ(with({{"XDG_CACHE_HOME", "/x"}}), "/x/huggingface/hub");
  EXPECT_EQ(with({{"XDG_CACHE_HOME", "/x"}, {"HF_HOME", "~/h"}}), home + "/h/hub");
  EXPECT_EQ(with({{"HF_HOME", "/h"}, {"HF_HUB_CACHE", "/c"}}), "/c");
  EXPECT_EQ(with({{"HF_HOME", "/h"}, {"HF_HUB_CACHE", ""}}), "/h/hub");
}

}  // namespace
}  // namespace roux
