#include "tokenizer/json_components.h"

#include <limits>
#include <string>
#include <utility>

#include "roux/base/error.h"
#include "tokenizer/unicode.h"

namespace roux {
namespace {

[[noreturn]] void refuse_type(const JsonPart& part, std::string_view known) {
  part.at("type").fail(cat("\"", part.text("type"), "\" is not supported; known are ", known));
}

// A pattern as {"String": …} or {"Regex": …}; older files have the text alone.
struct Pattern {
  std::string text;
  std::unique_ptr<Regex> regex;  // null: `text` as it stands
};

template <typename Make>
auto with_place(const JsonPart& part, Make make) {
  try {
    return make();
  } catch (const ConfigError& e) {
    part.fail(cat("is not supported: ", e.what()));
  }
}

std::string_view text_that_is_not_empty(const JsonPart& part) {
  const std::string_view text = part.text();
  if (text.empty()) part.must_be("a text that is not empty");
  return text;
}

Pattern read_pattern(const JsonPart& part) {
  if (part.is_text()) return {std::string(text_that_is_not_empty(part)), nullptr};
  part.allow_only({"String", "Regex"});
  if (const auto text = part.find("String")) {
    return {std::string(text_that_is_not_empty(*text)), nullptr};
  }
  const JsonPart pattern = part.at("Regex");
  return {std::string(pattern.text()), with_place(pattern, [&] {
            return std::make_unique<Regex>(pattern.text(), PatternSyntax::Oniguruma);
          })};
}

SplitBehavior read_behavior(const JsonPart& part, SplitBehavior otherwise) {
  const auto behavior = part.find("behavior");
  if (!behavior) return otherwise;
  const std::string_view name = behavior->text();
  if (name == "Isolated") return SplitBehavior::Isolated;
  if (name == "Removed") return SplitBehavior::Removed;
  if (name == "MergedWithPrevious") return SplitBehavior::MergedWithPrevious;
  if (name == "MergedWithNext") return SplitBehavior::MergedWithNext;
  if (name == "Contiguous") return SplitBehavior::Contiguous;
  behavior->must_be("Isolated, Removed, MergedWithPrevious, MergedWithNext or Contiguous");
}

PrependScheme read_prepend_scheme(const JsonPart& part) {
  const auto scheme = part.find("prepend_scheme");
  if (!scheme) {  // older files
    return part.flag("add_prefix_space", true) ? PrependScheme::Always : PrependScheme::Never;
  }
  const std::string_view name = scheme->text();
  if (name == "always") return PrependScheme::Always;
  if (name == "first") return PrependScheme::First;
  if (name == "never") return PrependScheme::Never;
  scheme->must_be("always, first or never");
}

void read_split(const JsonPart& part, PreTokenizerParts& result) {
  part.allow_only({"type", "pattern", "behavior", "invert"});
  const SplitBehavior behavior = read_behavior(part, SplitBehavior::Isolated);
  const bool invert = part.flag("invert", false);
  const JsonPart pattern = part.at("pattern");
  // Isolated pieces are the same whichever part of them matches.
  if (behavior == SplitBehavior::Isolated && pattern.is_object() && pattern.find("Regex")) {
    const JsonPart regex = pattern.at("Regex");
    result.splitter = with_place(regex, [&] { return make_splitter(regex.text()); });
    return;
  }
  Pattern read = read_pattern(pattern);
  result.steps.push_back(read.regex ? make_split(std::move(read.regex), behavior, invert)
                                    : make_split(std::move(read.text), behavior, invert));
}

void read_step(const JsonPart& part, PreTokenizerParts& result) {
  if (result.byte_level) part.fail("comes after ByteLevel, which must be the last");
  const std::string_view type = part.text("type");
  if (type == "Sequence") {
    part.allow_only({"type", "pretokenizers"});
    for (const JsonPart& step : part.at("pretokenizers").items()) read_step(step, result);
    return;
  }
  // Only the last step that cuts may stay a splitter.
  const auto end_splitter = [&result] {
    if (result.splitter == nullptr) return;
    result.steps.push_back(make_isolated(std::exchange(result.splitter, nullptr)));
  };
  if (type == "ByteLevel") {
    part.allow_only({"type", "add_prefix_space", "trim_offsets", "use_regex"});
    if (part.flag("add_prefix_space", true)) {
      end_splitter();
      result.steps.push_back(make_prefix_space());
    }
    if (part.flag("use_regex", true)) {
      end_splitter();
      result.splitter = make_splitter(split_patterns::kGpt2);
    }
    result.byte_level = true;
    return;
  }
  end_splitter();
  if (type == "Split") {
    read_split(part, result);
  } else if (type == "Digits") {
    part.allow_only({"type", "individual_digits"});
    const bool individual = part.flag("individual_digits", false);
    result.steps.push_back(make_class_split(
        unicode::kNumber, individual ? SplitBehavior::Isolated : SplitBehavior::Contiguous));
  } else if (type == "Punctuation") {
    part.allow_only({"type", "behavior"});
    result.steps.push_back(
        make_class_split(unicode::kPunctuation, read_behavior(part, SplitBehavior::Isolated)));
  } else if (type == "Whitespace") {
    part.allow_only({"type"});
    result.steps.push_back(make_whitespace());
  } else if (type == "WhitespaceSplit") {
    part.allow_only({"type"});
    result.steps.push_back(make_class_split(unicode::kSpace, SplitBehavior::Removed));
  } else if (type == "Metaspace") {
    part.allow_only(
        {"type", "replacement", "prepend_scheme", "split", "add_prefix_space", "str_rep"});
    result.steps.push_back(
        make_metaspace(std::string(text_that_is_not_empty(part.at("replacement"))),
                       read_prepend_scheme(part), part.flag("split", true)));
  } else {
    refuse_type(part,
                "ByteLevel, Digits, Metaspace, Punctuation, Sequence, Split, Whitespace and "
                "WhitespaceSplit");
  }
}

std::size_t read_count(const JsonPart& part) {
  constexpr std::int64_t kMost = 1000;
  const std::int64_t count = part.integer();
  if (count < 0 || count > kMost) part.must_be(cat("between 0 and ", kMost));
  return static_cast<std::size_t>(count);
}

DecodeRules::Strip read_strip(const JsonPart& part) {
  part.allow_only({"type", "content", "start", "stop"});
  return {std::string(text_that_is_not_empty(part.at("content"))), read_count(part.at("start")),
          read_count(part.at("stop"))};
}

// One token without what is stripped, for a Strip that comes before the tokens are joined.
std::string stripped(std::string token, const DecodeRules::Strip& strip) {
  for (std::size_t i = 0; i < strip.at_start && token.starts_with(strip.character); ++i) {
    token.erase(0, strip.character.size());
  }
  for (std::size_t i = 0; i < strip.at_end && token.ends_with(strip.character); ++i) {
    token.erase(token.size() - strip.character.size());
  }
  return token;
}

struct DecoderReading {
  DecodeRules rules;
  bool joined = false;  // a step has made one text of the tokens
};

void read_decoder_step(const JsonPart& part, DecoderReading& reading) {
  DecodeRules& rules = reading.rules;
  const auto before_joining = [&] {
    if (reading.joined || rules.byte_fallback) {
      part.fail(cat("has the type ", part.text("type"),
                    " after a step that joins tokens, which is not supported"));
    }
  };
  const std::string_view type = part.text("type");
  if (type == "Sequence") {
    part.allow_only({"type", "decoders"});
    for (const JsonPart& step : part.at("decoders").items()) read_decoder_step(step, reading);
  } else if (type == "ByteLevel") {
    part.allow_only({"type", "add_prefix_space", "trim_offsets", "use_regex"});
    before_joining();
    if (!rules.steps.empty()) part.fail("is a ByteLevel after other steps, which is not supported");
    rules.bytes = true;
    reading.joined = true;
  } else if (type == "ByteFallback") {
    part.allow_only({"type"});
    before_joining();
    rules.byte_fallback = true;
  } else if (type == "Fuse") {
    part.allow_only({"type"});
    reading.joined = true;
  } else if (type == "Replace") {
    part.allow_only({"type", "pattern", "content"});
    before_joining();
    auto pattern = std::make_shared<Pattern>(read_pattern(part.at("pattern")));
    const auto normalizer = std::shared_ptr<const Normalizer>(
        pattern->regex ? make_replace(std::move(pattern->regex), std::string(part.text("content")))
                       : make_replace(pattern->text, std::string(part.text("content"))));
    rules.steps.push_back([normalizer](std::string token, bool) {
      normalizer->apply(token);
      return token;
    });
  } else if (type == "Strip") {
    const DecodeRules::Strip strip = read_strip(part);
    if (reading.joined) {
      if (rules.strip || rules.bytes) part.fail("strips once more, which is not supported");
      rules.strip = strip;
    } else {
      before_joining();
      rules.steps.push_back(
          [strip](std::string token, bool) { return stripped(std::move(token), strip); });
    }
  } else if (type == "Metaspace") {
    part.allow_only(
        {"type", "replacement", "prepend_scheme", "split", "add_prefix_space", "str_rep"});
    before_joining();
    const bool prepended = read_prepend_scheme(part) != PrependScheme::Never;
    rules.first_differs |= prepended;
    rules.steps.push_back([what = std::string(text_that_is_not_empty(part.at("replacement"))),
                           prepended](std::string token, bool first) {
      replace_all(token, what, first && prepended ? "" : " ");
      return token;
    });
  } else {
    refuse_type(part, "ByteFallback, ByteLevel, Fuse, Metaspace, Replace, Sequence and Strip");
  }
}

TokenId read_id(const JsonPart& part) {
  const std::int64_t id = part.integer();
  if (id < 0 || id > std::numeric_limits<TokenId>::max()) part.must_be("the id of a token");
  return static_cast<TokenId>(id);
}

PostProcessorParts read_template(const JsonPart& part) {
  part.allow_only({"type", "single", "pair", "special_tokens"});
  PostProcessorParts result;
  bool after_text = false;
  for (const JsonPart& piece : part.at("single").items()) {
    piece.allow_only({"SpecialToken", "Sequence"});
    if (const auto sequence = piece.find("Sequence")) {
      if (after_text || sequence->text("id") != "A") sequence->must_be("the one text, A");
      after_text = true;
      continue;
    }
    const JsonPart name = piece.at("SpecialToken").at("id");
    for (const JsonPart& id : part.at("special_tokens").at(name.text()).at("ids").items()) {
      (after_text ? result.suffix : result.prefix).push_back(read_id(id));
    }
  }
  if (!after_text) part.at("single").fail("has no place for the text");
  return result;
}

}  // namespace

std::unique_ptr<Normalizer> read_normalizer(const JsonPart& part) {
  const std::string_view type = part.text("type");
  if (type == "Sequence") {
    part.allow_only({"type", "normalizers"});
    std::vector<std::unique_ptr<Normalizer>> steps;
    for (const JsonPart& step : part.at("normalizers").items()) {
      steps.push_back(read_normalizer(step));
    }
    return make_sequence(std::move(steps));
  }
  if (type == "NFC" || type == "NFD" || type == "NFKC" || type == "NFKD" || type == "Lowercase") {
    part.allow_only({"type"});
    if (type == "Lowercase") return make_lowercase();
    return make_normal_form(type == "NFC"    ? NormalForm::Nfc
                            : type == "NFD"  ? NormalForm::Nfd
                            : type == "NFKC" ? NormalForm::Nfkc
                                             : NormalForm::Nfkd);
  }
  if (type == "Strip") {
    part.allow_only({"type", "strip_left", "strip_right"});
    return make_strip(part.flag("strip_left", true), part.flag("strip_right", true));
  }
  if (type == "Prepend") {
    part.allow_only({"type", "prepend"});
    return make_prepend(std::string(part.text("prepend")));
  }
  if (type == "Replace") {
    part.allow_only({"type", "pattern", "content"});
    Pattern pattern = read_pattern(part.at("pattern"));
    std::string content(part.text("content"));
    if (pattern.regex) return make_replace(std::move(pattern.regex), std::move(content));
    return make_replace(std::move(pattern.text), std::move(content));
  }
  refuse_type(part, "Lowercase, NFC, NFD, NFKC, NFKD, Prepend, Replace, Sequence and Strip");
}

PreTokenizerParts read_pre_tokenizer(const JsonPart& part) {
  PreTokenizerParts result;
  read_step(part, result);
  return result;
}

DecodeRules read_decoder(const JsonPart& part) {
  DecoderReading reading;
  read_decoder_step(part, reading);
  return std::move(reading.rules);
}

PostProcessorParts read_post_processor(const JsonPart& part) {
  const std::string_view type = part.text("type");
  if (type == "ByteLevel") {  // moves offsets only, which nobody asks for here
    part.allow_only({"type", "add_prefix_space", "trim_offsets", "use_regex"});
    return {};
  }
  if (type == "TemplateProcessing") return read_template(part);
  if (type == "RobertaProcessing" || type == "BertProcessing") {
    part.allow_only({"type", "sep", "cls", "trim_offsets", "add_prefix_space"});
    const auto id = [&](std::string_view key) {
      const auto pair = part.at(key).items();
      if (pair.size() != 2) part.at(key).must_be("a token and its id");
      return read_id(pair[1]);
    };
    return {{id("cls")}, {id("sep")}};
  }
  if (type == "Sequence") {
    part.allow_only({"type", "processors"});
    PostProcessorParts result;
    for (const JsonPart& step : part.at("processors").items()) {
      const PostProcessorParts more = read_post_processor(step);
      result.prefix.insert(result.prefix.begin(), more.prefix.begin(), more.prefix.end());
      result.suffix.insert(result.suffix.end(), more.suffix.begin(), more.suffix.end());
    }
    return result;
  }
  refuse_type(part,
              "BertProcessing, ByteLevel, RobertaProcessing, Sequence and TemplateProcessing");
}

}  // namespace roux
