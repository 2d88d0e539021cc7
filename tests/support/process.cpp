#include "support/process.h"

#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <utility>

// glibc 2.36 forgets to say so itself.
extern "C" {
#include <sys/pidfd.h>
}

#include "roux/base/error.h"
#include "roux/base/strings.h"

namespace roux {
namespace {

template <typename Result>
Result checked(Result result, std::string_view call) {
  if (result < 0) throw Error(cat(call, ": ", std::strerror(errno)));
  return result;
}

// A file in memory that holds `text`, to be read from its beginning: it can't block the test as a
// pipe would that nobody reads.
int file_of(std::string_view text) {
  const int fd = checked(memfd_create("input", MFD_CLOEXEC), "memfd_create");
  while (!text.empty()) {
    const ssize_t written = checked(write(fd, text.data(), text.size()), "write");
    text.remove_prefix(static_cast<std::size_t>(written));
  }
  checked(lseek(fd, 0, SEEK_SET), "lseek");
  return fd;
}

// {the end to read, which does not block; the end to write}.
std::array<int, 2> make_pipe() {
  std::array<int, 2> ends{};
  checked(pipe2(ends.data(), O_CLOEXEC), "pipe2");
  checked(fcntl(ends[0], F_SETFL, O_NONBLOCK), "fcntl");
  return ends;
}

// The environment of this process with `additions`, each as NAME=value.
std::vector<std::string> environment_with(const std::map<std::string, std::string>& additions) {
  std::vector<std::string> all;
  for (char** entry = environ; *entry != nullptr; ++entry) {
    const std::string_view text = *entry;
    if (!additions.contains(std::string(text.substr(0, text.find('='))))) all.emplace_back(text);
  }
  for (const auto& [name, value] : additions) all.push_back(cat(name, "=", value));
  return all;
}

std::vector<char*> pointers_to(std::vector<std::string>& strings) {
  std::vector<char*> pointers;
  for (std::string& text : strings) pointers.push_back(text.data());
  pointers.push_back(nullptr);
  return pointers;
}

// Starts argv in a process group of its own, with no signal blocked or ignored.
pid_t spawn(std::vector<std::string> argv, const ProcessOptions& options, int in, int out,
            int err) {
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, in, STDIN_FILENO);
  posix_spawn_file_actions_adddup2(&actions, out, STDOUT_FILENO);
  posix_spawn_file_actions_adddup2(&actions, err, STDERR_FILENO);
  if (!options.working_folder.empty()) {
    posix_spawn_file_actions_addchdir_np(&actions, options.working_folder.c_str());
  }

  posix_spawnattr_t attributes;
  posix_spawnattr_init(&attributes);
  sigset_t none;
  sigemptyset(&none);
  sigset_t all;
  sigfillset(&all);
  posix_spawnattr_setsigmask(&attributes, &none);
  posix_spawnattr_setsigdefault(&attributes, &all);
  posix_spawnattr_setpgroup(&attributes, 0);
  posix_spawnattr_setflags(&attributes,
                           POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);

  std::vector<std::string> environment = environment_with(options.environment);
  pid_t pid = -1;
  const int error = posix_spawnp(&pid, argv.front().c_str(), &actions, &attributes,
                                 pointers_to(argv).data(), pointers_to(environment).data());
  posix_spawn_file_actions_destroy(&actions);
  posix_spawnattr_destroy(&attributes);
  if (error != 0) throw Error(cat(argv.front(), " can't be started: ", std::strerror(error)));
  return pid;
}

}  // namespace

Process::Process(std::vector<std::string> argv, ProcessOptions options)
    : argv_(std::move(argv)), deadline_(std::chrono::steady_clock::now() + options.timeout) {
  require(!argv_.empty(), "Process: argv must name a program");
  const int in = file_of(options.input);
  const auto [out, out_of_child] = make_pipe();
  const auto [err, err_of_child] = make_pipe();
  out_.fd = out;
  err_.fd = err;
  const auto close_ends = [ends = {in, out_of_child, err_of_child}] {
    for (const int fd : ends) close(fd);
  };
  try {
    pid_ = spawn(argv_, options, in, out_of_child, err_of_child);
  } catch (...) {
    close_ends();
    close(out_.fd);
    close(err_.fd);
    throw;
  }
  close_ends();
  pid_fd_ = checked(pidfd_open(pid_, 0), "pidfd_open");
}

Process::~Process() {
  if (!ended_) {
    kill_group();
    waitpid(pid_, nullptr, 0);
  }
  for (const int fd : {pid_fd_, out_.fd, err_.fd}) close(fd);
}

void Process::wait_for_output(std::string_view text) {
  const auto printed = [&](const Output& output) {
    return output.text.find(text) != std::string::npos;
  };
  while (!printed(out_) && !printed(err_)) {
    if (!advance()) throw Error(cat(describe(), "\nended without printing: ", text));
  }
}

void Process::send_signal(int signal) {
  checked(pidfd_send_signal(pid_fd_, signal, nullptr, 0), "pidfd_send_signal");
}

Finished Process::wait() {
  while (advance()) {
  }
  return {exit_code_, out_.text, err_.text};
}

bool Process::advance() {
  if (ended_) return false;
  const auto left =
      std::chrono::ceil<std::chrono::milliseconds>(deadline_ - std::chrono::steady_clock::now());
  if (left.count() <= 0) {
    kill_group();
    throw Error(cat(describe(), "\nwas killed: it ran past its timeout"));
  }
  // poll() passes over what is negative: a stream that the program has closed.
  std::array<pollfd, 3> waited = {
      {{pid_fd_, POLLIN, 0}, {out_.fd, POLLIN, 0}, {err_.fd, POLLIN, 0}}};
  const int ready = poll(waited.data(), waited.size(), static_cast<int>(left.count()));
  if (ready < 0 && errno == EINTR) return true;
  checked(ready, "poll");

  out_.read_some();
  err_.read_some();
  if (waited[0].revents != 0) end();
  return !ended_;
}

void Process::end() {
  // First the children it left: once it is waited for, its number may be given to another process.
  kill_group();
  int status = 0;
  checked(waitpid(pid_, &status, 0), "waitpid");
  ended_ = true;
  exit_code_ = WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
  for (Output* output : {&out_, &err_}) {
    while (output->read_some()) {
    }
  }
}

bool Process::Output::read_some() {
  std::array<char, 65536> buffer{};
  const ssize_t count = fd < 0 ? -1 : read(fd, buffer.data(), buffer.size());
  if (count == 0) {
    close(fd);
    fd = -1;
  }
  if (count <= 0) return false;
  text.append(buffer.data(), static_cast<std::size_t>(count));
  return true;
}

void Process::kill_group() noexcept {
  kill(-pid_, SIGKILL);
}

std::string Process::describe() const {
  return cat(join(argv_, " "), "\nstdout: ", out_.text, "\nstderr: ", err_.text);
}

Finished run_process(std::vector<std::string> argv, ProcessOptions options) {
  return Process(std::move(argv), std::move(options)).wait();
}

}  // namespace roux
