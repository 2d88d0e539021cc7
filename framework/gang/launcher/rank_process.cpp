#include "gang/launcher/rank_process.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <charconv>
#include <csignal>
#include <ctime>
#include <map>
#include <set>
#include <string_view>

#include "base/posix.h"
#include "roux/base/error.h"
#include "roux/base/strings.h"

namespace roux::launcher {
namespace {

std::vector<char*> pointers_to(std::vector<std::string>& words) {
  std::vector<char*> pointers;
  for (std::string& word : words) pointers.push_back(word.data());
  pointers.push_back(nullptr);
  return pointers;
}

// In the child, where other threads may have held locks: system calls only.
[[noreturn]] void become(const char* program, char* const* words, char* const* variables, int in,
                         const Start& start, pid_t launcher, int report) {
  setpgid(0, 0);
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (getppid() != launcher) _exit(1);  // it died before this could be asked for
  sigset_t none;
  sigemptyset(&none);
  // Copied to above the standard streams first, since each may be another's place.
  const int out = fcntl(start.out, F_DUPFD_CLOEXEC, 3);
  const int err = fcntl(start.err, F_DUPFD_CLOEXEC, 3);
  dup2(in, STDIN_FILENO);
  dup2(out, STDOUT_FILENO);
  dup2(err, STDERR_FILENO);
  sigprocmask(SIG_SETMASK, &none, nullptr);
  execve(program, words, variables);
  const int error = errno;
  [[maybe_unused]] const auto written = write(report, &error, sizeof error);
  _exit(127);
}

// Of a line in /proc/N/stat, "N (name) S PARENT …": a name may hold anything.
pid_t parent_in(std::string_view line) {
  const std::size_t after_name = line.rfind(')');
  if (after_name == std::string_view::npos || after_name + 4 >= line.size()) return -1;
  if (line[after_name + 2] == 'Z') return -1;  // dead already
  pid_t parent = -1;
  line.remove_prefix(after_name + 4);
  std::from_chars(line.data(), line.data() + line.size(), parent);
  return parent;
}

pid_t parent_of(const char* pid) {
  const posix::Descriptor file = posix::open(cat("/proc/", pid, "/stat"), O_RDONLY);
  std::array<char, 512> line{};
  const ssize_t count = file.is_open() ? read(file.get(), line.data(), line.size()) : -1;
  return count > 0 ? parent_in({line.data(), static_cast<std::size_t>(count)}) : -1;
}

std::vector<pid_t> living_descendants() {
  std::multimap<pid_t, pid_t> children;
  DIR* const folder = opendir("/proc");
  if (folder == nullptr) return {};
  while (const dirent* entry = readdir(folder)) {
    if (const auto pid = parse_integer(entry->d_name)) {
      children.emplace(parent_of(entry->d_name), static_cast<pid_t>(*pid));
    }
  }
  closedir(folder);

  std::vector<pid_t> found;
  std::set<pid_t> seen = {getpid()};
  std::vector<pid_t> open = {getpid()};
  while (!open.empty()) {
    const pid_t parent = open.back();
    open.pop_back();
    const auto [begin, end] = children.equal_range(parent);
    for (auto child = begin; child != end; ++child) {
      if (!seen.insert(child->second).second) continue;
      found.push_back(child->second);
      open.push_back(child->second);
    }
  }
  return found;
}

}  // namespace

pid_t spawn(const Start& start) {
  std::vector<std::string> words = {start.program.string()};
  words.insert(words.end(), start.arguments.begin(), start.arguments.end());
  std::vector<std::string> variables;
  for (const auto& [name, value] : start.variables) variables.push_back(cat(name, '=', value));
  const auto word_pointers = pointers_to(words);
  const auto variable_pointers = pointers_to(variables);
  const posix::Descriptor in = posix::open("/dev/null", O_RDONLY);
  std::array<int, 2> ends{};
  if (pipe2(ends.data(), O_CLOEXEC) != 0) posix::fail("run", start.program, errno);
  const posix::Descriptor report(ends[0]);
  posix::Descriptor report_of_child(ends[1]);

  const pid_t launcher = getpid();
  const pid_t pid = fork();
  if (pid < 0) posix::fail("run", start.program, errno);
  if (pid == 0) {
    become(words[0].c_str(), word_pointers.data(), variable_pointers.data(), in.get(), start,
           launcher, report_of_child.get());
  }
  setpgid(pid, pid);  // by whoever comes first: signals may be sent to it at once
  report_of_child.close();
  int error = 0;
  if (read(report.get(), &error, sizeof error) == sizeof error) {
    waitpid(pid, nullptr, 0);
    posix::fail("run", start.program, error);
  }
  return pid;
}

void kill_descendants() noexcept try {
  // What is killed may have begun more meanwhile; what can't be killed (it waits for a disk) is
  // left to the system after a while.
  constexpr int kTries = 500;
  for (int i = 0; i < kTries; ++i) {
    const auto descendants = living_descendants();
    for (const pid_t pid : descendants) kill(pid, SIGKILL);
    while (waitpid(-1, nullptr, WNOHANG) > 0) {
    }
    if (descendants.empty()) return;
    const timespec pause{.tv_sec = 0, .tv_nsec = i < 10 ? 1'000'000 : 10'000'000};
    nanosleep(&pause, nullptr);
  }
} catch (const std::exception&) {  // no memory
}

}  // namespace roux::launcher
