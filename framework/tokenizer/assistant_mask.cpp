#include "tokenizer/assistant_mask.h"

#include <algorithm>

namespace roux {
namespace {

using jinja::Mark;

// The first special token in the text: one that is known, or one that looks like it. Its end, or
// npos; `begin` is where it begins.
std::size_t end_of_special(std::string_view text, std::span<const std::string> known,
                           std::size_t& begin) {
  std::size_t first = std::string_view::npos;
  std::size_t end = first;
  const auto consider = [&](std::size_t at, std::size_t size) {
    if (at < first || (at == first && at != std::string_view::npos && at + size > end)) {
      first = at;
      end = at + size;
    }
  };
  for (const std::string& each : known) {
    if (!each.empty()) consider(text.find(each), each.size());
  }
  // "<|im_end|>", "<｜end▁of▁sentence｜>".
  for (const auto& [open, close] :
       {std::pair<std::string_view, std::string_view>{"<|", "|>"}, {"<｜", "｜>"}}) {
    const std::size_t at = text.find(open);
    const std::size_t last = at == text.npos ? at : text.find(close, at + open.size());
    if (last != text.npos) consider(at, last + close.size() - at);
  }
  begin = first;
  return end;
}

std::size_t common_prefix(std::string_view a, std::string_view b) {
  return static_cast<std::size_t>(std::mismatch(a.begin(), a.end(), b.begin(), b.end()).first -
                                  a.begin());
}

// From the first special token in the text to the last: "<|END_RESPONSE|><|END_OF_TURN_TOKEN|>".
std::string special_tokens_of(std::string_view text, std::span<const std::string> known) {
  std::size_t first = text.npos;
  std::size_t last = 0;
  for (;;) {
    std::size_t begin = 0;
    const std::size_t end = end_of_special(text.substr(last), known, begin);
    if (end == text.npos) break;
    first = std::min(first, last + begin);
    last += end;
  }
  if (first != text.npos) return std::string(text.substr(first, last - first));
  // "</s>", "<end_of_turn>".
  first = text.find('<');
  const std::size_t close = first == text.npos ? first : text.find('>', first);
  return close == text.npos ? "" : std::string(text.substr(first, close + 1 - first));
}

// The pieces of one message, with those of no other between them.
struct Run {
  std::int32_t message;
  std::size_t begin;
  std::size_t end;
};

std::vector<Run> runs_of(const std::vector<Mark>& marks) {
  std::vector<Run> runs;
  for (const Mark& mark : marks) {
    if (mark.message == jinja::kNoMessage) continue;
    if (!runs.empty() && runs.back().message == mark.message) {
      runs.back().end = mark.end;
    } else {
      runs.push_back({mark.message, mark.begin, mark.end});
    }
  }
  return runs;
}

void add(std::vector<TextRange>& ranges, TextRange range) {
  if (range.begin >= range.end) return;
  if (!ranges.empty() && ranges.back().end >= range.begin) {
    ranges.back().end = std::max(ranges.back().end, range.end);
  } else {
    ranges.push_back(range);
  }
}

}  // namespace

TurnShape learn_turn_shape(const TurnSamples& samples,
                           std::span<const std::string> special_tokens) {
  TurnShape shape;
  const auto runs = runs_of(samples.answered.marks);
  if (runs.size() < 2) return shape;
  const std::string_view text = samples.answered.bytes;
  const std::size_t asked = runs[0].end;

  // What the prompt adds, or where it adds nothing, what stands behind the question.
  const std::size_t same = common_prefix(samples.question, samples.prompt);
  std::string_view header = std::string_view(samples.prompt).substr(same);
  if (header.empty() && asked <= samples.question.size()) {
    header = std::string_view(samples.question).substr(asked);
  }
  // Some prompts open the reasoning, which past answers don't show.
  if (const std::size_t think = header.find("<think>"); think != header.npos && think > 0) {
    header = header.substr(0, think);
  }
  const std::string_view head = text.substr(asked, runs[1].begin - asked);
  if (const std::size_t at = head.rfind(header); at != head.npos) {
    shape.header = header;
    shape.lead = head.substr(at + header.size());
  }

  // What follows an answer, whether or not the conversation goes on.
  std::string_view tail = text.substr(runs[1].end);
  const auto longer = runs_of(samples.asked_again.marks);
  if (longer.size() > 2) {
    const std::string_view again = samples.asked_again.bytes;
    tail = tail.substr(
        0, common_prefix(tail, again.substr(longer[1].end, longer[2].begin - longer[1].end)));
  }
  shape.end = special_tokens_of(tail, special_tokens);
  return shape;
}

std::vector<TextRange> generated_ranges(const jinja::Text& text) {
  std::vector<TextRange> ranges;
  for (const Mark& mark : text.marks) {
    if (mark.generated) add(ranges, {mark.begin, mark.end});
  }
  return ranges;
}

std::vector<TextRange> assistant_ranges(const jinja::Text& text,
                                        const std::vector<bool>& is_assistant,
                                        const TurnShape& shape,
                                        std::span<const std::string> special_tokens) {
  const std::string_view bytes = text.bytes;
  const std::vector<Run> runs = runs_of(text.marks);
  std::vector<TextRange> ranges;
  for (std::size_t i = 0; i < runs.size(); ++i) {
    const Run& run = runs[i];
    if (!is_assistant[static_cast<std::size_t>(run.message)]) continue;
    TextRange said{run.begin, run.end};

    const std::size_t before = i == 0 ? 0 : runs[i - 1].end;
    const std::string_view head = bytes.substr(before, run.begin - before);
    const std::size_t header = shape.header.empty() ? head.npos : head.rfind(shape.header);
    if (header != head.npos) {
      said.begin = before + header + shape.header.size();
    } else if (head.ends_with(shape.lead)) {
      said.begin -= shape.lead.size();
    }

    const std::size_t after = i + 1 == runs.size() ? bytes.size() : runs[i + 1].begin;
    const std::string_view tail = bytes.substr(run.end, after - run.end);
    std::size_t end = shape.end.empty() ? tail.npos : tail.find(shape.end);
    std::size_t begin = 0;
    end = end == tail.npos ? end_of_special(tail, special_tokens, begin) : end + shape.end.size();
    if (end != tail.npos) said.end = run.end + end;
    add(ranges, said);
  }
  return ranges;
}

}  // namespace roux
