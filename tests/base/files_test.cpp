#include "roux/base/files.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <filesystem>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "roux/base/atomic_file.h"
#include "roux/base/error.h"
#include "roux/base/temporary_folder.h"

namespace roux {
namespace {

namespace fs = std::filesystem;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::ThrowsMessage;

std::vector<std::string> names_in(const fs::path& folder) {
  std::vector<std::string> names;
  for (const auto& entry : fs::directory_iterator(folder)) {
    names.push_back(entry.path().filename().string());
  }
  std::sort(names.begin(), names.end());
  return names;
}

mode_t permissions(const fs::path& path) {
  struct stat status {};
  stat(path.c_str(), &status);
  return status.st_mode & 07777;
}

// Acts as a user who may not do everything, where the tests run as root.
class WithoutRights {
 public:
  WithoutRights() {
    constexpr uid_t kNobody = 65534;
    if (geteuid() == 0) changed_ = seteuid(kNobody) == 0;
  }
  ~WithoutRights() {
    if (changed_ && seteuid(0) != 0) std::abort();
  }

 private:
  bool changed_ = false;
};

// Files may not grow past `bytes`: what a full disk looks like, first a short write, then an error.
class FileSizeLimit {
 public:
  explicit FileSizeLimit(rlim_t bytes) {
    signal(SIGXFSZ, SIG_IGN);
    getrlimit(RLIMIT_FSIZE, &before_);
    const rlimit limit{bytes, before_.rlim_max};
    setrlimit(RLIMIT_FSIZE, &limit);
  }
  ~FileSizeLimit() {
    setrlimit(RLIMIT_FSIZE, &before_);
    signal(SIGXFSZ, SIG_DFL);
  }

