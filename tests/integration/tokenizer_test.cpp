// Tokenizers as programs meet them: `roux tokenizer`, and LibTorch beside libsentencepiece.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <string>
#include <vector>

#include "driver_world.h"
#include "roux/base/error.h"
#include "support/process.h"

namespace roux {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

constexpr const char* kBpe = ROUX_TOKENIZER_FIXTURES "/sentencepiece/bpe.model";

// The driver in a folder of its own, with a tokenizer in `tiny`: the bytes, and "ab" and "abc".
class RouxTokenizer : public ::testing::Test {
 protected:
  RouxTokenizer() {
    world.write("corpus.txt", "abc\nabc\nabd\n");
    const Finished trained = tokenizer({"train", "corpus.txt", "-o", "tiny", "--vocab-size", "259",
                                        "--min-frequency", "1", "--quiet"});
    EXPECT_EQ(trained.err, "");
    EXPECT_EQ(trained.exit_code, 0);
  }

  Finished tokenizer(std::vector<std::string> words, std::string input = "") const {
    words.insert(words.begin(), {DriverWorld::driver().string(), "tokenizer"});
    return run_process(std::move(words),
                       {.environment = {{"ROUX_CARDS", (world.folder() / "cards").string()},
                                        {"HF_HUB_CACHE", (world.folder() / "hub").string()}},
                        .working_folder = world.folder(),
                        .input = std::move(input)});
  }

  std::string encode(std::string input, std::vector<std::string> words = {}) const {
    words.insert(words.begin(), {"encode", "-m", "tiny"});
    const Finished finished = tokenizer(words, std::move(input));
    EXPECT_EQ(finished.err, "");
    EXPECT_EQ(finished.exit_code, 0);
    return finished.out;
  }

  std::string decode(std::string input, std::vector<std::string> words = {}) const {
    words.insert(words.begin(), {"decode", "-m", "tiny"});
    const Finished finished = tokenizer(words, std::move(input));
    EXPECT_EQ(finished.err, "");
    EXPECT_EQ(finished.exit_code, 0);
    return finished.out;
  }

