#include "gang/launcher/console.h"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <vector>

#include "roux/base/error.h"
#include "roux/base/terminal.h"

namespace roux::launcher {
namespace {

// How long a line may stand unended before it is shown as it is.
constexpr std::chrono::milliseconds kMoment{200};

std::vector<std::string> prefixes(const Job& job, bool colored) {
  constexpr std::array kColors = {36, 33, 32, 35, 34, 31};
  const std::size_t width = std::to_string(job.world_size - 1).size();
  std::vector<std::string> all;
  for (int local_rank = 0; local_rank < job.local_size; ++local_rank) {
    const auto rank = static_cast<std::size_t>(job.rank(local_rank));
    std::string number = std::to_string(rank);
    number.insert(0, width - number.size(), ' ');
    const std::string prefix = cat("[rank ", number, "]");
    all.push_back(colored ? cat("\x1b[", kColors[rank % kColors.size()], "m", prefix, "\x1b[0m ")
                          : prefix + " ");
  }
  return all;
}

}  // namespace

Console::Console() : out_(STDOUT_FILENO), err_(STDERR_FILENO) {}

Console::~Console() {
  flush(true);
}

void Console::tell_ranks_apart(const Job& job) {
  flush(true);
  out_.mixer = LineMixer(prefixes(job, wants_color(STDOUT_FILENO)));
  err_.mixer = LineMixer(prefixes(job, wants_color(STDERR_FILENO)));
}

void Console::print(int local_rank, Stream stream, std::string_view bytes) {
  Side& to = side(stream);
  std::string text;
  to.mixer.take(static_cast<std::size_t>(local_rank), bytes, text);
  to.writer.write(text);
  if (!to.mixer.holds_back()) {
    to.wakes_at = Clock::time_point::max();
  } else if (to.wakes_at == Clock::time_point::max()) {
    to.wakes_at = Clock::now() + kMoment;
  }
}

void Console::say(std::string_view message) {
  std::string text;
  err_.mixer.close_line(text);
  err_.writer.write(cat(text, "roux: ", message, "\n"));
}

void Console::flush(bool all) {
  for (Side* each : {&out_, &err_}) {
    if (!all && each->wakes_at > Clock::now()) continue;
    std::string text;
    each->mixer.flush(text);
    if (all) each->mixer.close_line(text);
    each->writer.write(text);
    each->wakes_at = Clock::time_point::max();
  }
}

Console::Clock::time_point Console::wakes_at() const {
  return std::min(out_.wakes_at, err_.wakes_at);
}

bool Console::is_full() const {
  return out_.writer.is_full() || err_.writer.is_full();
}

}  // namespace roux::launcher
