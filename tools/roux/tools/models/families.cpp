#include "families.h"

#include <algorithm>
#include <iostream>
#include <nlohmann/json.hpp>
#include <vector>

#include "roux/base/error.h"
#include "roux/config/toml.h"
#include "roux/model/model_hub.h"
#include "roux/nn/module.h"
#include "tool/table.h"

namespace roux::tool {
namespace {

using Json = nlohmann::ordered_json;

const ModelFamilies& families() {
  static const ModelFamilies all = ModelFamilies::standard();
  return all;
}

struct Architecture {
  std::string family;
  std::string name;
  std::int64_t parameters = 0;
  std::int64_t layers = 0;
  std::int64_t dim = 0;
  std::int64_t vocabulary = 0;
  std::int64_t context = 0;
};

std::int64_t setting(const config::Value& settings, std::string_view key) {
  const auto* value = settings.as<config::Table>()->find(key);
  const auto* number = value ? value->as<std::int64_t>() : nullptr;
  require(number != nullptr, "every family of the library tells its dimension");
  return *number;
}

Architecture measure(const ModelFamily& family, const std::string& name) {
  const auto model = family.create(name);
  const auto settings = config::parse_toml(model->config_text(), name, {});
  return {.family = family.name(),
          .name = name,
          .parameters = nn::parameter_count(*model),
          .layers = setting(settings, "num_layers"),
          .dim = setting(settings, "model_dim"),
          .vocabulary = model->vocab_size(),
          .context = model->max_seq_len()};
}

std::vector<Architecture> architectures(const std::string& family) {
  std::vector<Architecture> all;
  const auto add = [&](const ModelFamily& each) {
    for (const auto& name : each.architectures()) all.push_back(measure(each, name));
  };
  if (!family.empty()) {
    add(families().get(family));
  } else {
    for (const auto& each : families().all()) add(*each);
  }
  return all;
}

void print_json(const std::vector<Architecture>& all) {
  auto json = Json::array();
  for (const auto& each : all) {
    json.push_back({{"family", each.family},
                    {"arch", each.name},
                    {"parameters", each.parameters},
                    {"num_layers", each.layers},
                    {"model_dim", each.dim},
                    {"vocab_size", each.vocabulary},
                    {"max_seq_len", each.context}});
  }
  std::cout << json.dump(2) << '\n';
}

}  // namespace

void print_architectures(const std::string& family, bool as_json) {
  const auto all = architectures(family);
  if (as_json) return print_json(all);
  Column families{{"family"}};
  Column names{{"arch"}};
  Column parameters{{"parameters"}, true};
  Column layers{{"layers"}, true};
  Column dims{{"dim"}, true};
  Column vocabularies{{"vocabulary"}, true};
  Column contexts{{"context"}, true};
  for (const auto& each : all) {
    families.cells.push_back(each.family);
    names.cells.push_back(each.name);
    parameters.cells.push_back(with_commas(each.parameters));
    layers.cells.push_back(with_commas(each.layers));
    dims.cells.push_back(with_commas(each.dim));
    vocabularies.cells.push_back(with_commas(each.vocabulary));
    contexts.cells.push_back(with_commas(each.context));
  }
  print({families, names, parameters, layers, dims, vocabularies, contexts});
}

const std::vector<std::string>& family_names() {
  static const auto names = families().names();
  return names;
}

std::string problem_of(const ModelCardEntry& entry, const CardStore& cards) {
  return ModelHub(families(), cards).problem_of(entry);
}

}  // namespace roux::tool
