#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "roux/base/error.h"
#include "roux/config/choice.h"
#include "roux/config/load.h"
#include "roux/config/toml.h"

// A config in small, with a field of every type, that the tests of this room share.
namespace roux::config::example {

enum class Recompute { Off, Layerwise };

inline void describe(EnumValues<Recompute>& value) {
  value("off", Recompute::Off, "Everything is kept.");
  value("layerwise", Recompute::Layerwise, "Only the input of each layer is kept.");
}

struct Regime {
  std::optional<std::int64_t> num_steps;
  std::int64_t save_every = 1000;
  Recompute recompute = Recompute::Off;
  std::chrono::nanoseconds timeout = std::chrono::minutes(15);
  DType dtype = DType::Float32;

  static void describe(Fields<Regime>& field) {
    field("num_steps", &Regime::num_steps, "Optimizer steps to take; unset: until the data ends.")
        .at_least(1);
    field("save_every", &Regime::save_every, "Steps between checkpoints.").at_least(1);
    field("recompute", &Regime::recompute, "What is computed again in the backward pass.");
    field("timeout", &Regime::timeout, "How long to wait for the others.")
        .counts(std::chrono::minutes(1))
        .at_least(std::chrono::seconds(1));
    field("dtype", &Regime::dtype, "Type of the weights.").one_of({"float32", "bfloat16"});
    field.retired("compile", "there is nothing to compile");
  }

  void validate(Problems& problems) const {
    if (num_steps && save_every > *num_steps) {
      problems.add("save_every",
                   cat("must be at most num_steps (", *num_steps, "), but is ", save_every));
    }
  }
};

struct Split {
  double share = 0.1;
  bool shuffle = true;

  static void describe(Fields<Split>& field) {
    field("share", &Split::share, "Part of the data that is held back.").more_than(0).less_than(1);
    field("shuffle", &Split::shuffle, "Mix before splitting.");
  }
};

struct Data {
  std::filesystem::path root = "data";
  std::vector<std::string> files = {"a.txt"};
  std::map<std::string, double> weights;
  ByteSize buffer{64 << 20};
  std::variant<double, std::vector<double>> temperature = 1.0;
  std::optional<Split> split;
  std::optional<std::string> note;
  RawTable extra;

  static void describe(Fields<Data>& field) {
    field("root", &Data::root, "Folder of the files.").not_empty();
    field("files", &Data::files, "Files to read, in order.").not_empty();
    field("weights", &Data::weights, "How often each file is drawn.").at_least(0);
    field("buffer", &Data::buffer, "Bytes to read ahead.");
    field("temperature", &Data::temperature, "One for all files, or one for each.").more_than(0);
    field("split", &Data::split, "What is held back for validation.");
    field("note", &Data::note, "A remark.");
    field("extra", &Data::extra, "Settings of the reader.");
  }
};

// A kind of component, which may stay incomplete.
class Optimizer;

struct Group {
  std::vector<std::string> params;
  std::optional<double> lr = {};

  static void describe(Fields<Group>& field) {
    field("params", &Group::params, "Whose parameters.").required();
    field("lr", &Group::lr, "Learning rate of these.").at_least(0);
  }
};

struct AdamW {
  double lr = 1e-3;
  std::array<double, 2> betas{0.9, 0.999};
  std::vector<Group> groups = {};

  static void describe(Fields<AdamW>& field) {
    field("lr", &AdamW::lr, "Learning rate.").at_least(0);
    field("betas", &AdamW::betas, "Decay of the means.").at_least(0).less_than(1);
    field("groups", &AdamW::groups, "Parameters with settings of their own.");
  }
};

struct Sgd {
  double lr = 0.1;
  double momentum = 0.0;

  static void describe(Fields<Sgd>& field) {
    field("lr", &Sgd::lr, "Learning rate.").at_least(0);
    field("momentum", &Sgd::momentum, "Part of the last step that is taken again.");
  }
};

struct Config {
  std::string title = "example";
  Regime regime;
  Data data;
  Choice<Optimizer> optimizer{"adamw", AdamW{.lr = 3e-4}};
  std::vector<Choice<Optimizer>> more;

  static void describe(Fields<Config>& field) {
    field("title", &Config::title, "What the run is called.");
    field("regime", &Config::regime, "How long to train.");
    field("data", &Config::data, "What to train on.");
    field("optimizer", &Config::optimizer, "How to step.");
    field("more", &Config::more, "Steps to take after that one.");
  }
};

class Components final : public Catalog {
 public:
  std::vector<std::string> names(di::TypeId) const override { return {"adamw", "sgd"}; }

  const StructType* config_of(di::TypeId kind, std::string_view name) const override {
    if (kind != di::TypeId::of<Optimizer>()) return nullptr;
    if (name == "adamw") return &struct_type<AdamW>();
    return name == "sgd" ? &struct_type<Sgd>() : nullptr;
  }
};

inline std::vector<std::string> to_strings(const std::vector<Problem>& problems) {
  std::vector<std::string> lines;
  for (const auto& problem : problems) lines.push_back(to_string(problem));
  return lines;
}

// What came of loading a config.
template <typename S>
struct Loaded {
  S config;
  std::vector<std::string> problems;
  std::vector<std::string> warnings;
};

template <typename S>
Loaded<S> load_sources(const std::vector<ConfigSource>& sources) {
  const auto loaded = load_config(config_type<S>(), sources, Components());
  return {*static_cast<const S*>(loaded.object.get()), to_strings(loaded.problems.all()),
          to_strings(loaded.problems.warnings())};
}

// A file called `name` in the folder /conf, and words after --config.
inline ConfigSource file(std::string_view text, std::string_view name = "a.toml") {
  return {.table = parse_toml(text, name, "/conf")};
}
inline ConfigSource word(std::string text) {
  return {.override = std::move(text)};
}

template <typename S = Config>
Loaded<S> load_file(std::string_view text) {
  return load_sources<S>({file(text)});
}
template <typename S = Config>
Loaded<S> load_words(const std::vector<std::string>& words) {
  std::vector<ConfigSource> sources;
  for (const auto& each : words) sources.push_back(word(each));
  return load_sources<S>(sources);
}

}  // namespace roux::config::example
