#include "tokenizer/pre_tokenizer.h"

#include <functional>
#include <optional>
#include <utility>

#include "tokenizer/normalizer.h"
#include "tokenizer/unicode.h"

namespace roux {
namespace {

struct Part {
  std::string_view text;
  bool is_match;
};

// A piece as matches and what lies between them, in order and without empty ones.
template <typename Find>
std::vector<Part> parts_of(std::string_view piece, Find find) {
  std::vector<Part> parts;
  std::size_t done = 0;
  while (const std::optional<Regex::Match> match = find(piece, done)) {
    if (match->begin > done) parts.push_back({piece.substr(done, match->begin - done), false});
    parts.push_back({piece.substr(match->begin, match->end - match->begin), true});
    done = match->end;
  }
  if (done < piece.size()) parts.push_back({piece.substr(done), false});
  return parts;
}

// Two neighbours in one text as one.
void extend(std::string_view& text, std::string_view by) {
  text = {text.data(), text.size() + by.size()};
}

void add_parts(const std::vector<Part>& parts, SplitBehavior behavior,
               std::vector<std::string_view>& out) {
  bool last_was_match = false;
  bool first = true;
  for (const Part& part : parts) {
    const bool joins =
        !first &&
        ((behavior == SplitBehavior::MergedWithPrevious && part.is_match && !last_was_match) ||
         (behavior == SplitBehavior::MergedWithNext && !part.is_match && last_was_match) ||
         (behavior == SplitBehavior::Contiguous && part.is_match == last_was_match));
    if (joins) {
      extend(out.back(), part.text);
    } else if (behavior != SplitBehavior::Removed || !part.is_match) {
      out.push_back(part.text);
    }
    last_was_match = part.is_match;
    first = false;
  }
}

// A step that is a way to find matches and what to do with them.
class Split final : public PreTokenizer {
 public:
  using Find = std::function<std::optional<Regex::Match>(std::string_view, std::size_t)>;

  Split(Find find, SplitBehavior behavior, bool invert)
      : find_(std::move(find)), behavior_(behavior), invert_(invert) {}

  void apply(Pieces& pieces) const override {
    std::vector<std::string_view> out;
    for (const std::string_view piece : pieces.views) {
      std::vector<Part> parts = parts_of(piece, find_);
      if (invert_) {
        for (Part& part : parts) part.is_match = !part.is_match;
      }
      add_parts(parts, behavior_, out);
    }
    pieces.views = std::move(out);
  }

 private:
  Find find_;
  SplitBehavior behavior_;
  bool invert_;
};

class Isolated final : public PreTokenizer {
 public:
  explicit Isolated(std::unique_ptr<const Splitter> splitter) : splitter_(std::move(splitter)) {}

  void apply(Pieces& pieces) const override {
    std::vector<std::string_view> out;
    for (const std::string_view piece : pieces.views) {
      for (const std::string_view part : splitter_->split(piece)) out.push_back(part);
    }
    pieces.views = std::move(out);
  }

 private:
  std::unique_ptr<const Splitter> splitter_;
};

class PrefixSpace final : public PreTokenizer {
 public:
  void apply(Pieces& pieces) const override {
    for (std::string_view& piece : pieces.views) {
      if (!piece.starts_with(' ')) pieces.change(piece, " " + std::string(piece));
    }
  }
};

class Metaspace final : public PreTokenizer {
 public:
  Metaspace(std::string replacement, PrependScheme scheme, bool split)
      : replacement_(std::move(replacement)), scheme_(scheme) {
    if (split) {
      split_ = make_split(replacement_, SplitBehavior::MergedWithNext, false);
    }
  }

  void apply(Pieces& pieces) const override {
    for (std::string_view& piece : pieces.views) {
      std::string text(piece);
      replace_all(text, " ", replacement_);
      const bool prepends = scheme_ == PrependScheme::Always ||
                            (scheme_ == PrependScheme::First && piece.data() == pieces.start);
      if (prepends && !text.starts_with(replacement_)) text.insert(0, replacement_);
      pieces.change(piece, std::move(text));
    }
    if (split_ != nullptr) split_->apply(pieces);
  }

 private:
  std::string replacement_;
  PrependScheme scheme_;
  std::unique_ptr<PreTokenizer> split_;
};

// The first character of the classes.
std::optional<Regex::Match> find_classes(std::string_view text, std::size_t from,
                                         unsigned classes) {
  const unicode::Table& table = unicode::table();
  while (from < text.size()) {
    const unicode::Character character = unicode::read(text.data() + from);
    if (table.classes(character.code) & classes) return Regex::Match{from, from + character.size};
    from += character.size;
  }
  return std::nullopt;
}

// \w+|[^\w\s]+
std::optional<Regex::Match> find_word(std::string_view text, std::size_t from) {
  const unicode::Table& table = unicode::table();
  const auto kind = [&](unicode::Character character) {
    const unsigned classes = table.classes(character.code);
    return classes & unicode::kWord ? 1 : classes & unicode::kSpace ? 0 : 2;
  };
  std::size_t begin = from;
  int first = 0;
  for (; from < text.size(); from += unicode::read(text.data() + from).size) {
    const int here = kind(unicode::read(text.data() + from));
    if (first == 0) {
      first = here;
      begin = from;
    } else if (here != first) {
      break;
    }
  }
  return first == 0 ? std::nullopt : std::optional(Regex::Match{begin, from});
}

}  // namespace

std::unique_ptr<PreTokenizer> make_split(std::unique_ptr<const Regex> pattern,
                                         SplitBehavior behavior, bool invert) {
  // Shared, since a std::function must be copyable.
  return std::make_unique<Split>(
      [regex = std::shared_ptr<const Regex>(std::move(pattern))](
          std::string_view text, std::size_t from) { return regex->find(text, from); },
      behavior, invert);
}

std::unique_ptr<PreTokenizer> make_split(std::string text, SplitBehavior behavior, bool invert) {
  return std::make_unique<Split>(
      [sought = std::move(text)](std::string_view piece,
                                 std::size_t from) -> std::optional<Regex::Match> {
        const std::size_t at = piece.find(sought, from);
        if (at == std::string_view::npos) return std::nullopt;
        return Regex::Match{at, at + sought.size()};
      },
      behavior, invert);
}

std::unique_ptr<PreTokenizer> make_class_split(unsigned classes, SplitBehavior behavior) {
  return std::make_unique<Split>(
      [classes](std::string_view text, std::size_t from) {
        return find_classes(text, from, classes);
      },
      behavior, false);
}

std::unique_ptr<PreTokenizer> make_whitespace() {
  return std::make_unique<Split>(find_word, SplitBehavior::Removed, true);
}

std::unique_ptr<PreTokenizer> make_isolated(std::unique_ptr<const Splitter> splitter) {
  return std::make_unique<Isolated>(std::move(splitter));
}

std::unique_ptr<PreTokenizer> make_prefix_space() {
  return std::make_unique<PrefixSpace>();
}

std::unique_ptr<PreTokenizer> make_metaspace(std::string replacement, PrependScheme scheme,
                                             bool split) {
  return std::make_unique<Metaspace>(std::move(replacement), scheme, split);
}

}  // namespace roux
