#include "roux/base/file_lock.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include "roux/base/error.h"
#include "roux/base/files.h"
#include "roux/base/temporary_folder.h"

namespace roux {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::StartsWith;
using ::testing::ThrowsMessage;

TEST(FileLock, IsHadByOneAtATime) {
  const TemporaryFolder folder;
  const auto path = folder.path() / "lock";

  std::optional<FileLock> first = FileLock::try_lock(path);
  EXPECT_TRUE(first.has_value());
  EXPECT_FALSE(FileLock::try_lock(path).has_value());
  first.reset();

  EXPECT_TRUE(FileLock::try_lock(path).has_value());
}

TEST(FileLock, SaysWhichProcessHoldsIt) {
  const TemporaryFolder folder;
  const auto path = folder.path() / "lock";

  const std::optional<FileLock> lock = FileLock::try_lock(path);

  EXPECT_THAT(FileLock::holder(path), StartsWith(cat("process ", getpid(), " on ")));
}

TEST(FileLock, LeavesNoNameBehind) {
  const TemporaryFolder folder;
  const auto path = folder.path() / "lock";

  FileLock::try_lock(path).reset();

  EXPECT_EQ(FileLock::holder(path), "another process");
}

TEST(FileLock, StaysHeldWhenItMoves) {
  const TemporaryFolder folder;
  const auto path = folder.path() / "lock";
  std::optional<FileLock> lock = FileLock::try_lock(path);

  const FileLock moved = std::move(*lock);
  lock.reset();

  EXPECT_FALSE(FileLock::try_lock(path).has_value());
}

TEST(FileLock, KeepsOtherProcessesOutAndEndsWithItsProcess) {
  const TemporaryFolder folder;
  const auto path = folder.path() / "lock";
  int ready[2];
  int go[2];
  ASSERT_EQ(pipe(ready) + pipe(go), 0);

  const pid_t child = fork();
  if (child == 0) {
    close(go[1]);
    const auto lock = FileLock::try_lock(path);
    char byte = lock ? 'y' : 'n';
    if (write(ready[1], &byte, 1) != 1) _exit(1);
    [[maybe_unused]] const auto end = read(go[0], &byte, 1);
    _exit(0);  // without a destructor, as if it crashed
  }
  char locked = '?';
  EXPECT_EQ(read(ready[0], &locked, 1), 1);
  const bool had_meanwhile = FileLock::try_lock(path).has_value();
  const std::string holder = FileLock::holder(path);
  close(go[1]);
  waitpid(child, nullptr, 0);

  EXPECT_EQ(locked, 'y');
  EXPECT_FALSE(had_meanwhile);
  EXPECT_THAT(holder, StartsWith(cat("process ", child, " on ")));
  EXPECT_TRUE(FileLock::try_lock(path).has_value());
  for (const int end : {ready[0], ready[1], go[0]}) close(end);
}

TEST(FileLock, SaysWhichFileCantBeMade) {
  EXPECT_THAT([] { FileLock::try_lock("/absent/lock"); },
              ThrowsMessage<Error>(AllOf(HasSubstr("/absent/lock"), HasSubstr("No such file"))));
}

}  // namespace
}  // namespace roux
