#include "gang/launcher/rank.h"

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <string_view>
#include <utility>

#include "gang/launcher/rank_process.h"
#include "roux/base/error.h"

namespace roux::launcher {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kTail = 32 << 10;
constexpr int kLastLines = 20;

double now() {
  const auto time = std::chrono::system_clock::now().time_since_epoch();
  return std::chrono::duration<double>(time).count();
}

// Appended to: the same command run again goes on with the same run.
posix::Descriptor open_log(const fs::path& file) {
  auto log = posix::open(file, O_RDWR | O_CREAT | O_APPEND, 0666);
  if (!log.is_open()) posix::fail("write", file, errno);
  return log;
}

}  // namespace

Rank::Rank(int local_rank, int rank, RankFiles files, Shown shown)
    : local_rank_(local_rank), rank_(rank), files_(std::move(files)), shown_(shown) {
  err_.stream = Stream::Err;
  std::error_code error;
  fs::remove(files_.error, error);  // of a former run
  for (const auto& [channel, file] : {std::pair(&out_, files_.out), std::pair(&err_, files_.err)}) {
    if (!file.empty()) {
      channel->file = open_log(file);
      channel->file_begin = std::max<off_t>(0, lseek(channel->file.get(), 0, SEEK_END));
    }
    if (shown_ != Shown::ByLine) continue;
    std::array<int, 2> ends{};
    if (pipe2(ends.data(), O_CLOEXEC) != 0) posix::fail("read", "a rank's output", errno);
    channel->pipe = posix::Descriptor(ends[0]);
    channel->end = posix::Descriptor(ends[1]);
    fcntl(ends[0], F_SETFL, O_NONBLOCK);
  }
}

void Rank::start(const fs::path& program, const std::vector<std::string>& arguments,
                 Variables variables) {
  const auto descriptor = [&](const Channel& channel, int own) {
    if (shown_ == Shown::Directly) return own;
    return shown_ == Shown::Never ? channel.file.get() : channel.end.get();
  };
  pid_ = spawn({program, arguments, std::move(variables), descriptor(out_, STDOUT_FILENO),
                descriptor(err_, STDERR_FILENO)});
  out_.end.close();
  err_.end.close();
}

void Rank::signal_group(int signal) const {
  if (runs()) kill(-pid_, signal);
}

void Rank::signal_process(int signal) const {
  if (runs()) kill(pid_, signal);
}

void Rank::bury(Console& console) {
  // The group first: once its leader is waited for, its number may be given to others.
  signal_group(SIGKILL);
  int status = 0;
  waitpid(pid_, &status, 0);
  pid_ = -1;
  end_time_ = now();
  end_ = WIFSIGNALED(status) ? End{true, WTERMSIG(status)} : End{false, WEXITSTATUS(status)};
  drain(console);
}

Failure Rank::failure(std::uint64_t kills_for_memory) const {
  Failure failure{.rank = rank_,
                  .exit_code = end_.exit_code(),
                  .how = describe(end_, kills_for_memory),
                  .time = end_time_};
  if (const auto error = read_error_file(files_.error)) {
    failure.text = error->text;
    failure.consequence = error->consequence;
    if (error->time > 0.0) failure.time = std::min(failure.time, error->time);
  } else {
    failure.text = last_words();
  }
  if (shown_ == Shown::Directly) failure.text.clear();  // it has just been read
  if (!files_.err.empty()) {
    failure.text +=
        cat(failure.text.empty() ? "" : "\n", "(all of its output: ", files_.out.string(), ", ",
            files_.err.filename().string(), ")");
  }
  return failure;
}

std::vector<int> Rank::pipes() const {
  std::vector<int> open;
  for (const Channel* channel : {&out_, &err_}) {
    if (channel->pipe.is_open()) open.push_back(channel->pipe.get());
  }
  return open;
}

void Rank::read(int descriptor, Console& console) {
  for (Channel* channel : {&out_, &err_}) {
    if (channel->pipe.is_open() && channel->pipe.get() == descriptor) read_some(*channel, console);
  }
}

void Rank::drain(Console& console) {
  for (Channel* channel : {&out_, &err_}) {
    while (channel->pipe.is_open() && read_some(*channel, console)) {
    }
  }
}

// False if there was nothing.
bool Rank::read_some(Channel& channel, Console& console) {
  std::array<char, 65536> buffer;  // NOLINT: filled by read()
  const ssize_t count = ::read(channel.pipe.get(), buffer.data(), buffer.size());
  if (count < 0) return errno == EINTR;
  if (count == 0) {
    channel.pipe.close();
    return false;
  }
  const std::string_view bytes(buffer.data(), static_cast<std::size_t>(count));
  console.print(local_rank_, channel.stream, bytes);
  if (channel.file.is_open()) posix::write_all(channel.file.get(), bytes);
  if (channel.stream == Stream::Err) {
    tail_ += bytes;
    if (tail_.size() > 2 * kTail) tail_.erase(0, tail_.size() - kTail);
  }
  return true;
}

// The end of what it wrote on stderr.
std::string Rank::last_words() const {
  if (shown_ != Shown::Never) return last_lines(tail_, kLastLines);
  const off_t size = lseek(err_.file.get(), 0, SEEK_END);
  const off_t begin = std::max(err_.file_begin, size - static_cast<off_t>(kTail));
  std::string text(static_cast<std::size_t>(std::max<off_t>(0, size - begin)), '\0');
  const ssize_t count = pread(err_.file.get(), text.data(), text.size(), begin);
  text.resize(static_cast<std::size_t>(std::max<ssize_t>(0, count)));
  return last_lines(text, kLastLines);
}

}  // namespace roux::launcher
