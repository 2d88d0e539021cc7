#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "driver_world.h"
#include "roux/base/error.h"
#include "roux/base/strings.h"

namespace roux {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::IsSupersetOf;
using ::testing::UnorderedElementsAre;

// A recipe whose program answers what completion asks, and says how often it was asked for keys.
DriverWorld world_with_keys() {
  DriverWorld world;
  world.install_recipe("mi/train", "mi-train", "Trains a language model", R"(
case $1 in
  --list-keys) echo asked >> "$HOME/asked"; echo model.name; echo regime.num_steps; echo regime.lr ;;
  --list-presets) echo "tiny    A toy: done in a minute."; echo base ;;
esac)");
  return world;
}

// What bash would offer for the words so far, the last one being typed. Words as bash splits them:
// "a=b" is three.
std::vector<std::string> offered(const DriverWorld& world, const std::string& words,
                                 const std::string& function = "_roux") {
  const Finished finished = world.bash(cat("source <(roux completion bash)\nCOMP_WORDS=(", words,
                                           ")\nCOMP_CWORD=$((${#COMP_WORDS[@]} - 1))\n", function,
                                           "\nprintf '%s\\n' \"${COMPREPLY[@]}\""));
  EXPECT_EQ(finished.err, "");
  auto lines = split(finished.out, '\n');
  lines.pop_back();
  if (lines == std::vector<std::string>{""}) lines.clear();
  return lines;
}

TEST(BashCompletion, OffersVerbsAndRecipes) {
  const DriverWorld world;

  EXPECT_THAT(offered(world, "roux ''"),
              IsSupersetOf({"ls", "cp", "mi/train", "mi/eval", "--version"}));
  EXPECT_THAT(offered(world, "roux c"),
              UnorderedElementsAre("cat", "cp", "completion", "checkpoint"));
  EXPECT_THAT(offered(world, "roux mi/t"), ElementsAre("mi/train"));
}

TEST(BashCompletion, KnowsEveryVerb) {
  const DriverWorld world;
  const auto help = split(world.roux({"help"}).out, '\n');

  int verbs = 0;
  const auto pages = offered(world, "roux help ''");
  for (const std::string& line : help) {
    if (!line.starts_with("  ") || line.at(2) == ' ') continue;
    EXPECT_THAT(pages, Contains(line.substr(2, line.find(' ', 2) - 2)));
    ++verbs;
  }
  EXPECT_GE(verbs, 7);
}

// A verb with a program of its own, which is never started to complete its words.
DriverWorld world_with_tool() {
  DriverWorld world;
  world.write("prefix/share/roux/tools/paint.toml", R"(
summary = "paints"
help = ""
[[command]]
name = "wall"
summary = "paints a wall"
help = ""
operands = ["FILE"]
options = [
  {name = "--colour", letter = "-c", help = "", value = "C", choices = ["blue", "black"], repeatable = false},
  {name = "--twice", help = "two coats", value = "", choices = [], repeatable = false},
  {name = "--plan", help = "a drawing", value = "FILE", choices = [], repeatable = true},
]
)");
  return world;
}

TEST(BashCompletion, OffersWhatAToolUnderstands) {
  const DriverWorld world = world_with_tool();
  world.write("mine.txt", "");

  EXPECT_THAT(offered(world, "roux pai"), ElementsAre("paint"));
  EXPECT_THAT(offered(world, "roux paint ''"), ElementsAre("wall", "--help"));
  EXPECT_THAT(offered(world, "roux help paint ''"), ElementsAre("wall"));
  EXPECT_THAT(offered(world, "roux paint wall --t"), ElementsAre("--twice"));
  EXPECT_THAT(offered(world, "roux paint wall --twice --plan x --"),
              ElementsAre("--colour", "--plan", "--help"));
  EXPECT_THAT(offered(world, "roux paint wall -c bla"), ElementsAre("black"));
  EXPECT_THAT(offered(world, "roux paint wall --colour = bl"), ElementsAre("blue", "black"));
  EXPECT_THAT(offered(world, "roux paint wall mi"), ElementsAre("mine.txt"));
  EXPECT_THAT(offered(world, "roux paint wall --plan mi"), ElementsAre("mine.txt"));
}

TEST(BashCompletion, OffersARecipeToBeRunAndThenWhatItUnderstands) {
  const DriverWorld world = world_with_keys();

  EXPECT_THAT(offered(world, "roux run --nproc"), ElementsAre("--nproc-per-node"));
  EXPECT_THAT(offered(world, "roux run --nproc-per-node 2 mi/t"), ElementsAre("mi/train"));
  EXPECT_THAT(offered(world, "roux run --nproc-per-node 2 mi/train out --conf"),
              ElementsAre("--config-file", "--config"));
  EXPECT_THAT(offered(world, "roux run mi/train out --config reg"),
              ElementsAre("regime.num_steps=", "regime.lr="));
  EXPECT_THAT(offered(world, "roux run mi/train out --preset t"), ElementsAre("tiny"));
}

