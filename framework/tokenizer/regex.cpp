#include "tokenizer/regex.h"

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

#include <array>

#include "roux/base/error.h"
#include "roux/tokenizer/utf8.h"
#include "tokenizer/unicode.h"

namespace roux {
namespace {

// \w with what PCRE2 leaves out of it: marks, and connectors other than the underscore.
constexpr std::string_view kWordMembers = R"(\p{L}\p{M}\p{Nd}\p{Nl}\p{Pc})";

[[noreturn]] void refuse(std::string_view pattern, std::string_view why) {
  throw ConfigError(cat("the split pattern '", pattern, "' ", why));
}

// The pattern in PCRE2's words. What looks the same and means something else is refused.
std::string in_pcre2(std::string_view pattern) {
  std::string result;
  bool in_class = false;
  for (std::size_t i = 0; i < pattern.size(); ++i) {
    const char c = pattern[i];
    const char next = i + 1 < pattern.size() ? pattern[i + 1] : '\0';
    if (c == '\\') {
      if (next == 'w') {
        result += in_class ? std::string(kWordMembers) : cat('[', kWordMembers, ']');
      } else if (next == 'W' && !in_class) {
        result += cat("[^", kWordMembers, ']');
      } else if (next == 'W' || next == 'b' || next == 'B' || next == 'h' || next == 'H') {
        refuse(pattern, cat("uses \\", next, ", which is not supported"));
      } else {
        result += c;
        if (next != '\0') result += next;
      }
      ++i;
      continue;
    }
    if (!in_class && c == '[') {
      in_class = true;
      result += c;
      if (next == '^') result += pattern[++i];
      // A bracket that opens or closes nothing is a member when it stands first.
      if (i + 1 < pattern.size() && pattern[i + 1] == ']') result += pattern[++i];
      continue;
    }
    if (in_class && c == '[' && next != ':') {
      refuse(pattern, "has a class inside a class, which is not supported");
    }
    if (in_class && c == '&' && next == '&') {
      refuse(pattern, "intersects classes (&&), which is not supported");
    }
    if (in_class && c == '[') {  // [:alpha:] up to its end
      const std::size_t end = pattern.find(":]", i);
      if (end == std::string_view::npos) refuse(pattern, "has a class that does not end");
      result += pattern.substr(i, end + 2 - i);
      i = end + 1;
      continue;
    }
    if (in_class && c == ']') in_class = false;
    result += c;
  }
  return result;
}

std::string message_of(int error) {
  std::array<unsigned char, 256> message{};
  pcre2_get_error_message(error, message.data(), message.size());
  return reinterpret_cast<char*>(message.data());
}

// What a search needs beside the code; one for each thread, made when it first searches.
struct Scratch {
  pcre2_match_data* data = pcre2_match_data_create(1, nullptr);
  pcre2_match_context* context = pcre2_match_context_create(nullptr);
  pcre2_jit_stack* stack = pcre2_jit_stack_create(32 * 1024, 8 * 1024 * 1024, nullptr);

  Scratch() {
    pcre2_jit_stack_assign(context, nullptr, stack);
    pcre2_set_match_limit(context, 50'000'000);
  }
  ~Scratch() {
    pcre2_jit_stack_free(stack);
    pcre2_match_context_free(context);
    pcre2_match_data_free(data);
  }
  Scratch(const Scratch&) = delete;
  Scratch& operator=(const Scratch&) = delete;
};

}  // namespace

struct Regex::Code {
  pcre2_code* compiled = nullptr;
  bool jit = false;

  ~Code() { pcre2_code_free(compiled); }
};

Regex::Regex(std::string_view pattern, PatternSyntax syntax) : pattern_(pattern) {
  const std::string translated = in_pcre2(pattern);
  std::uint32_t options = PCRE2_UTF | PCRE2_UCP | PCRE2_NO_UTF_CHECK | PCRE2_NEVER_BACKSLASH_C;
  if (syntax == PatternSyntax::Oniguruma) options |= PCRE2_MULTILINE;
  if (!is_valid_utf8(translated)) refuse(pattern, "is not UTF-8");

  auto code = std::make_unique<Code>();
  int error = 0;
  PCRE2_SIZE offset = 0;
  code->compiled = pcre2_compile(reinterpret_cast<PCRE2_SPTR>(translated.data()), translated.size(),
                                 options, &error, &offset, nullptr);
  if (code->compiled == nullptr) {
    refuse(pattern, cat("is no regular expression: ", message_of(error), " at byte ", offset));
  }
  // Where the processor or the system has no machine code for us, the interpreter gives the same.
  code->jit = pcre2_jit_compile(code->compiled, PCRE2_JIT_COMPLETE) == 0;
  code_ = std::move(code);
}

Regex::~Regex() = default;

std::optional<Regex::Match> Regex::find(std::string_view text, std::size_t from) const {
  static thread_local Scratch scratch;
  const auto* subject = reinterpret_cast<PCRE2_SPTR>(text.data());
  while (from < text.size()) {
    int found = PCRE2_ERROR_JIT_STACKLIMIT;
    if (code_->jit) {
      found = pcre2_jit_match(code_->compiled, subject, text.size(), from, PCRE2_NO_UTF_CHECK,
                              scratch.data, scratch.context);
    }
    if (found == PCRE2_ERROR_JIT_STACKLIMIT) {
      found = pcre2_match(code_->compiled, subject, text.size(), from,
                          PCRE2_NO_UTF_CHECK | PCRE2_NO_JIT, scratch.data, scratch.context);
    }
    if (found == PCRE2_ERROR_NOMATCH) return std::nullopt;
    if (found < 0) {
      throw Error(cat("the split pattern '", pattern_, "' gave up at byte ", from, " of a text of ",
                      text.size(), " bytes: ", message_of(found)));
    }
    const PCRE2_SIZE* ends = pcre2_get_ovector_pointer(scratch.data);
    if (ends[0] < ends[1]) return Match{ends[0], ends[1]};
    from = ends[1];
    if (from < text.size()) from += unicode::read(text.data() + from).size;
  }
  return std::nullopt;
}

}  // namespace roux
