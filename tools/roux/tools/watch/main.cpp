// `roux watch`: a run's curves in the terminal, while it goes on. It links no LibTorch, so that it
// starts in milliseconds.
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <ctime>
#include <iostream>
#include <string>

#include "roux/base/error.h"
#include "roux/base/terminal.h"
#include "screen.h"
#include "tool/tool.h"

namespace roux::tool {
namespace {

// The terminal's other screen while it lives: what stood there before comes back.
class OtherScreen {
 public:
  OtherScreen() { std::cout << "\x1b[?1049h\x1b[?25l" << std::flush; }
  ~OtherScreen() { std::cout << "\x1b[?25h\x1b[?1049l" << std::flush; }
  OtherScreen(const OtherScreen&) = delete;
  OtherScreen& operator=(const OtherScreen&) = delete;
};

double now() {
  const std::chrono::duration<double> time = std::chrono::system_clock::now().time_since_epoch();
  return time.count();
}

ScreenOptions options_of(const Arguments& arguments) {
  const TerminalSize size = terminal_size(STDOUT_FILENO);
  return {.columns = size.columns,
          .lines = size.lines,
          .colored = wants_color(STDOUT_FILENO),
          .log_scale = arguments.has("--log"),
          .metric = arguments.text("--metric"),
          .now = now()};
}

void check_metric(const RecordedRun& run, const std::string& metric) {
  if (metric.empty() || run.categories().empty()) return;
  std::string names;
  for (const auto& [category, metrics] : run.categories()) {
    if (metrics.contains(metric)) return;
    if (!names.empty()) continue;
    for (const auto& [name, ignored] : metrics) names += cat(names.empty() ? "" : ", ", name);
  }
  throw ConfigError(
      cat("watch: --metric must be one that was recorded (", names, "), but is ", metric));
}

int watch_on(RecordedRun& run, const Arguments& arguments) {
  // Waited for, and not handled: so nothing is interrupted half-way.
  sigset_t signals;
  sigemptyset(&signals);
  for (const int signal : {SIGINT, SIGTERM, SIGHUP, SIGWINCH}) sigaddset(&signals, signal);
  sigprocmask(SIG_BLOCK, &signals, nullptr);

  const timespec pause{.tv_sec = arguments.number("--every", 1, 1, 3600), .tv_nsec = 0};
  const OtherScreen screen;
  while (true) {
    run.refresh();
    // All in one piece, over what stood there: a screen that is cleared first would flicker.
    std::string text = "\x1b[H";
    const auto lines = draw(run, options_of(arguments));
    for (std::size_t i = 0; i < lines.size(); ++i) {
      text += cat(i == 0 ? "" : "\r\n", lines[i], "\x1b[K");
    }
    std::cout << text << "\x1b[J" << std::flush;
    if (!std::cout) return 0;  // the terminal is gone
    const int signal = sigtimedwait(&signals, nullptr, &pause);
    if (signal == SIGINT || signal == SIGTERM || signal == SIGHUP) return 0;
  }
}

int watch(const Arguments& arguments) {
  RecordedRun run(arguments.operands.at(0));
  check_metric(run, arguments.text("--metric"));
  if (!arguments.has("--once") && is_terminal(STDOUT_FILENO)) return watch_on(run, arguments);
  for (const auto& line : draw(run, options_of(arguments))) std::cout << line << '\n';
  return 0;
}

}  // namespace
}  // namespace roux::tool

int main(int argc, char** argv) {
  using namespace roux::tool;
  return tool_main(
      {.name = "watch",
       .summary = "draws the curves of a run in the terminal, while it goes on",
       .commands =
           {{.operands = {"OUT"},
             .options = {{.name = "--metric",
                          .value = "NAME",
                          .help = "what the large picture shows; the loss unless given",
                          .letter = "-m"},
                         {.name = "--log", .help = "a logarithmic scale, where nothing is below 0"},
                         {.name = "--every",
                          .value = "SECONDS",
                          .help = "how often to look for more; 1 unless given"},
                         {.name = "--once", .help = "draw once and leave", .letter = "-1"}},
             .details = "OUT is the output folder of a run, finished or not. Ctrl-C leaves; "
                        "the run goes on.\n",
             .run = watch}}},
      argc, argv);
}
