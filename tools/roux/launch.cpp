#include "launch.h"

#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>

#include "roux/base/error.h"

namespace roux::driver {
namespace {

// What execv() and its like take; as long-lived as `words`.
class ArgumentVector {
 public:
  explicit ArgumentVector(std::vector<std::string> words) : words_(std::move(words)) {
    for (std::string& word : words_) pointers_.push_back(word.data());
    pointers_.push_back(nullptr);
  }

  char* const* get() const { return pointers_.data(); }

 private:
  std::vector<std::string> words_;
  std::vector<char*> pointers_;
};

ArgumentVector command(const std::filesystem::path& program,
                       const std::vector<std::string>& arguments) {
  std::vector<std::string> words = {program.string()};
  words.insert(words.end(), arguments.begin(), arguments.end());
  return ArgumentVector(std::move(words));
}

[[noreturn]] void fail(const std::filesystem::path& program, int error) {
  throw Error(cat("cannot run ", program.string(), ": ", std::strerror(error)));
}

int wait_for(pid_t pid) {
  int status = 0;
  while (waitpid(pid, &status, 0) < 0 && errno == EINTR) {
  }
  return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

std::string read_to_end(int descriptor) {
  std::string text;
  std::array<char, 16384> buffer{};
  for (;;) {
    const ssize_t count = read(descriptor, buffer.data(), buffer.size());
    if (count > 0) text.append(buffer.data(), static_cast<std::size_t>(count));
    if (count == 0 || (count < 0 && errno != EINTR)) return text;
  }
}

}  // namespace

void become(const std::filesystem::path& program, const std::vector<std::string>& arguments) {
  execv(program.c_str(), command(program, arguments).get());
  fail(program, errno);
}

Captured capture(const std::filesystem::path& program, const std::vector<std::string>& arguments) {
  std::array<int, 2> ends{};
  if (pipe2(ends.data(), O_CLOEXEC) != 0) fail(program, errno);
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, ends[1], STDOUT_FILENO);
  pid_t pid = -1;
  const int error = posix_spawn(&pid, program.c_str(), &actions, nullptr,
                                command(program, arguments).get(), environ);
  posix_spawn_file_actions_destroy(&actions);
  close(ends[1]);

  std::string out = error == 0 ? read_to_end(ends[0]) : "";
  close(ends[0]);
  if (error != 0) fail(program, error);
  return {wait_for(pid), std::move(out)};
}

}  // namespace roux::driver
