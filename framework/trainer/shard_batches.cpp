#include "roux/trainer/shard_batches.h"

#include <string_view>

#include "roux/base/strings.h"

namespace roux {
namespace {

using Texts = BatchReader<int>::Places;

constexpr std::string_view kStep = "data/step";
constexpr std::string_view kBatches = "data/batches_per_step";
constexpr std::string_view kShard = "data/shard_";

std::int64_t number_of(std::string_view name, std::string_view text) {
  const auto number = parse_integer(text);
  if (number && *number >= 0) return *number;
  throw DataError(cat("a checkpoint's ", name, " must be a number, but is \"", text, '"'));
}

const std::string& find(const Texts& texts, std::string_view name) {
  const auto found = texts.find(std::string(name));
  if (found == texts.end()) throw DataError(cat("the checkpoint has no ", name));
  return found->second;
}

// So that they sort by their numbers.
std::string shard_name(std::int64_t shard) {
  constexpr std::size_t kDigits = 5;
  std::string digits = std::to_string(shard);
  digits.insert(0, kDigits - std::min(kDigits, digits.size()), '0');
  return cat(kShard, digits);
}

}  // namespace

Texts to_texts(const data::ShardPlaces& places) {
  Texts texts;
  texts.emplace(kStep, std::to_string(places.step));
  texts.emplace(kBatches, std::to_string(places.batches_per_step));
  for (const auto& [shard, place] : places.shards) texts.emplace(shard_name(shard), place.text());
  return texts;
}

data::ShardPlaces from_texts(const Texts& texts) {
  data::ShardPlaces places;
  places.step = number_of(kStep, find(texts, kStep));
  places.batches_per_step = number_of(kBatches, find(texts, kBatches));
  for (const auto& [name, text] : texts) {
    if (!name.starts_with(kShard)) continue;
    const std::int64_t shard = number_of(name, std::string_view(name).substr(kShard.size()));
    places.shards.emplace(shard, data::Bookmark(text));
  }
  return places;
}

}  // namespace roux