TEST(BashCompletion, OffersModelCardsWhereAToolTakesAModel) {
  const DriverWorld world;
  world.write("gpt2_mine", "");
  world.write("cards/mine.toml", "[own_card]\nfamily = \"llama\"\n");

  EXPECT_THAT(offered(world, "roux inspect gpt2_m"), ElementsAre("gpt2_medium", "gpt2_mine"));
  EXPECT_THAT(offered(world, "roux score --dtype float32 gpt2_x"), ElementsAre("gpt2_xl"));
  EXPECT_THAT(offered(world, "roux score gpt2_xl --te"), ElementsAre("--text"));
  EXPECT_THAT(offered(world, "roux tokenizer info -m gpt2_m"),
              ElementsAre("gpt2_medium", "gpt2_mine"));
  EXPECT_THAT(offered(world, "roux tokenizer encode -m gpt2_xl gpt2_"), ElementsAre("gpt2_mine"));
  EXPECT_THAT(offered(world, "roux models gpt2_m"), ElementsAre("gpt2_medium"));
  EXPECT_THAT(offered(world, "roux models --families ge"), ElementsAre("gemma2", "gemma3"));
  EXPECT_THAT(world
                  .bash("source <(roux completion bash); export ROUX_CARDS=cards\n"
                        "COMP_WORDS=(roux models own) COMP_CWORD=2; _roux; echo $COMPREPLY")
                  .out,
              HasSubstr("own_card"));
}

TEST(BashCompletion, OffersRecipesWithTheirPresetsWhereAVerbTakesThem) {
  const DriverWorld world;

  EXPECT_THAT(offered(world, "roux cp mi/train/"), ElementsAre("mi/train/base", "mi/train/tiny"));
  EXPECT_THAT(offered(world, "roux cat mi/e"), ElementsAre("mi/eval"));
  EXPECT_THAT(offered(world, "roux validate mi/t"), ElementsAre("mi/train"));
}

TEST(BashCompletion, OffersWhatAVerbUnderstands) {
  const DriverWorld world;
  world.write("mine.toml", "");

  EXPECT_THAT(offered(world, "roux cp mi/train m"), ElementsAre("mine.toml"));
  EXPECT_THAT(offered(world, "roux cp mi/train x --"), ElementsAre("--force", "--make-parents"));
  EXPECT_THAT(offered(world, "roux validate mi/train m"), ElementsAre("mine.toml"));
  EXPECT_THAT(offered(world, "roux completion ''"), ElementsAre("bash", "zsh"));
  EXPECT_THAT(offered(world, "roux help ls ''"), IsEmpty());
}

TEST(BashCompletion, OffersOptionsAndPresetsOfARecipe) {
  const DriverWorld world = world_with_keys();

  EXPECT_THAT(offered(world, "roux mi/train out --pre"), ElementsAre("--preset"));
  EXPECT_THAT(offered(world, "roux mi/train --preset ''"), ElementsAre("tiny", "base"));
  EXPECT_THAT(offered(world, "roux mi/train --help mod"), ElementsAre("model.name"));
}

TEST(BashCompletion, OffersKeysAfterConfig) {
  const DriverWorld world = world_with_keys();

  EXPECT_THAT(offered(world, "roux mi/train --config reg"),
              ElementsAre("regime.num_steps=", "regime.lr="));
  EXPECT_THAT(offered(world, "roux mi/train --config model.name = x reg"),
              ElementsAre("regime.num_steps=", "regime.lr="));
  EXPECT_THAT(offered(world, "roux mi/train --config regime.lr = ''"), IsEmpty());
  // bash takes "del:reg" for three words, and replaces the last.
  EXPECT_THAT(offered(world, "roux mi/train --config del : reg"),
              ElementsAre("regime.num_steps", "regime.lr"));
}

TEST(BashCompletion, OffersOnlyWhatFollowsAnEqualsSign) {
  const DriverWorld world;

  EXPECT_THAT(offered(world, "roux mi/train --explain = d"), ElementsAre("dot"));
}

TEST(BashCompletion, WorksForTheProgramsOfRecipes) {
  const DriverWorld world = world_with_keys();

  EXPECT_THAT(world.bash("source <(roux completion bash); complete -p mi-train").out,
              HasSubstr("-F _roux_program mi-train"));
  EXPECT_THAT(offered(world, "mi-train --preset t", "_roux_program"), ElementsAre("tiny"));
  EXPECT_THAT(offered(world, "mi-train --config regime.l", "_roux_program"),
              ElementsAre("regime.lr="));
}

TEST(BashCompletion, AsksForKeysOnceInAShell) {
  const DriverWorld world = world_with_keys();

  world.bash(R"(source <(roux completion bash)
for typed in r re reg; do COMP_WORDS=(roux mi/train --config $typed); COMP_CWORD=3; _roux; done)");

  EXPECT_EQ(world.read("asked"), "asked\n");
}

