#include "interactive.h"

#include <csignal>

#include <atomic>
#include <iostream>
#include <string>

#include "line_editor.h"
#include "roux/base/error.h"
#include "roux/base/terminal.h"
#include "roux/base/visible.h"

namespace roux::lm {
namespace {

std::atomic<bool> interrupted{false};
static_assert(std::atomic<bool>::is_always_lock_free, "a signal handler writes it");

// While it lives, SIGINT ends no more than the text that is being written. Other signals go on to
// mean what they did.
class InterruptsText {
 public:
  InterruptsText() {
    struct sigaction action = {};
    action.sa_handler = [](int) { interrupted = true; };
    sigemptyset(&action.sa_mask);
    sigaction(SIGINT, &action, &before_);
  }
  ~InterruptsText() { sigaction(SIGINT, &before_, nullptr); }
  InterruptsText(const InterruptsText&) = delete;
  InterruptsText& operator=(const InterruptsText&) = delete;

 private:
  struct sigaction before_ = {};
};

class Interactive final : public Generator {
 public:
  Interactive(const LMGeneratorConfig& config, const Writer& writer, TextGenerator& generator,
              const RandomStream& random, const StopRequest& stop)
      : config_(config), writer_(writer), generator_(generator), random_(random), stop_(stop) {}

  void generate() override {
    const InterruptsText interrupts;
    if (is_terminal(1)) {
      std::cout << "Ctrl-C ends a text, Ctrl-D the program"
                << (config_.chat ? "; /new begins a new conversation.\n" : ".\n") << std::flush;
    }
    begin_conversation();
    std::string line;
    while (!stop_.requested()) {
      const auto end = editor_.read("> ", line);
      if (end == LineEditor::End::Closed) break;
      if (end == LineEditor::End::Interrupted || line.empty()) continue;
      if (config_.chat && line == "/new") {
        begin_conversation();
        continue;
      }
      try {
        answer(line);
      } catch (const DataError& error) {
        // A prompt that is too long: the next one may not be.
        std::cout << error.what() << '\n' << std::flush;
      }
    }
  }

 private:
  void begin_conversation() {
    messages_.clear();
    if (config_.system) messages_.push_back({"system", *config_.system});
  }

  void answer(const std::string& line) {
    std::vector<ChatMessage> messages = messages_;
    if (config_.chat) messages.push_back({"user", line});
    const std::vector prompts = {GenerationPrompt{
        config_.chat ? writer_.encode(messages) : writer_.encode(line), random_.child(number_++)}};
    interrupted = false;
    if (!config_.chat) std::cout << visible(line) << std::flush;
    const auto texts = generator_.generate(
        prompts,
        {.on_text = [](std::size_t,
                       std::string_view piece) { std::cout << visible(piece) << std::flush; },
         .cancelled = [&] { return interrupted.load() || stop_.requested(); }});
    std::cout << '\n' << std::flush;
    if (!config_.chat) return;
    messages.push_back({"assistant", texts[0].text});
    messages_ = std::move(messages);
  }

  const LMGeneratorConfig& config_;
  const Writer& writer_;
  TextGenerator& generator_;
  RandomStream random_;
  const StopRequest& stop_;
  LineEditor editor_;
  std::vector<ChatMessage> messages_;
  std::uint64_t number_ = 0;
};

}  // namespace

std::unique_ptr<Generator> make_interactive(const LMGeneratorConfig& config, const Writer& writer,
                                            TextGenerator& generator, const RandomStream& random,
                                            const StopRequest& stop) {
  return std::make_unique<Interactive>(config, writer, generator, random, stop);
}

}  // namespace roux::lm
