#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <map>
#include <string>
#include <vector>

#include "roux/base/files.h"
#include "roux/base/program.h"
#include "roux/base/strings.h"
#include "roux/base/temporary_folder.h"
#include "support/process.h"

namespace roux {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::StartsWith;

class CommandLine : public ::testing::Test {
 protected:
  // The programs lie beside this one.
  static std::string program(const std::string& name) {
    return (executable_path().parent_path() / name).string();
  }

  Finished run(const std::string& name, std::vector<std::string> words,
               ProcessOptions options = {}) const {
    words.insert(words.begin(), program(name));
    options.working_folder = folder_.path();
    return run_process(std::move(words), std::move(options));
  }

  void write(const std::string& name, std::string_view text) const {
    std::filesystem::create_directories((folder_.path() / name).parent_path());
    write_file(folder_.path() / name, text);
  }

  std::string read(const std::string& name) const { return read_file(folder_.path() / name); }

  static std::vector<std::string> lines(const std::string& text) {
    auto lines = split(text, '\n');
    if (!lines.empty() && lines.back().empty()) lines.pop_back();
    return lines;
  }

  TemporaryFolder folder_;
};

TEST_F(CommandLine, FeedingADumpBackGivesTheSameBytes) {
  for (const char* recipe : {"line-train", "whole-train"}) {
    const auto first = run(recipe, {"--dump-config"});
    ASSERT_EQ(first.exit_code, 0) << first.err;
    write("a.toml", first.out);

    const auto second = run(recipe, {"--config-file", "a.toml", "--dump-config"});

    EXPECT_EQ(second.out, first.out);
    EXPECT_THAT(second.err, IsEmpty());
  }
}

TEST_F(CommandLine, PrintsFourProblemsWithTheirPlacesAtOnce) {
  write("bad.toml",
        "[regime]\n"
        "num_steps = 100\n"
        "num_stps = 3\n"  // an unknown key
        "[trainer]\n"
        "max_grad_norm = \"1\"\n"  // a wrong type
        "[optimizer.config]\n"
        "betas = [0.9, 1.5]\n"  // out of bounds
        "[lr_scheduler.config]\n"
        "num_warmup_steps = 200\n");  // a clash between two sections

  const auto done = run("whole-train", {"out", "--config-file", "bad.toml"});

  EXPECT_EQ(done.exit_code, 2);
  EXPECT_THAT(
      lines(done.err),
      ElementsAre("bad.toml:3:1: regime.num_stps: unknown key (did you mean \"num_steps\"?)",
                  "bad.toml:5:17: trainer.max_grad_norm: must be a number, but is the string "
                  "\"1\"",
                  "bad.toml:7:15: optimizer.config.betas[1]: must be at least 0 and less than 1, "
                  "but is 1.5",
                  "bad.toml:9:1: lr_scheduler.config.num_warmup_steps: must be less than "
                  "regime.num_steps (100), but is 200"));
  EXPECT_FALSE(std::filesystem::exists(folder_.path() / "out"));
}

TEST_F(CommandLine, SaysWhichDependencyIsMissingAndWhoWantedIt) {
  const auto begin = std::chrono::steady_clock::now();
  const auto done = run("forgetful-train", {"out"});
  const auto took = std::chrono::steady_clock::now() - begin;

  EXPECT_EQ(done.exit_code, 1);
  EXPECT_THAT(done.err, AllOf(HasSubstr("Clock is missing"), HasSubstr("Reader asks for it"),
                              HasSubstr("forgetful_train.cpp:")));
  EXPECT_FALSE(std::filesystem::exists(folder_.path() / "out"));
  EXPECT_LT(took, std::chrono::seconds(1));
}

TEST_F(CommandLine, LaysLayersOverEachOtherInTheirOrder) {
  write("a.toml", "[regime]\nnum_steps = 300\n[data]\nslope = 5\n");
  write("b.toml", "[data]\nslope = 6\nnoise = 0.5\n");

  const auto done = run("line-train", {"--preset", "noisy", "--config-file", "a.toml", "b.toml",
                                       "--config", "data.noise=0.25", "--dump-config"});

  EXPECT_THAT(done.out, AllOf(HasSubstr("num_points = 2000\n"),    // the preset
                              HasSubstr("name = \"gradient\"\n"),  // the preset
                              HasSubstr("num_steps = 300\n"),      // a.toml over the preset
                              HasSubstr("slope = 6.0\n"),          // b.toml over a.toml
                              HasSubstr("noise = 0.25\n"),         // --config over all
                              HasSubstr("intercept = -1.0\n")));   // the recipe's default
}

TEST_F(CommandLine, ListsPresetsOneALineWithTheNameFirst) {
  const auto done = run("line-train", {"--list-presets"});

  EXPECT_EQ(done.exit_code, 0);
  EXPECT_THAT(lines(done.out), ElementsAre(StartsWith("quick "), StartsWith("noisy ")));
}

TEST_F(CommandLine, NamesThePresetThatWasMeant) {
  const auto done = run("line-train", {"out", "--preset", "quik"});

  EXPECT_EQ(done.exit_code, 2);
  EXPECT_THAT(done.err, HasSubstr("must be one of quick, noisy, but is \"quik\" (did you mean "
                                  "\"quick\"?)"));
}

TEST_F(CommandLine, ExplainsTheGraphUnderTheConfig) {
  const auto text = run("line-train", {"--explain", "--config", "descent.name=gradient"});
  const auto dot = run("line-train", {"--explain=dot"});

  EXPECT_THAT(text.out,
              HasSubstr("line::Descent = \"gradient\" (line::GradientConfig, section descent)"));
  EXPECT_THAT(text.out, HasSubstr("line::Data\n  line::DataConfig\n"));
  EXPECT_THAT(dot.out, StartsWith("digraph"));
}

TEST_F(CommandLine, ListsWhatTheConfigAddsInItsOrder) {
  const std::string two =
      R"(modifiers=[{name = "freeze", config = {params = ["a"]}}, {name = "freeze"}])";

  const auto bad = run("whole-train", {"--explain", "--config", two});
  const auto good =
      run("whole-train", {"--explain", "--config", two.substr(0, two.rfind(',')) + "]"});

  EXPECT_EQ(bad.exit_code, 2);
  EXPECT_THAT(bad.err, HasSubstr("modifiers[1].config.params needs to be specified"));
  EXPECT_THAT(good.out, HasSubstr("Modifier[0] = \"freeze\" (FreezeConfig, section modifiers"));
}

TEST_F(CommandLine, ValidatesWithoutBuilding) {
  const auto good = run("line-train", {"--validate", "--preset", "quick"});
  const auto bad = run("line-train", {"--validate", "--config", "regime.num_steps=0"});

  EXPECT_EQ(good.exit_code, 0);
  EXPECT_EQ(good.out, "Config is well-formed!\n");
  EXPECT_EQ(bad.exit_code, 2);
  EXPECT_THAT(bad.err, HasSubstr("regime.num_steps: must be at least 1, but is 0"));
}

TEST_F(CommandLine, HelpsWithAnyKey) {
  const auto all = run("whole-train", {"--help"});
  const auto section = run("whole-train", {"--help", "regime"});
  const auto key = run("whole-train", {"--help", "optimizer.config.betas"});
  const auto none = run("whole-train", {"--help", "regime.num_stps"});

  EXPECT_THAT(all.out, AllOf(StartsWith("usage: whole-train OUTPUT_DIR"),
                             HasSubstr("--dump-config"), HasSubstr("lr_scheduler")));
  EXPECT_THAT(section.out, HasSubstr("keep_best_n_checkpoints"));
  EXPECT_THAT(key.out, AllOf(StartsWith("optimizer.config.betas = [0.9, 0.95]"),
                             HasSubstr("at least 0 and less than 1")));
  EXPECT_EQ(none.exit_code, 2);
  EXPECT_THAT(none.err, HasSubstr("did you mean \"regime.num_steps\"?"));
}

TEST_F(CommandLine, NamesEveryKeyThatCanBeSet) {
  const auto done = run("whole-train", {"--list-keys"});

  EXPECT_THAT(
      lines(done.out),
      ::testing::IsSupersetOf({std::string("regime.num_steps"), std::string("trainer.fsdp.hybrid"),
                               std::string("optimizer.config.lr"), std::string("common.seed")}));
}

TEST_F(CommandLine, WarnsOfAKeyThatMeansNothingHereAndGoesOn) {
  const auto done = run("whole-train", {"--validate", "--config", "model.compile=true"});

  EXPECT_EQ(done.exit_code, 0);
  EXPECT_THAT(done.err,
              HasSubstr("warning: --config model.compile=true: model.compile: is ignored"));
}

TEST_F(CommandLine, RefusesAFileThatIsNone) {
  std::filesystem::create_directory(folder_.path() / "folder");

  const auto folder = run("line-train", {"out", "--config-file", "folder"});
  const auto missing = run("line-train", {"out", "--config-file", "missing.toml"});

  EXPECT_EQ(folder.exit_code, 2);
  EXPECT_THAT(folder.err, HasSubstr("folder"));
  EXPECT_EQ(missing.exit_code, 2);
  EXPECT_THAT(missing.err, HasSubstr("missing.toml"));
}

TEST_F(CommandLine, SendsNoControlCharacterOfANameToTheTerminal) {
  const auto done = run("line-train", {"out", "--config-file", "\x1b[31m.toml"});

  EXPECT_THAT(done.err, HasSubstr("\"\\x1b[31m.toml\""));
}

TEST_F(CommandLine, TellsOfEveryFileThatCannotBeRead) {
  write("bad.toml", "a = \n");

  const auto done =
      run("line-train", {"out", "--preset", "quik", "--config-file", "bad.toml", "missing.toml"});

  EXPECT_EQ(done.exit_code, 2);
  EXPECT_THAT(lines(done.err), ElementsAre(HasSubstr("--preset must be one of"),
                                           StartsWith("bad.toml:1:"), HasSubstr("missing.toml")));
}

TEST_F(CommandLine, PlacesAnExtensionThatCannotBeLoadedAmongTheOtherProblems) {
  write("bad.toml", "[common]\nextensions = [\"none.so\"]\n[regime]\nnum_steps = 0\n");

  const auto done = run("line-train", {"out", "--config-file", "bad.toml"});

  EXPECT_EQ(done.exit_code, 2);
  EXPECT_THAT(lines(done.err),
              ElementsAre(StartsWith("bad.toml:2:15: common.extensions[0]: can't be loaded: "),
                          StartsWith("bad.toml:4:13: regime.num_steps: must be at least 1")));
}

TEST_F(CommandLine, HidesSecretsInItsLog) {
  const auto done =
      run("whole-train", {"out", "--config", "model.config_overrides.api_token=\"hunter5\""});

  ASSERT_EQ(done.exit_code, 0) << done.err;
  EXPECT_THAT(read("out/logs/rank_0.log"),
              AllOf(Not(HasSubstr("hunter5")), HasSubstr("api_token = <hidden>")));
}

// One of two processes, as a launcher says.
std::map<std::string, std::string> rank(const char* number) {
  return {{"RANK", number},
          {"WORLD_SIZE", "2"},
          {"MASTER_ADDR", "127.0.0.1"},
          {"MASTER_PORT", "29500"}};
}

TEST_F(CommandLine, LetsAFailingRankSpeak) {
  const auto done = run("line-train", {"out"}, {.environment = rank("1")});

  EXPECT_EQ(done.exit_code, 2);
  EXPECT_THAT(done.err, StartsWith("rank 1: this recipe runs as one process"));
  EXPECT_THAT(read("out/logs/rank_1.log"), HasSubstr("this recipe runs as one process"));
}

TEST_F(CommandLine, RefusesARankThatIsNone) {
  const auto done = run("line-train", {"out"}, {.environment = rank("first")});

  EXPECT_EQ(done.exit_code, 2);
  EXPECT_THAT(done.err, HasSubstr("RANK must be 0 or more, but is \"first\""));
}

TEST_F(CommandLine, TakesNoDamagedCheckpointForAWholeOne) {
  std::filesystem::create_directory(folder_.path() / "out");
  for (const char* text : {"", "step = 60\n", "step = \"x\"\n", "nonsense"}) {
    write("out/checkpoint.toml", text);

    const auto done = run("line-train", {"out"});

    EXPECT_EQ(done.exit_code, 1) << text;
    EXPECT_THAT(done.err, HasSubstr("checkpoint.toml is damaged")) << text;
    EXPECT_EQ(read("out/checkpoint.toml"), text);
  }
}

TEST_F(CommandLine, SavesNothingOfARunThatDiverged) {
  const auto done =
      run("line-train", {"out", "--config", "descent.name=gradient", "descent.config.lr=1e200"});

  EXPECT_EQ(done.exit_code, 1);
  EXPECT_THAT(done.err, HasSubstr("a smaller descent.config.lr may help"));
  EXPECT_FALSE(std::filesystem::exists(folder_.path() / "out/checkpoint.toml"));
}

TEST_F(CommandLine, LeavesItsConfigAndItsLogInTheFolder) {
  const auto done = run("line-train", {"out", "--preset", "quick"});

  ASSERT_EQ(done.exit_code, 0) << done.err;
  EXPECT_THAT(read("out/config.toml"), HasSubstr("num_steps = 200\n"));
  EXPECT_THAT(read("out/logs/rank_0.log"),
              AllOf(HasSubstr("examples/line (Roux "), HasSubstr("cpu: "),
                    HasSubstr("num_steps = 200"), HasSubstr("step 200")));
  // What people look up later is in the file, and not in their way.
  EXPECT_THAT(done.err, AllOf(HasSubstr("step 200"), Not(HasSubstr("cpu: "))));
}

TEST_F(CommandLine, GoesOnWhereTheSameCommandStood) {
  const std::vector<std::string> whole = {"whole", "--config", "regime.num_steps=400"};
  ASSERT_EQ(run("line-train", whole).exit_code, 0);
  ASSERT_EQ(run("line-train", {"parts", "--preset", "quick"}).exit_code, 0);

  const auto second = run("line-train", {"parts", "--config", "regime.num_steps=400"});

  EXPECT_THAT(second.err, HasSubstr("goes on from step 200"));
  EXPECT_EQ(read("parts/checkpoint.toml"), read("whole/checkpoint.toml"));
}

// As long as it takes for a test to send it a signal.
const std::vector<std::string> kEndless = {"--config", "regime.num_steps=1000000000000",
                                           "regime.publish_metrics_every_n_steps=1000"};

std::vector<std::string> endless(const std::string& program) {
  std::vector<std::string> words = {program, "out"};
  words.insert(words.end(), kEndless.begin(), kEndless.end());
  return words;
}

TEST_F(CommandLine, EndsWithTheSignalThatStoppedItAndACheckpoint) {
  for (const int signal : {SIGINT, SIGTERM, SIGUSR1}) {
    Process process(endless(program("line-train")), {.working_folder = folder_.path()});
    process.wait_for_output("step 2000 ");

    process.send_signal(signal);
    const auto done = process.wait();

    EXPECT_EQ(done.exit_code, 128 + signal);
    EXPECT_THAT(done.err, HasSubstr("stopped after step"));
    EXPECT_THAT(read("out/checkpoint.toml"), HasSubstr("step = "));
    std::filesystem::remove_all(folder_.path() / "out");
  }
}

TEST_F(CommandLine, RefusesAFolderThatAnotherRunHolds) {
  Process process(endless(program("line-train")), {.working_folder = folder_.path()});
  process.wait_for_output("step 1000 ");

  const auto second = run("line-train", {"out"});

  EXPECT_EQ(second.exit_code, 2);
  EXPECT_THAT(second.err, AllOf(HasSubstr("out is in use by process"),
                                HasSubstr("two runs can't share an output folder")));
}

TEST_F(CommandLine, BuildsAndRunsNothingInADryRun) {
  const auto done = run("line-train", {"out", "--dry-run"});

  EXPECT_EQ(done.exit_code, 0);
  EXPECT_FALSE(std::filesystem::exists(folder_.path() / "out"));
}

TEST_F(CommandLine, SaysWhenItsOutputGoesNowhere) {
  const auto done = run_process({"sh", "-c", program("line-train") + " --dump-config > /dev/full"});

  EXPECT_EQ(done.exit_code, 1);
  EXPECT_THAT(done.err, HasSubstr("can't write to the standard output"));
}

TEST_F(CommandLine, ExitsWith2ForAWrongCommandLine) {
  const auto done = run("line-train", {"--dmp-config"});

  EXPECT_EQ(done.exit_code, 2);
  EXPECT_THAT(done.err, AllOf(StartsWith("line-train: unknown option --dmp-config"),
                              HasSubstr("did you mean \"--dump-config\"?"),
                              EndsWith("Try line-train --help.\n")));
}

}  // namespace
}  // namespace roux
