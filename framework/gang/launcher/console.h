#pragma once

#include <chrono>
#include <string>
#include <string_view>

#include "gang/launcher/job.h"
#include "gang/launcher/line_mixer.h"
#include "gang/launcher/slow_writer.h"

namespace roux::launcher {

enum class Stream { Out, Err };

// What the user sees: the ranks' output, stdout on stdout and stderr on stderr, and what the
// launcher has to say, on stderr.
//
// Thread safety: one thread at a time. Returns from its end once all is written.
class Console {
 public:
  using Clock = std::chrono::steady_clock;

  Console();
  ~Console();

  // Lines are printed with their rank before them; to be called once it is known how many there
  // are.
  void tell_ranks_apart(const Job& job);

  void print(int local_rank, Stream stream, std::string_view bytes);

  // "roux: …", on lines of its own.
  void say(std::string_view message);

  // Prints what was held back for a moment; to be called once `wakes_at()` is past, and with `all`
  // once nobody goes on writing.
  void flush(bool all = false);
  Clock::time_point wakes_at() const;

  // Whether the ranks should wait for who reads their output.
  bool is_full() const;

 private:
  struct Side {
    explicit Side(int descriptor) : writer(descriptor), mixer({""}) {}

    SlowWriter writer;
    LineMixer mixer;
    Clock::time_point wakes_at = Clock::time_point::max();
  };

  Side& side(Stream stream) { return stream == Stream::Out ? out_ : err_; }

  Side out_;
  Side err_;
};

}  // namespace roux::launcher
