#include "tokenizer/normalizer.h"

#include <utf8proc.h>

#include <algorithm>
#include <cstddef>
#include <cstdlib>
#include <iterator>
#include <utility>

#include "roux/base/error.h"
#include "tokenizer/unicode.h"

namespace roux {
namespace {

bool is_ascii(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return (c & 0x80) == 0; });
}

void append(std::string& text, char32_t character) {
  const auto byte = [&text](char32_t value) { text += static_cast<char>(value); };
  if (character < 0x80) {
    byte(character);
  } else if (character < 0x800) {
    byte(0xc0 | character >> 6);
    byte(0x80 | (character & 0x3f));
  } else if (character < 0x10000) {
    byte(0xe0 | character >> 12);
    byte(0x80 | (character >> 6 & 0x3f));
    byte(0x80 | (character & 0x3f));
  } else {
    byte(0xf0 | character >> 18);
    byte(0x80 | (character >> 12 & 0x3f));
    byte(0x80 | (character >> 6 & 0x3f));
    byte(0x80 | (character & 0x3f));
  }
}

constexpr std::uint32_t kComposedRuns[] = {
#include "tokenizer/unicode_composed.inc"
};

// Whether each character is one that form C leaves alone, wherever it stands: nearly every text is
// of these alone, and utf8proc would take it apart and put it together again.
bool is_surely_composed(std::string_view text) {
  static const std::vector<bool> stays = [] {
    std::vector<bool> made(0x110000);
    for (std::size_t i = 0; i < std::size(kComposedRuns); ++i) {
      const std::size_t end =
          i + 1 < std::size(kComposedRuns) ? kComposedRuns[i + 1] >> 8 : made.size();
      std::fill(made.begin() + (kComposedRuns[i] >> 8),
                made.begin() + static_cast<std::ptrdiff_t>(end), (kComposedRuns[i] & 1) != 0);
    }
    return made;
  }();
  const char* const end = text.data() + text.size();
  for (const char* at = text.data(); at != end;) {
    if ((*at & 0x80) == 0) {
      ++at;
      continue;
    }
    const unicode::Character character = unicode::read(at);
    if (!stays[character.code]) return false;
    at += character.size;
  }
  return true;
}

class NormalFormStep final : public Normalizer {
 public:
  explicit NormalFormStep(NormalForm form)
      : options_(options(form)), is_nfc_(form == NormalForm::Nfc) {}

  void apply(std::string& text) const override {
    if (is_ascii(text) || (is_nfc_ && is_surely_composed(text))) return;
    utf8proc_uint8_t* mapped = nullptr;
    const auto size = utf8proc_map(reinterpret_cast<const utf8proc_uint8_t*>(text.data()),
                                   static_cast<utf8proc_ssize_t>(text.size()), &mapped, options_);
    const std::unique_ptr<utf8proc_uint8_t, void (*)(void*)> owner(mapped, std::free);
    if (size < 0) {
      throw Error(
          cat("a text of ", text.size(), " bytes was not normalized: ", utf8proc_errmsg(size)));
    }
    text.assign(reinterpret_cast<const char*>(mapped), static_cast<std::size_t>(size));
  }

 private:
  static utf8proc_option_t options(NormalForm form) {
    const bool composed = form == NormalForm::Nfc || form == NormalForm::Nfkc;
    const bool compatible = form == NormalForm::Nfkc || form == NormalForm::Nfkd;
    return static_cast<utf8proc_option_t>(UTF8PROC_STABLE |
                                          (composed ? UTF8PROC_COMPOSE : UTF8PROC_DECOMPOSE) |
                                          (compatible ? UTF8PROC_COMPAT : 0));
  }

  utf8proc_option_t options_;
  bool is_nfc_;
};

