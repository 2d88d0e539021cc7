#include "roux/datasets/text_config.h"

#include "roux/base/error.h"

namespace roux::datasets {

void describe(config::EnumValues<OnBadExample>& value) {
  value("error", OnBadExample::Error, "Stop, and say where it is.");
  value("skip", OnBadExample::Skip,
        "Leave it out, count it, and stop past max_bad_share. A damaged file always stops it.");
}

void TextSource::describe(config::Fields<TextSource>& field) {
  field("path", &TextSource::path,
        "A file, a folder (all .jsonl, .jsonl.gz and .jsonl.zst in it and below), a pattern such "
        "as \"/data/**/*.chunk.*.jsonl\", or a folder that `roux data tokenize` wrote.")
      .required();
  field("weight", &TextSource::weight,
        "The share of the tokens that come from here, against the weights of the others. A source "
        "begins again when it ends. Unset in all of them: each text once an epoch.")
      .more_than(0);
}

void TextDatasetConfig::describe(config::Fields<TextDatasetConfig>& field) {
  using C = TextDatasetConfig;
  field("sources", &C::sources, "Where the texts are.");
  field("valid_paths", &C::valid_paths,
        "Where the texts to validate on are, in the same ways; unset: see valid_share.");
  field("valid_share", &C::valid_share,
        "The share of the texts that is held out to validate on, by their content: the same texts "
        "wherever they lie and in whatever order.")
      .between(0, 0.5);
  field("field", &C::field,
        "The member of each JSON object that is the text; \"a.b\" for a nested one.");
  field("add_eos", &C::add_eos, "End each text with the tokenizer's end-of-text token.");
  field("shuffle_window", &C::shuffle_window,
        "Files are cut into parts that come in random order; this many texts, over all shards, are "
        "mixed besides. 0: none.")
      .at_least(0);
  field("on_bad_example", &C::on_bad_example, "What becomes of a line that is broken.");
  field("max_bad_share", &C::max_bad_share,
        "The share of broken lines, in a shard, past which skipping them is an error. Judged as if "
        "there were at least 1,000 lines: at 0.01 ten of them always pass.")
      .between(0, 1);
}

void TextDatasetConfig::validate(config::Problems& problems) const {
  bool some = false;
  bool all = true;
  for (const TextSource& source : sources) {
    some |= source.weight.has_value();
    all &= source.weight.has_value();
  }
  if (some && !all) problems.add("sources", "must have a weight each, or none at all");
  if (!valid_paths.empty() && valid_share > 0.0) {
    problems.add("valid_share", "must be 0 where there are valid_paths");
  }
}

}  // namespace roux::datasets
