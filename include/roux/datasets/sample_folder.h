#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>

namespace roux::datasets {

struct SampleConfig {
  std::uint64_t seed = 0;
  std::int64_t megabytes = 4;  // of text to train on; from 1 to 1000
};

// How far it is.
struct SampleProgress {
  std::int64_t bytes = 0;
  std::int64_t all_bytes = 0;
  std::string maker;  // if it is another process that makes it, and this one waits: which
};

// Where the sample corpus is kept unless somebody says otherwise: a folder of its own for each
// version, seed and size, below $XDG_CACHE_HOME/roux or ~/.cache/roux. Throws ConfigError if
// neither is known.
std::filesystem::path default_sample_folder(const SampleConfig& config = {});

// Sees to it that `folder` holds the sample corpus (sample_corpus.h):
//
//   train.jsonl, valid.jsonl   a document a line, as its "text", with its "kind"
//   sums_held_out.jsonl        a question a line, as its "prompt" and "answer"
//   world_held_out.jsonl
//   tokenizer.json             which is the same for every seed, and tokenizer_config.json
//   sample.json                version, seed and size
//
// Returns at once, and false, if it is there; files of it that somebody removed are put back, and
// the others left as they are. sample.json comes last: once it is there, so is all the rest, also
// if several processes ask for it at once (one makes it, the others wait) and if one of them is
// killed; the next one makes what that one left. `folder` may be there, and empty; nothing is
// written beside it.
//
// Throws ConfigError for a folder that holds something else, Error if it can't be written.
// `progress` is called now and then.
bool make_sample_corpus(const std::filesystem::path& folder, const SampleConfig& config = {},
                        const std::function<void(const SampleProgress&)>& progress = {});

}  // namespace roux::datasets