class Lowercase final : public Normalizer {
 public:
  void apply(std::string& text) const override {
    std::string result;
    result.reserve(text.size());
    for (const char* at = text.data(); at != text.data() + text.size();) {
      const unicode::Character character = unicode::read(at);
      at += character.size;
      // The only character whose small form is two.
      if (character.code == U'\u0130') {
        result += "i\u0307";
      } else {
        append(result, static_cast<char32_t>(
                           utf8proc_tolower(static_cast<utf8proc_int32_t>(character.code))));
      }
    }
    text = std::move(result);
  }
};

class Strip final : public Normalizer {
 public:
  Strip(bool left, bool right) : left_(left), right_(right) {}

  void apply(std::string& text) const override {
    std::string_view rest = text;
    while (left_ && !rest.empty() && (unicode::first_classes(rest) & unicode::kSpace)) {
      rest.remove_prefix(unicode::read(rest.data()).size);
    }
    while (right_ && !rest.empty() && (unicode::last_classes(rest) & unicode::kSpace)) {
      const char* end = rest.data() + rest.size();
      rest.remove_suffix(static_cast<std::size_t>(end - unicode::previous(rest.data(), end)));
    }
    text = std::string(rest);
  }

 private:
  bool left_;
  bool right_;
};

class Prepend final : public Normalizer {
 public:
  explicit Prepend(std::string what) : what_(std::move(what)) {}

  void apply(std::string& text) const override {
    if (!text.empty()) text.insert(0, what_);
  }

 private:
  std::string what_;
};

class Replace final : public Normalizer {
 public:
  Replace(std::string what, std::string by) : what_(std::move(what)), by_(std::move(by)) {}

  void apply(std::string& text) const override { replace_all(text, what_, by_); }

 private:
  std::string what_;
  std::string by_;
};

class ReplaceMatches final : public Normalizer {
 public:
  ReplaceMatches(std::unique_ptr<const Regex> what, std::string by)
      : what_(std::move(what)), by_(std::move(by)) {}

  void apply(std::string& text) const override {
    std::string result;
    std::size_t done = 0;
    while (const auto match = what_->find(text, done)) {
      result.append(text, done, match->begin - done);
      result += by_;
      done = match->end;
    }
    if (done == 0) return;
    result.append(text, done);
    text = std::move(result);
  }

 private:
  std::unique_ptr<const Regex> what_;
  std::string by_;
};

class Sequence final : public Normalizer {
 public:
  explicit Sequence(std::vector<std::unique_ptr<Normalizer>> steps) : steps_(std::move(steps)) {}

  void apply(std::string& text) const override {
    for (const auto& step : steps_) step->apply(text);
  }

 private:
  std::vector<std::unique_ptr<Normalizer>> steps_;
};

}  // namespace

std::unique_ptr<Normalizer> make_normal_form(NormalForm form) {
  return std::make_unique<NormalFormStep>(form);
}
std::unique_ptr<Normalizer> make_lowercase() {
  return std::make_unique<Lowercase>();
}
std::unique_ptr<Normalizer> make_strip(bool left, bool right) {
  return std::make_unique<Strip>(left, right);
}
std::unique_ptr<Normalizer> make_prepend(std::string what) {
  return std::make_unique<Prepend>(std::move(what));
}
std::unique_ptr<Normalizer> make_replace(std::string what, std::string by) {
  return std::make_unique<Replace>(std::move(what), std::move(by));
}
std::unique_ptr<Normalizer> make_replace(std::unique_ptr<const Regex> what, std::string by) {
  return std::make_unique<ReplaceMatches>(std::move(what), std::move(by));
}
std::unique_ptr<Normalizer> make_sequence(std::vector<std::unique_ptr<Normalizer>> steps) {
  return std::make_unique<Sequence>(std::move(steps));
}

void replace_all(std::string& text, std::string_view what, std::string_view by) {
  std::size_t at = text.find(what);
  if (at == std::string::npos) return;
  std::string result;
  result.reserve(text.size() + text.size() / 4);
  std::size_t done = 0;
  for (; at != std::string::npos; at = text.find(what, done)) {
    result.append(text, done, at - done);
    result += by;
    done = at + what.size();
  }
  result.append(text, done);
  text = std::move(result);
}

}  // namespace roux