TEST(Completion, NamesTheShellsItKnows) {
  const Finished finished = DriverWorld().roux({"completion", "fish"});

  EXPECT_EQ(finished.exit_code, 2);
  EXPECT_EQ(finished.err, "roux: completion must be for bash or zsh, but is for \"fish\"\n");
}

// What stands on the line of a zsh, on a terminal of its own, once each line was typed and TAB was
// pressed.
std::vector<std::string> zsh_lines(const DriverWorld& world,
                                   const std::vector<std::string>& typed) {
  world.write("typist.zsh", R"zsh(
zmodload zsh/zpty
zpty shell zsh -f -i
zpty -w shell 'autoload -Uz compinit; compinit -D -u; eval "$(roux completion zsh)"
show() { zle -I; print -r -- "line<$BUFFER>"; BUFFER= }; zle -N show; bindkey "^X" show
print beg""un'
zpty -r -m shell REPLY '*begun*'
while read -r typed; do
  zpty -w -n shell $typed$'\t\C-X'
  zpty -r -m shell REPLY '*line<*>*'
  REPLY=${REPLY##*line<}
  print -r -- ${REPLY%%>*}
done
zpty -d shell
)zsh");
  const Finished finished =
      world.bash(cat("zsh -f typist.zsh << 'END'\n", join(typed, "\n"), "\nEND\n"));
  return split(finished.out, '\n');
}

TEST(ZshCompletion, CompletesVerbsRecipesPresetsOptionsKeysAndFiles) {
  const DriverWorld world = world_with_keys();
  if (world.bash("command -v zsh").exit_code != 0) GTEST_SKIP() << "zsh is not installed";
  world.write("mine.toml", "");

  const auto lines = zsh_lines(
      world, {"roux compl", "roux mi/t", "roux cat mi/train/t", "roux validate mi/train mi",
              "roux mi/train --preset b", "roux mi/train --list-p", "roux mi/train --config mod",
              "roux mi/train --config model.name=x regime.l", "roux mi/train --config del:mod",
              "mi-train --config-file m", "mi-train --override regime.n"});

  EXPECT_THAT(
      lines,
      ElementsAre("roux completion ", "roux mi/train ", "roux cat mi/train/tiny ",
                  "roux validate mi/train mine.toml ", "roux mi/train --preset base ",
                  "roux mi/train --list-presets ", "roux mi/train --config model.name=",
                  "roux mi/train --config model.name=x regime.lr=",
                  "roux mi/train --config del:model.name ", "mi-train --config-file mine.toml ",
                  "mi-train --override regime.num_steps=", ""));
}

TEST(ZshCompletion, CompletesModelCards) {
  const DriverWorld world;
  if (world.bash("command -v zsh").exit_code != 0) GTEST_SKIP() << "zsh is not installed";
  world.write("some.txt", "");

  const auto lines = zsh_lines(world, {"roux inspect gpt2_x", "roux tokenizer info -m gpt2_me",
                                       "roux models gpt2_la", "roux inspect so"});

  EXPECT_THAT(lines, ElementsAre("roux inspect gpt2_xl ", "roux tokenizer info -m gpt2_medium ",
                                 "roux models gpt2_large ", "roux inspect some.txt ", ""));
}

TEST(ZshCompletion, CompletesWhatAToolUnderstands) {
  const DriverWorld world = world_with_tool();
  if (world.bash("command -v zsh").exit_code != 0) GTEST_SKIP() << "zsh is not installed";
  world.write("mine.txt", "");

  const auto lines = zsh_lines(
      world, {"roux pai", "roux help paint w", "roux paint w", "roux paint wall --tw",
              "roux paint wall -c bla", "roux paint wall --colour=bla", "roux paint wall mi"});

  EXPECT_THAT(lines,
              ElementsAre("roux paint ", "roux help paint wall ", "roux paint wall ",
                          "roux paint wall --twice ", "roux paint wall -c black ",
                          "roux paint wall --colour=black ", "roux paint wall mine.txt ", ""));
}

TEST(ZshCompletion, CompletesARecipeToBeRunAndWhatItUnderstands) {
  const DriverWorld world = world_with_keys();
  if (world.bash("command -v zsh").exit_code != 0) GTEST_SKIP() << "zsh is not installed";

  const auto lines =
      zsh_lines(world, {"roux run --nproc", "roux run --nproc-per-node 2 mi/t",
                        "roux run mi/train --list-p", "roux run mi/train --config regime.l"});

  EXPECT_THAT(lines,
              ElementsAre("roux run --nproc-per-node ", "roux run --nproc-per-node 2 mi/train ",
                          "roux run mi/train --list-presets ",
                          "roux run mi/train --config regime.lr=", ""));
}

}  // namespace
}  // namespace roux
