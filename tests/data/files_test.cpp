#include "roux/data/files.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <string>
#include <vector>

#include "data/test_files.h"
#include "roux/base/error.h"
#include "roux/base/temporary_folder.h"

namespace roux::data {
namespace {

namespace fs = std::filesystem;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;
using testing::ThrowsMessage;

class FindFiles : public testing::Test {
 protected:
  FindFiles() {
    for (const char* name :
         {"web/b.chunk.00.jsonl", "web/b.chunk.01.jsonl", "web/a.jsonl.zst", "web/notes.txt",
          "web/.hidden.jsonl", "web/.cache/x.jsonl", "web/deep/er/c.chunk.02.jsonl",
          "books/d.jsonl", "books/e.jsonl.gz", "od[d]{name.jsonl"}) {
      add(name);
    }
  }

  void add(const std::string& name) const {
    fs::create_directories((root() / name).parent_path());
    put_file(root() / name, name);
  }

  fs::path root() const { return folder_.path(); }

  // Relative to the folder, so that they can be read.
  std::vector<std::string> find(const std::string& pattern) const {
    constexpr std::string_view kSuffixes[] = {".jsonl", ".jsonl.gz", ".jsonl.zst"};
    std::vector<std::string> names;
    for (const fs::path& path : find_files((root() / pattern).string(), kSuffixes)) {
      names.push_back(path.lexically_relative(root()).string());
    }
    return names;
  }

  template <typename E>
  void refuses(const std::string& pattern, const testing::Matcher<const std::string&>& what) const {
    EXPECT_THAT([&] { find(pattern); }, ThrowsMessage<E>(what)) << pattern;
  }