  DriverWorld world;
};

TEST_F(RouxTokenizer, EncodesALineAtATime) {
  EXPECT_EQ(encode("abc\nab\n\nabab\n"), "[258]\n[257]\n[]\n[257,257]\n");
  EXPECT_EQ(encode(""), "");
  EXPECT_EQ(encode("\n"), "[]\n");
}

TEST_F(RouxTokenizer, TakesAnUnfinishedLastLineForALine) {
  EXPECT_EQ(encode("abc\nab"), "[258]\n[257]\n");
}

TEST_F(RouxTokenizer, GivesBackEveryByteOfALine) {
  const std::string text = "abc\r\n\t\u00e9 \u65e5\n\n last";

  EXPECT_EQ(decode(encode(text)), text + "\n");
}

TEST_F(RouxTokenizer, EncodesBrokenUtf8AsReplacementCharacters) {
  EXPECT_EQ(encode("a\xff\n"), encode("a\ufffd\n"));
}

TEST_F(RouxTokenizer, TakesSpecialTokensAsTold) {
  EXPECT_EQ(encode("ab<|endoftext|>\n"), "[257,0]\n");
  EXPECT_THAT(encode("ab<|endoftext|>\n", {"--no-parse-special-tokens"}), StartsWith("[257,28,"));
  EXPECT_EQ(decode("[257,0]\n"), "ab<|endoftext|>\n");
  EXPECT_EQ(decode("[257,0]\n", {"--skip-special-tokens"}), "ab\n");
}

TEST_F(RouxTokenizer, AddsWhatTheTokenizerAddsUnlessToldNotTo) {
  EXPECT_THAT(tokenizer({"encode", "-m", kBpe}, "hi\n").out, StartsWith("[1,"));
  const std::string plain = tokenizer({"encode", "-m", kBpe, "--no-special-tokens"}, "hi\n").out;
  EXPECT_EQ(tokenizer({"encode", "-m", kBpe}, "hi\n").out, "[1," + plain.substr(1));
}

TEST_F(RouxTokenizer, KeepsLineEndsWithinATextInJson) {
  EXPECT_EQ(encode("\"ab\\nab\"\n{\"text\": \"ab\", \"more\": 1}\n", {"--json"}),
            "[257,199,257]\n[257]\n");
  EXPECT_EQ(encode("{\"body\": \"ab\"}\n", {"--json", "--field", "body"}), "[257]\n");
  EXPECT_EQ(decode("[257,199,257]\n", {"--json"}), "\"ab\\nab\"\n");
}

TEST_F(RouxTokenizer, ShowsHowTokensAreSpelled) {
  EXPECT_EQ(encode("abc \"\n", {"--tokens"}), "[\"abc\",\"\u0120\",\"\\\"\"]\n");
}

TEST_F(RouxTokenizer, ReadsAFileToo) {
  world.write("lines.txt", "abc\nab\n");

  EXPECT_EQ(encode("", {"lines.txt"}), "[258]\n[257]\n");
  const Finished missing = tokenizer({"encode", "-m", "tiny", "missing.txt"});
  EXPECT_THAT(missing.err, HasSubstr("cannot open missing.txt: No such file"));
  EXPECT_EQ(missing.exit_code, 2);
}

TEST_F(RouxTokenizer, KeepsTheOrderOfLinesInAnyNumberOfThreads) {
  std::string text;
  for (int i = 0; i < 60'000; ++i) text += cat("abc line ", i, '\n');

  const std::string one = encode(text, {"--threads", "1"});
  EXPECT_EQ(encode(text, {"--threads", "4"}), one);
  EXPECT_EQ(decode(one, {"--threads", "4"}), text);
}

TEST_F(RouxTokenizer, AnswersALineBeforeTheNextOneComes) {
  const Finished finished = world.bash(R"(
coproc roux tokenizer encode -m tiny
echo abc >&"${COPROC[1]}"; read -r -t 20 first <&"${COPROC[0]}"
echo ab >&"${COPROC[1]}"; read -r -t 20 second <&"${COPROC[0]}"
echo "$first $second")");

  EXPECT_EQ(finished.out, "[258] [257]\n");
}

TEST_F(RouxTokenizer, NamesTheLineThatIsWrongOnceAllBeforeItAreWritten) {
  const auto refused = [&](const std::string& input) {
    const Finished finished = tokenizer({"decode", "-m", "tiny"}, input);
    EXPECT_EQ(finished.exit_code, 1);
    EXPECT_EQ(finished.out, "ab\n");
    return finished.err;
  };

  EXPECT_EQ(refused("[257]\n[257,\n[257]\n"),
            "roux: standard input:2: must be a JSON list of token ids, but column 6 has the end "
            "where a token id should be\n");
  EXPECT_THAT(refused("[257]\n\n"), HasSubstr("standard input:2: must be a JSON list"));
  EXPECT_THAT(refused("[257]\n[257] x\n"), HasSubstr("where nothing after the list should be"));
  EXPECT_THAT(refused("[257]\n[1.5]\n"), HasSubstr("column 3 has something else"));
  EXPECT_THAT(refused("[257]\n[99999999999]\n"), HasSubstr("where a token id should be"));
  EXPECT_THAT(refused("[257]\n[259]\n"), AllOf(HasSubstr("input:2: "), HasSubstr("259")));
}

TEST_F(RouxTokenizer, RefusesWhatIsNoTokenizer) {
  world.write("empty/README", "");

  world.write("some.model", "some text");
  world.write("none.model", "");

  const Finished empty = tokenizer({"info", "-m", "empty"});
  EXPECT_THAT(empty.err, HasSubstr("empty: has no tokenizer.json"));
  EXPECT_EQ(empty.exit_code, 2);
  for (const char* name : {"some.model", "none.model"}) {
    EXPECT_THAT(
        tokenizer({"info", "-m", name}).err,
        AllOf(StartsWith(cat("roux: ", name, ": no SentencePiece model")), Not(HasSubstr(".cc("))));
  }
  EXPECT_THAT(tokenizer({"info", "-m", "nowhere"}).err,
              HasSubstr("\"nowhere\" is neither a file, a folder nor a model card"));
  for (const char* wrong : {"nowhere", "no/where", "hf://no/where", "gpt2", "https://x.org/y"}) {
    EXPECT_EQ(tokenizer({"info", "-m", wrong}).exit_code, 2) << wrong;
  }
  EXPECT_EQ(tokenizer({"info"}).err,
            "roux: tokenizer info needs -m MODEL (roux tokenizer info --help says more)\n");
}

TEST_F(RouxTokenizer, IsFoundByACardAndInTheHubCache) {
  world.write("cards/mine.toml", "[mine]\nfamily = \"llama\"\ntokenizer = \"../tiny\"\n");
  world.write("hub/models--a--b/refs/main", "abc");
  world.write("hub/models--a--b/snapshots/abc/tokenizer.json", world.read("tiny/tokenizer.json"));

  EXPECT_EQ(tokenizer({"encode", "-m", "mine"}, "abc\n").out, "[258]\n");
  EXPECT_EQ(tokenizer({"decode", "-m", "hf://a/b"}, "[258]\n").out, "abc\n");
  EXPECT_THAT(tokenizer({"info", "-m", "mine"}).out, HasSubstr("size      259 tokens\n"));
}

TEST_F(RouxTokenizer, WritesConversationsDownAsTheCardSays) {
  world.write("cards/mine.toml",
              "[mine]\nfamily = \"llama\"\ntokenizer = \"../tiny\"\nchat_template = \"a.jinja\"\n");
  world.write("cards/a.jinja",
              "{% for m in messages %}{{ m.role[0] }}:{{ m.content }};{% endfor %}"
              "{% if tools %}{{ tools[0].name }}{% endif %}"
              "{% if add_generation_prompt %}a:{% endif %}");
  const std::string chat =
      R"([{"role": "user", "content": "ab"}, {"role": "assistant", "content": "abc"}])";

  EXPECT_EQ(tokenizer({"chat", "-m", "mine"}, chat + "\n").out, "u:ab;a:abc;\n");
  EXPECT_EQ(
      tokenizer({"chat", "-m", "mine", "--generation-prompt"},
                R"({"messages": [{"role": "user", "content": "ab"}], "tools": [{"name": "x"}]})")
          .out,
      "u:ab;xa:\n");
  EXPECT_EQ(tokenizer({"chat", "-m", "mine", "--json"}, chat).out,
            "{\"text\":\"u:ab;a:abc;\",\"ids\":[85,26,257,27,65,26,258,27],"
            "\"assistant\":[0,0,0,0,0,0,1,0]}\n");
  EXPECT_THAT(tokenizer({"chat", "-m", "mine", "--template", "chatml"}, chat).out,
              StartsWith("<|im_start|>user\nab<|im_end|>\n"));

  const Finished without = tokenizer({"chat", "-m", "tiny"}, chat);
  EXPECT_EQ(without.exit_code, 2);
  EXPECT_THAT(without.err, HasSubstr("tiny has no chat template: --template takes a .jinja file"));
  EXPECT_THAT(tokenizer({"chat", "-m", "mine"}, chat + "\nx\n").err,
              HasSubstr("standard input:2: the conversation"));
}

TEST_F(RouxTokenizer, ShowsTheTemplateAContentThatIsNull) {
  world.write("a.jinja",
              "{% for m in messages %}{{ 'content' in m }} {{ m.content is none }}{% endfor %}");
  const auto chat = [&](const std::string& name, const std::string& input) {
    return tokenizer({"chat", "-m", "tiny", "--template", name}, input);
  };

  EXPECT_EQ(chat("./a.jinja", R"([{"role": "user", "content": null}])").out, "True True\n");
  EXPECT_EQ(chat("./a.jinja", R"([{"role": "user"}])").out, "False False\n");
  EXPECT_THAT(chat("chatml", R"([{"role": "user", "content": null}])").err,
              Not(HasSubstr("has no attribute")));
}

TEST_F(RouxTokenizer, RefusesAConversationWhoseToolsAreMisspelt) {
  const std::string messages = R"({"messages": [{"role": "user", "content": "ab"}], )";
  const auto chat = [&](const std::string& more) {
    return tokenizer({"chat", "-m", "tiny", "--template", "chatml"}, messages + more + "}");
  };

  EXPECT_THAT(chat(R"("tols": [])").err,
              HasSubstr("standard input:1: a conversation has no key \"tols\" (did you mean "
                        "\"tools\"?)"));
  EXPECT_EQ(chat(R"("prompt_id": 3, "source": "web")").exit_code, 0);
}

TEST_F(RouxTokenizer, RefusesSettingsThatAreDamaged) {
  const auto refused = [&](const std::string& config) {
    world.write("tiny/tokenizer_config.json", config);
    const Finished finished = tokenizer({"info", "-m", "tiny"});
    EXPECT_EQ(finished.exit_code, 1);
    return finished.err;
  };

  EXPECT_THAT(refused(R"({"add_bos_token": "yes"})"),
              HasSubstr("tokenizer_config.json: add_bos_token must be true or false, but is"));
  EXPECT_THAT(refused(R"({"chat_template": 5})"),
              HasSubstr("tokenizer_config.json: chat_template must be a text"));
}

TEST_F(RouxTokenizer, RefusesWhatWouldMeanNothing) {
  const auto refused = [&](const std::vector<std::string>& words) {
    const Finished finished = tokenizer(words);
    EXPECT_EQ(finished.exit_code, 2);
    return finished.err;
  };
  world.write("empty.txt", "");

  EXPECT_EQ(refused({"train", "empty.txt", "-o", "new"}),
            "roux: tokenizer train: empty.txt holds no text: there is nothing to learn from\n");
  EXPECT_THAT(refused({"train", "/dev/null", "-o", "new"}), HasSubstr("/dev/null holds no text"));
  EXPECT_THAT(
      refused({"train", "corpus.txt", "-o", "new", "--special-token", "x", "--no-special-tokens"}),
      HasSubstr("--special-token and --no-special-tokens exclude each other"));
  EXPECT_THAT(refused({"train", "corpus.txt", "-o", "new", "--field", "x"}),
              HasSubstr("no FILE is named .jsonl or .ndjson (--format jsonl"));
  EXPECT_THAT(refused({"train", "missing.txt", "-o", "new"}), HasSubstr("cannot open missing.txt"));
  EXPECT_FALSE(std::filesystem::exists(world.folder() / "new"));
  for (const char* folder : {"corpus.txt", "corpus.txt/new", "/proc/new"}) {
    EXPECT_THAT(refused({"train", "corpus.txt", "-o", folder, "--vocab-size", "259"}),
                HasSubstr(cat("-o must be a folder, or one that can be made, but is \"", folder)));
  }
  EXPECT_THAT(refused({"encode", "-m", "tiny", "--field", "x"}), HasSubstr("give --json too"));
  EXPECT_THAT(refused({"encode", "-m", "tiny", "-m", "tiny"}),
              HasSubstr("--model may be given once, but is given twice"));
}

TEST_F(RouxTokenizer, SaysWhatATokenizerIs) {
  EXPECT_EQ(tokenizer({"info", "-m", "tiny"}).out,
            "file      tiny/tokenizer.json\n"
            "kind      BPE of bytes, 2 merges\n"
            "size      259 tokens\n"
            "bos       none\n"
            "eos       <|endoftext|> (0)\n"
            "pad       none\n"
            "unk       none\n"
            "adds      TEXT\n"
            "special   <|endoftext|> (0)\n"
            "chat      none\n");
  EXPECT_THAT(tokenizer({"info", "-m", kBpe}).out,
              AllOf(HasSubstr("kind      SentencePiece model\n"),
                    HasSubstr("adds      <s> (1) TEXT\n"), HasSubstr("unk       <unk> (0)\n")));
  EXPECT_EQ(
      tokenizer({"info", "-m", "tiny", "--json"}).out,
      "{\"file\":\"tiny/tokenizer.json\",\"kind\":\"BPE of bytes, 2 merges\",\"size\":259,"
      "\"unused\":0,\"bos\":null,\"eos\":0,\"pad\":null,\"unk\":null,\"front\":[],\"back\":[],"
      "\"special\":{\"<|endoftext|>\":0},\"chat\":[]}\n");
}

TEST_F(RouxTokenizer, TrainsOnTextsAndOnJsonLines) {
  world.write("one.txt", "xyz");
  world.write("two.jsonl", "{\"body\": \"xyz\"}\n\n{\"body\": \"xy\"}\n");
  world.write("three.txt", "{\"body\": \"xyz\"}\n");
  const auto merges = [&](std::vector<std::string> words) {
    words.insert(words.begin(), {"train", "-o", "new", "--force", "--min-frequency", "2", "-q",
                                 "--no-special-tokens", "--vocab-size", "258"});
    const Finished finished = tokenizer(words, "xyz");
    EXPECT_EQ(finished.exit_code, 0) << finished.err;
    return tokenizer({"encode", "-m", "new"}, "xyz xy\n").out;
  };

  EXPECT_EQ(merges({"one.txt", "two.jsonl", "--field", "body"}), "[257,220,256]\n");
  EXPECT_EQ(merges({"three.txt", "two.jsonl", "--format", "jsonl", "--field", "body"}),
            "[257,220,256]\n");
}

TEST_F(RouxTokenizer, TrainingReadsAPipeAndNamesWhatIsWrong) {
  EXPECT_EQ(tokenizer({"train", "-", "-o", "piped", "--vocab-size", "259", "--min-frequency", "1",
                       "--quiet"},
                      "abc\nabc\nabd\n")
                .exit_code,
            0);
  EXPECT_EQ(world.read("piped/tokenizer.json"), world.read("tiny/tokenizer.json"));

  world.write("bad.jsonl", "{\"text\": \"a\"}\n{\"text\": 1}\n");
  world.write("packed.gz", "\x1f\x8b and more");
  const auto refused = [&](const std::string& file, std::vector<std::string> more = {}) {
    more.insert(more.begin(), {"train", file, "-o", "new"});
    return tokenizer(more).err;
  };
  EXPECT_EQ(refused("bad.jsonl"), "roux: bad.jsonl:2: must have a string in its field \"text\"\n");
  EXPECT_THAT(refused("bad.jsonl", {"--field", "body"}),
              StartsWith("roux: bad.jsonl:1: has no field \"body\""));
  EXPECT_THAT(refused("corpus.txt", {"--format", "jsonl"}), HasSubstr("corpus.txt:1: is not JSON"));
  EXPECT_THAT(refused("packed.gz"), HasSubstr("packed.gz is compressed: zcat packed.gz | roux"));
  EXPECT_THAT(refused("missing"), HasSubstr("cannot open missing"));
  EXPECT_THAT(refused("corpus.txt", {"--vocab-size", "100"}), HasSubstr("at least 257"));
  EXPECT_FALSE(std::filesystem::exists(world.folder() / "new"));
}

TEST_F(RouxTokenizer, TrainingOverwritesOnlyWithForce) {
  const Finished refused = tokenizer({"train", "corpus.txt", "-o", "tiny"});

  EXPECT_EQ(refused.err, "roux: tiny/tokenizer.json is there already (--force replaces it)\n");
  EXPECT_EQ(refused.exit_code, 2);
}

TEST_F(RouxTokenizer, TrainingSaysWhatItMadeAndWhatItLacks) {
  const Finished finished = tokenizer({"train", "corpus.txt", "-o", "new", "--vocab-size", "500"});

  EXPECT_THAT(finished.err,
              AllOf(HasSubstr("the vocabulary has 259 tokens instead of 500: no other pair comes 2 "
                              "times (--min-frequency)\n"),
                    HasSubstr("new/tokenizer.json: 259 tokens from 12 B of text with 3 different "
                              "words, in ")));
  EXPECT_EQ(finished.out, "");
}

TEST(SentencePieceAndLibTorch, ShareAProcess) {
  const auto program = DriverWorld::driver().parent_path() / "tokens-and-tensors";

  const Finished finished = run_process({program.string(), kBpe}, {});

  EXPECT_EQ(finished.out, "hello, world 6\n");
  EXPECT_EQ(finished.err, "");
  EXPECT_EQ(finished.exit_code, 0);
}

}  // namespace
}  // namespace roux
