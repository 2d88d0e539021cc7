#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

namespace roux {

// A model on the Hugging Face hub, written `hf://ORGANISATION/NAME` or
// `hf://ORGANISATION/NAME@REVISION`, where the revision is a branch, a tag or a commit.
struct HubModel {
  std::string repository;
  std::string revision = "main";
};

std::string to_string(const HubModel& model);

// nullopt for a path. Throws ConfigError for `hf://` with no such name behind it, and for any other
// scheme (`https://`): nothing is downloaded.
std::optional<HubModel> parse_hub_model(std::string_view text);

// The local cache into which Hugging Face's own tools download. It is only read: nothing here uses
// the network.
//
//   models--ORGANISATION--NAME/refs/main            the commit that `main` was, when downloaded
//   models--ORGANISATION--NAME/snapshots/COMMIT/    its files
//
// Immutable; every member may be called from any thread.
class HubCache {
 public:
  // Where those tools keep it: $HF_HUB_CACHE, $HF_HOME/hub, $XDG_CACHE_HOME/huggingface/hub or
  // ~/.cache/huggingface/hub.
  HubCache();
  explicit HubCache(std::filesystem::path folder);

  const std::filesystem::path& folder() const { return folder_; }

  // The folder with the files of a model's revision, if it was downloaded.
  std::optional<std::filesystem::path> find(const HubModel& model) const;

  // Why find() found nothing, as the end of a sentence: "/…/models--a--b is not there".
  std::string why_not(const HubModel& model) const;

 private:
  std::filesystem::path folder_of(const HubModel& model) const;

  std::filesystem::path folder_;
};

}  // namespace roux