 private:
  TemporaryFolder folder_;
};

TEST_F(FindFiles, TakesAFileByItsNameWhateverItEndsIn) {
  EXPECT_THAT(find("web/notes.txt"), ElementsAre("web/notes.txt"));
  EXPECT_THAT(find("web/.hidden.jsonl"), ElementsAre("web/.hidden.jsonl"));
  EXPECT_THAT(find("od[d]{name.jsonl"), ElementsAre("od[d]{name.jsonl"));
}

TEST_F(FindFiles, LooksThroughAFolderAndThoseBelowIt) {
  EXPECT_THAT(find("web"), ElementsAre("web/a.jsonl.zst", "web/b.chunk.00.jsonl",
                                       "web/b.chunk.01.jsonl", "web/deep/er/c.chunk.02.jsonl"));
  EXPECT_THAT(find("books/"), ElementsAre("books/d.jsonl", "books/e.jsonl.gz"));
}

TEST_F(FindFiles, MatchesPatternsAsAShellDoes) {
  EXPECT_THAT(find("web/*.chunk.*.jsonl"),
              ElementsAre("web/b.chunk.00.jsonl", "web/b.chunk.01.jsonl"));
  EXPECT_THAT(find("web/b.chunk.0?.jsonl"),
              ElementsAre("web/b.chunk.00.jsonl", "web/b.chunk.01.jsonl"));
  EXPECT_THAT(find("web/b.chunk.0[1-9].jsonl"), ElementsAre("web/b.chunk.01.jsonl"));
  EXPECT_THAT(find("web/b.chunk.0[!1].jsonl"), ElementsAre("web/b.chunk.00.jsonl"));
  EXPECT_THAT(find("web/.h*"), ElementsAre("web/.hidden.jsonl"));
  EXPECT_THAT(find("*/[de].*"), ElementsAre("books/d.jsonl", "books/e.jsonl.gz"));
  EXPECT_THAT(find("od\\[d\\]\\{*"), ElementsAre("od[d]{name.jsonl"));
}

TEST_F(FindFiles, MatchesAnyDepthByTwoStars) {
  EXPECT_THAT(
      find("**/*.chunk.*.jsonl"),
      ElementsAre("web/b.chunk.00.jsonl", "web/b.chunk.01.jsonl", "web/deep/er/c.chunk.02.jsonl"));
  EXPECT_THAT(find("web/**/er/*.jsonl"), ElementsAre("web/deep/er/c.chunk.02.jsonl"));
  EXPECT_THAT(find("**/**/d.jsonl"), ElementsAre("books/d.jsonl"));
  EXPECT_THAT(find("books/**"), ElementsAre("books/d.jsonl", "books/e.jsonl.gz"));
}

TEST_F(FindFiles, TakesEitherOfWhatStandsInBraces) {
  EXPECT_THAT(find("books/*.jsonl{,.gz,.zst}"), ElementsAre("books/d.jsonl", "books/e.jsonl.gz"));
  EXPECT_THAT(find("{web/deep,books}"),
              ElementsAre("books/d.jsonl", "books/e.jsonl.gz", "web/deep/er/c.chunk.02.jsonl"));
  EXPECT_THAT(find("{books/{d,e}.*,books/d*}"), ElementsAre("books/d.jsonl", "books/e.jsonl.gz"));
  refuses<ConfigError>("{web,boks}", HasSubstr("boks (did you mean \"books\"?)"));
  refuses<ConfigError>("{web,boks}/*", HasSubstr("boks (did you mean \"books\"?)"));
  refuses<ConfigError>("{web,books/*", HasSubstr("must be closed"));
}

TEST_F(FindFiles, SortsByBytesAndNamesEachOnce) {
  for (const char* name : {"s/B.jsonl", "s/a.jsonl", "s/a/z.jsonl", "s/\xc3\xa4.jsonl"}) add(name);
  EXPECT_THAT(find("{s,s/*,s/**/z.jsonl}"),
              ElementsAre("s/B.jsonl", "s/a.jsonl", "s/a/z.jsonl", "s/\xc3\xa4.jsonl"));
}

TEST_F(FindFiles, FollowsLinksAndEndsWhereTheyLeadInACircle) {
  fs::create_directory_symlink(root() / "books", root() / "web/more");
  fs::create_directory_symlink(root() / "web", root() / "web/deep/up");
  EXPECT_THAT(find("web"), ElementsAre("web/a.jsonl.zst", "web/b.chunk.00.jsonl",
                                       "web/b.chunk.01.jsonl", "web/deep/er/c.chunk.02.jsonl",
                                       "web/more/d.jsonl", "web/more/e.jsonl.gz"));
  EXPECT_THAT(find("**/d.jsonl"), ElementsAre("books/d.jsonl", "web/more/d.jsonl"));
}

TEST_F(FindFiles, SaysOfALinkThatLeadsNowhereWhereItLeads) {
  fs::create_symlink("/absent/place", root() / "web/gone.jsonl");
  for (const char* pattern : {"web", "web/gone.jsonl", "web/*.jsonl", "**/*.jsonl"}) {
    refuses<Error>(pattern, AllOf(HasSubstr("web/gone.jsonl is a link to /absent/place"),
                                  HasSubstr("not there")));
  }
}

TEST_F(FindFiles, PassesOverLinksThatLeadNowhereAndAreNoData) {
  fs::create_symlink("/absent/place", root() / "books/LATEST");
  fs::create_symlink("circle", root() / "books/circle");
  EXPECT_THAT(find("books"), ElementsAre("books/d.jsonl", "books/e.jsonl.gz"));
  EXPECT_THAT(find("books/**/*.jsonl"), ElementsAre("books/d.jsonl"));
}

TEST_F(FindFiles, SaysWhatIsThereInstead) {
  refuses<ConfigError>("web/b.chunk.05.jsonl",
                       AllOf(HasSubstr("there is no "), HasSubstr("did you mean"),
                             HasSubstr("web holds .cache, .hidden.jsonl, a.jsonl.zst, ")));
  refuses<ConfigError>("absent/far/below/x.jsonl",
                       AllOf(HasSubstr("absent/far/below/x.jsonl"), HasSubstr("holds books, od")));
  refuses<ConfigError>("web/*.csv", AllOf(HasSubstr("no file matches"), HasSubstr("web/*.csv; "),
                                          HasSubstr("holds .cache,")));
  refuses<ConfigError>("we*", HasSubstr("are folders, such as "));
  refuses<ConfigError>("web/notes.txt/x", HasSubstr("there is no "));

  fs::create_directory(root() / "empty");
  refuses<ConfigError>("empty", AllOf(HasSubstr("empty or below it ends in .jsonl, .jsonl.gz, "),
                                      HasSubstr("holds nothing")));
  EXPECT_THAT([] { find_files("", {}); }, ThrowsMessage<ConfigError>(HasSubstr("empty")));
}

TEST_F(FindFiles, SaysWhichFolderItCanNotRead) {
  const fs::path closed = root() / "web/deep";
  fs::permissions(closed, fs::perms::none);
  fs::permissions(root(), fs::perms::all);
  const uid_t user = geteuid();
  ASSERT_EQ(seteuid(user == 0 ? 65534 : user), 0);  // root is held by no permissions
  for (const char* pattern : {"web", "web/**/*.jsonl", "web/deep/*"}) {
    refuses<Error>(pattern, AllOf(HasSubstr("web/deep"), HasSubstr("Permission denied")));
  }
  ASSERT_EQ(seteuid(user), 0);
  fs::permissions(closed, fs::perms::all);
}

}  // namespace
}  // namespace roux::data
