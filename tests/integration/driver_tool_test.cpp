// The verbs that are programs of their own, and what their main()s share.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <string>

#include "driver_world.h"
#include "roux/base/error.h"

namespace roux {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

// `roux sample`, as if it were installed: what the build lays down, in the world's prefix.
class Tools : public ::testing::Test {
 protected:
  Tools() {
    const auto program = DriverWorld::driver().parent_path() / "sample-tool";
    world.write("prefix/share/roux/tools/sample.toml",
                run_process({program.string(), "--manifest", "sample"}).out);
    const auto place = world.prefix() / "libexec/roux/roux-sample";
    std::filesystem::create_directories(place.parent_path());
    std::filesystem::create_symlink(program, place);
  }

  Finished sample(std::vector<std::string> words) const {
    words.insert(words.begin(), "sample");
    return world.roux(std::move(words));
  }

  DriverWorld world;
};

TEST_F(Tools, AreBecomeByTheDriver) {
  const Finished finished = sample({"say", "--colour=blue", "--times", "3", "-n", "a", "--note",
                                    "b", "x", "--loud", "--", "--y"});

  EXPECT_EQ(finished.out, "blue 3 [a] [b] x --y!\n");
  EXPECT_EQ(finished.exit_code, 0);
}

TEST_F(Tools, StandInTheListOfVerbs) {
  EXPECT_THAT(world.roux({"help"}).out, HasSubstr("\n  sample       says things and fails\n"));
}

TEST_F(Tools, AreExplainedByTheDriverAndByThemselvesAlike) {
  const std::string page = sample({"say", "--help"}).out;

  EXPECT_THAT(page, StartsWith("usage: roux sample say [OPTION ...] [WORD ...]\n\n"
                               "roux sample say prints what it is given.\n\nOptions:\n"
                               "  --colour NAME     the colour to say it in (black, blue)\n"
                               "  --times N         how often\n"
                               "  -n, --note TEXT   what to add; may be repeated\n"
                               "  --loud            not quietly\n\nWords come as they are.\n"));
  EXPECT_EQ(world.roux({"help", "sample", "say"}).out, page);
  EXPECT_THAT(sample({"--help"}).out,
              AllOf(HasSubstr("usage: roux sample COMMAND ...\n"), HasSubstr("  fail   fails\n")));
  EXPECT_EQ(world.roux({"help", "sample"}).out, sample({"--help"}).out);
  EXPECT_EQ(sample({}).out, sample({"--help"}).out);
  EXPECT_THAT(sample({"fail", "--help"}).out, StartsWith("usage: roux sample fail -w TEXT PATH\n"));
}

TEST_F(Tools, RefuseWhatTheyDoNotKnowWithTheNearestName) {
  const auto refused = [&](const std::vector<std::string>& words) {
    const Finished finished = sample(words);
    EXPECT_EQ(finished.exit_code, 2);
    EXPECT_EQ(finished.out, "");
    return finished.err;
  };

  EXPECT_EQ(refused({"sya"}),
            "roux: sample has no command \"sya\" (did you mean \"say\"?); it has say, fail\n");
  EXPECT_EQ(refused({"say", "--color", "blue"}),
            "roux: sample say has no option --color (did you mean \"--colour\"?)\n");
  EXPECT_EQ(refused({"say", "--colour", "blu"}),
            "roux: sample say: --colour must be one of black, blue, but is \"blu\" (did you mean "
            "\"blue\"?)\n");
  EXPECT_EQ(refused({"say", "--times", "10"}),
            "roux: --times must be a whole number from 1 to 9, but is \"10\"\n");
  EXPECT_EQ(refused({"say", "--times", "3x"}),
            "roux: --times must be a whole number from 1 to 9, but is \"3x\"\n");
  EXPECT_EQ(refused({"say", "--times"}), "roux: sample say: --times needs a value (N)\n");
  EXPECT_EQ(refused({"say", "--loud=1"}),
            "roux: sample say: --loud takes no value, but is given as --loud=1\n");
  EXPECT_EQ(refused({"say", "--times", "1", "--times=2"}),
            "roux: sample say: --times may be given once, but is given twice\n");
  EXPECT_EQ(refused({"fail", "-w", "x"}),
            "roux: sample fail needs PATH (roux sample fail --help says more)\n");
  EXPECT_EQ(refused({"fail", "x"}),
            "roux: sample fail needs -w TEXT (roux sample fail --help says more)\n");
  EXPECT_EQ(refused({"fail", "x", "y", "-w", "z"}), "roux: sample fail has no use for \"y\"\n");
  EXPECT_THAT(world.roux({"sampel"}).err, HasSubstr("(did you mean \"sample\"?)"));
  EXPECT_THAT(world.roux({"help", "sample", "sya"}).err, HasSubstr("(did you mean \"say\"?)"));
}

TEST_F(Tools, TellOfAnErrorWithoutTheStackTraceOfLibTorch) {
  const Finished finished = sample({"fail", "this", "-w", "x"});

  EXPECT_EQ(finished.err, "roux: tried this\n");
  EXPECT_EQ(finished.exit_code, 1);
}

TEST_F(Tools, SayThatTheOutputCouldNotBeWritten) {
  EXPECT_EQ(world.bash("roux sample say x > /dev/full; echo $?").out, "1\n");
  EXPECT_EQ(world.bash("roux sample say x >&-; echo $?").out, "1\n");
  EXPECT_EQ(world.bash("roux sample say x >&-").err, "roux: cannot write to the standard output\n");
}

TEST_F(Tools, AreReportedWhereTheManifestOrTheProgramIsBroken) {
  world.write("prefix/share/roux/tools/broken.toml", "summary = 1\n");

  EXPECT_THAT(world.roux({"help"}).err,
              HasSubstr("broken.toml: summary is missing, or of another"));
  EXPECT_THAT(world.roux({"help"}).out, HasSubstr("sample"));
  EXPECT_THAT(world.roux({"broken"}).err, HasSubstr("cannot run"));
}

TEST_F(Tools, SayWhatMayFollow) {
  const auto next = [&](std::vector<std::string> words) {
    words.insert(words.begin(), {"help", "--words"});
    return world.roux(words).out;
  };

  EXPECT_THAT(next({}),
              AllOf(HasSubstr("ls\tlists"), HasSubstr("sample\tsays things and fails\n")));
  EXPECT_EQ(next({"sample"}), "say\tprints what it is given\nfail\tfails\n--help\tsays more\n");
  EXPECT_EQ(next({"sample", "say", "--colour"}), "black\t\nblue\t\n");
  EXPECT_EQ(next({"sample", "say", "-n"}), "<file>\t\n");
  EXPECT_THAT(next({"sample", "say", "--loud", "-n", "x"}),
              AllOf(HasSubstr("--note"), HasSubstr("<file>"), Not(HasSubstr("--loud"))));
  EXPECT_EQ(next({"nothing"}), "");
  EXPECT_EQ(next({"ls"}), "");
}

}  // namespace
}  // namespace roux