 private:
  rlimit before_{};
};

TEST(ReadFile, GivesAllBytes) {
  const TemporaryFolder folder;
  const fs::path path = folder.path() / "file";
  std::string bytes(200'000, 'x');
  bytes[7] = '\0';

  write_file(path, bytes);
  write_file(folder.path() / "empty", "");

  EXPECT_EQ(read_file(path), bytes);
  EXPECT_EQ(read_file(path, bytes.size()), bytes);
  EXPECT_EQ(read_file(folder.path() / "empty"), "");
}

TEST(ReadFile, ReadsFilesThatSayTheyAreEmpty) {
  EXPECT_THAT(read_file("/proc/self/status"), HasSubstr("Pid:"));
}

TEST(ReadFile, SaysWhichFileAndWhy) {
  const TemporaryFolder folder;
  const fs::path path = folder.path() / "secret";
  write_file(path, "123");
  fs::permissions(path, fs::perms::none);

  EXPECT_THAT([&] { read_file(folder.path() / "absent"); },
              ThrowsMessage<Error>(AllOf(HasSubstr("absent"), HasSubstr("No such file"))));
  EXPECT_THAT(
      [&] { read_file(folder.path()); },
      ThrowsMessage<Error>(AllOf(HasSubstr(folder.path().string()), HasSubstr("Is a directory"))));
  const WithoutRights without_rights;
  EXPECT_THAT([&] { read_file(path); },
              ThrowsMessage<Error>(AllOf(HasSubstr("secret"), HasSubstr("Permission denied"))));
}

TEST(ReadFile, RefusesMoreThanIsAllowed) {
  const TemporaryFolder folder;
  const fs::path path = folder.path() / "file";
  write_file(path, "12345");

  EXPECT_EQ(read_file(path, 5), "12345");
  EXPECT_THAT([&] { read_file(path, 4); },
              ThrowsMessage<Error>(AllOf(HasSubstr("file"), HasSubstr("more than the 4 bytes"))));
  EXPECT_THROW(read_file("/dev/zero", 1'000'000), Error);
}

std::atomic<int> signals_seen = 0;

TEST(ReadFile, GoesOnAfterASignal) {
  int ends[2];
  ASSERT_EQ(pipe(ends), 0);
  signals_seen = 0;
  struct sigaction act {};
  struct sigaction before {};
  act.sa_handler = [](int) { ++signals_seen; };  // no SA_RESTART: a waiting read() fails by EINTR
  sigaction(SIGALRM, &act, &before);

  sigset_t alarm;
  sigemptyset(&alarm);
  sigaddset(&alarm, SIGALRM);
  pthread_sigmask(SIG_BLOCK, &alarm, nullptr);
  std::thread writer([&] {  // inherits the block, so that all signals reach the reader
    while (signals_seen < 5) std::this_thread::yield();
    EXPECT_EQ(::write(ends[1], "late", 4), 4);
    close(ends[1]);
  });
  pthread_sigmask(SIG_UNBLOCK, &alarm, nullptr);
  const itimerval every_millisecond{{0, 1000}, {0, 1000}};
  setitimer(ITIMER_REAL, &every_millisecond, nullptr);
  const std::string bytes = read_file("/dev/fd/" + std::to_string(ends[0]));
  const itimerval never{};
  setitimer(ITIMER_REAL, &never, nullptr);
  writer.join();
  sigaction(SIGALRM, &before, nullptr);
  close(ends[0]);

  EXPECT_EQ(bytes, "late");
}

TEST(WriteFile, ReplacesTheFileAndLeavesNothingElse) {
  const TemporaryFolder folder;

  write_file(folder.path() / "file", "old and long");
  write_file(folder.path() / "file", "new");

  EXPECT_EQ(read_file(folder.path() / "file"), "new");
  EXPECT_THAT(names_in(folder.path()), ElementsAre("file"));
}

TEST(WriteFile, GivesANewFileThePermissionsThatTheUmaskLeaves) {
  const TemporaryFolder folder;
  const mode_t before = umask(027);

  write_file(folder.path() / "file", "new");
  umask(before);

  EXPECT_EQ(permissions(folder.path() / "file"), 0640);
}

TEST(WriteFile, KeepsThePermissionsOfTheFileItReplaces) {
  const TemporaryFolder folder;
  write_file(folder.path() / "file", "old");
  chmod((folder.path() / "file").c_str(), 0751);

  write_file(folder.path() / "file", "new");

  EXPECT_EQ(permissions(folder.path() / "file"), 0751);
}

TEST(WriteFile, LeavesTheOldFileAloneWhenTheDiskIsFull) {
  const TemporaryFolder folder;
  const fs::path path = folder.path() / "file";
  write_file(path, "old");

  {
    const FileSizeLimit limit(100'000);
    EXPECT_THAT([&] { write_file(path, std::string(150'000, 'x')); },
                ThrowsMessage<Error>(AllOf(HasSubstr(path.string()), HasSubstr("too large"))));
  }

  EXPECT_EQ(read_file(path), "old");
  EXPECT_THAT(names_in(folder.path()), ElementsAre("file"));
}

TEST(WriteFile, LeavesTheFolderAloneWhenItCantRename) {
  const TemporaryFolder folder;
  fs::create_directories(folder.path() / "taken/inside");

  EXPECT_THAT([&] { write_file(folder.path() / "taken", "new"); },
              ThrowsMessage<Error>(AllOf(HasSubstr("taken"), HasSubstr("Is a directory"))));

  EXPECT_THAT(names_in(folder.path()), ElementsAre("taken"));
}

TEST(WriteFile, SaysWhichFileAndWhy) {
  const TemporaryFolder folder;

  EXPECT_THAT([&] { write_file(folder.path() / "absent/file", "new"); },
              ThrowsMessage<Error>(AllOf(HasSubstr("absent/file"), HasSubstr("No such file"))));
  const WithoutRights without_rights;
  EXPECT_THAT([&] { write_file(folder.path() / "file", "new"); },
              ThrowsMessage<Error>(AllOf(HasSubstr("file"), HasSubstr("Permission denied"))));
}

TEST(WriteFile, ReplacesAFileInTheWorkingFolder) {
  const TemporaryFolder folder;
  const fs::path before = fs::current_path();
  fs::current_path(folder.path());

  write_file("file", "new");
  fs::current_path(before);

  EXPECT_EQ(read_file(folder.path() / "file"), "new");
}

TEST(WriteFile, ShowsReadersTheOldFileOrTheNewOneEvenIfItIsKilled) {
  const TemporaryFolder folder;
  const fs::path path = folder.path() / "file";
  const std::string old(300'000, 'a');
  const std::string young(200'000, 'b');
  write_file(path, old);

  const pid_t writer = fork();
  if (writer == 0) {
    for (;;) {
      write_file(path, young);
      write_file(path, old);
    }
  }
  int seen_young = 0;
  for (int i = 0; i < 1'000'000 && seen_young < 20; ++i) {
    const std::string bytes = read_file(path);
    ASSERT_TRUE(bytes == old || bytes == young) << bytes.size();
    seen_young += bytes == young ? 1 : 0;
  }
  kill(writer, SIGKILL);
  waitpid(writer, nullptr, 0);

  EXPECT_EQ(seen_young, 20);
  const std::string bytes = read_file(path);
  EXPECT_TRUE(bytes == old || bytes == young);
}

TEST(AtomicFile, AppearsOnlyWhenCommitted) {
  const TemporaryFolder folder;
  const fs::path path = folder.path() / "file";

  AtomicFile file(path);
  file.write("head ");
  file.write("body");
  const bool before = fs::exists(path);
  file.commit();

  EXPECT_FALSE(before);
  EXPECT_EQ(read_file(path), "head body");
}

TEST(AtomicFile, LeavesNoTraceIfNotCommitted) {
  const TemporaryFolder folder;

  {
    AtomicFile file(folder.path() / "file");
    file.write("half");
    EXPECT_THAT(names_in(folder.path()), ElementsAre(::testing::StartsWith(".tmp-")));
  }

  EXPECT_THAT(names_in(folder.path()), IsEmpty());
}

TEST(AtomicFile, CanBeMoved) {
  const TemporaryFolder folder;
  AtomicFile file(folder.path() / "file");
  file.write("head ");

  AtomicFile other = std::move(file);
  other.write("body");
  other.commit();

  EXPECT_EQ(read_file(folder.path() / "file"), "head body");
}

TEST(AtomicFile, IsUsedUpByCommit) {
  const TemporaryFolder folder;
  AtomicFile file(folder.path() / "file");

  file.commit();

  EXPECT_THROW(file.write("more"), InternalError);
  EXPECT_THROW(file.commit(), InternalError);
}

TEST(DurableRename, MovesAFolderWithItsFiles) {
  const TemporaryFolder folder;
  fs::create_directories(folder.path() / "a/staged");
  write_file(folder.path() / "a/staged/file", "bytes");

  durable_rename(folder.path() / "a/staged/", folder.path() / "step_7");

  EXPECT_EQ(read_file(folder.path() / "step_7/file"), "bytes");
  EXPECT_THAT(names_in(folder.path() / "a"), IsEmpty());
}

TEST(DurableRename, DoesntReplaceAFolderThatHoldsSomething) {
  const TemporaryFolder folder;
  fs::create_directories(folder.path() / "from");
  fs::create_directories(folder.path() / "to/inside");

  EXPECT_THAT(
      [&] { durable_rename(folder.path() / "from", folder.path() / "to"); },
      ThrowsMessage<Error>(AllOf(HasSubstr("from"), HasSubstr("to"), HasSubstr("not empty"))));
}

TEST(SyncFolder, SaysWhichFolderAndWhy) {
  EXPECT_THAT([] { sync_folder("/absent/folder"); },
              ThrowsMessage<Error>(AllOf(HasSubstr("/absent/folder"), HasSubstr("No such file"))));
}

TEST(TemporaryFolder, GoesWithAllThatIsInIt) {
  fs::path path;
  {
    const TemporaryFolder folder;
    path = folder.path();
    fs::create_directories(path / "a/b");
    write_file(path / "a/b/file", "bytes");
  }

  EXPECT_FALSE(fs::exists(path));
}

TEST(TemporaryFolder, LeavesWhatWasRenamedInTime) {
  const TemporaryFolder outer;
  {
    const TemporaryFolder staged(outer.path());
    write_file(staged.path() / "file", "bytes");
    durable_rename(staged.path(), outer.path() / "kept");
  }

  EXPECT_THAT(names_in(outer.path()), ElementsAre("kept"));
  EXPECT_EQ(read_file(outer.path() / "kept/file"), "bytes");
}

TEST(TemporaryFolder, HasThePermissionsOfAnyNewFolder) {
  const TemporaryFolder outer;
  const mode_t before = umask(027);
  const TemporaryFolder staged(outer.path());
  umask(before);

  EXPECT_EQ(permissions(staged.path()), 0750);
}

TEST(TemporaryFolder, GoesWithTheOneItWasMovedTo) {
  std::optional<TemporaryFolder> first(std::in_place);
  const fs::path path = first->path();

  TemporaryFolder second = std::move(*first);
  first.reset();
  EXPECT_TRUE(fs::exists(path));
  second = TemporaryFolder();

  EXPECT_FALSE(fs::exists(path));
}

TEST(TemporaryFolder, SaysWhereItCantBeMade) {
  EXPECT_THAT([] { TemporaryFolder("/absent/folder"); },
              ThrowsMessage<Error>(AllOf(HasSubstr("/absent/folder"), HasSubstr("No such file"))));
}

}  // namespace
}  // namespace roux
