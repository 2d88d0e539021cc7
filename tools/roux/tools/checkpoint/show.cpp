#include <algorithm>
#include <iostream>
#include <iterator>
#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "commands.h"
#include "roux/base/error.h"
#include "roux/base/strings.h"
#include "roux/base/units.h"
#include "roux/base/visible.h"
#include "roux/model/tensor_groups.h"
#include "tool/table.h"

namespace roux::tool {
namespace {

using Json = nlohmann::ordered_json;

std::vector<StoredTensor> tensors_of(const Checkpoint& checkpoint) {
  std::vector<StoredTensor> tensors;
  for (const auto& info : checkpoint.tensors()) {
    StoredTensor tensor{.name = info.name, .dtype = info.dtype, .shape = info.shape};
    tensor.size = static_cast<std::uint64_t>(tensor.numel()) * size_of(info.dtype);
    tensors.push_back(std::move(tensor));
  }
  std::ranges::sort(tensors,
                    [](const auto& a, const auto& b) { return natural_less(a.name, b.name); });
  return tensors;
}

Json json_of(const Checkpoint& checkpoint) {
  Json json{{"path", checkpoint.folder().string()},
            {"step", checkpoint.step()},
            {"time", checkpoint.time()},
            {"roux", checkpoint.roux_version()},
            {"score", checkpoint.score() ? Json(*checkpoint.score()) : Json()},
            {"bytes", checkpoint.bytes()},
            {"tensors", Json::array()},
            {"texts", Json::object()}};
  for (const auto& tensor : tensors_of(checkpoint)) {
    json["tensors"].push_back({{"name", tensor.name},
                               {"dtype", dtype_text(tensor)},
                               {"shape", tensor.shape},
                               {"bytes", tensor.size}});
  }
  for (const auto& [name, text] : checkpoint.texts()) json["texts"][name] = text;
  return json;
}

void print_tensors(const std::vector<TensorGroup>& groups) {
  Column name{{"name"}};
  Column count{{"tensors"}, true};
  Column dtype{{"dtype"}};
  Column shape{{"shape"}};
  Column bytes{{"bytes"}, true};
  for (const auto& group : groups) {
    name.cells.push_back(visible(group.name, ""));
    count.cells.push_back(with_commas(group.count));
    dtype.cells.push_back(group.dtype);
    shape.cells.push_back(shape_text(group.shape));
    bytes.cells.push_back(approximate_bytes(group.bytes));
  }
  print({name, count, dtype, shape, bytes});
}

void print_texts(const Checkpoint& checkpoint) {
  if (checkpoint.texts().empty()) return;
  Column name{{"text"}};
  Column bytes{{"bytes"}, true};
  for (const auto& [path, text] : checkpoint.texts()) {
    name.cells.push_back(visible(path, ""));
    bytes.cells.push_back(with_commas(std::ssize(text)));
  }
  std::cout << '\n';
  print({name, bytes});
}

std::vector<TensorGroup> groups_of(const std::vector<StoredTensor>& tensors, bool all) {
  if (!all) return group_tensors(tensors);
  std::vector<TensorGroup> groups;
  for (const auto& tensor : tensors) {
    groups.push_back(
        {tensor.name, dtype_text(tensor), tensor.shape, 1, tensor.numel(), tensor.size});
  }
  return groups;
}

const std::string& text_of(const Checkpoint& checkpoint, const std::string& name) {
  const auto found = checkpoint.texts().find(name);
  if (found != checkpoint.texts().end()) return found->second;
  std::vector<std::string> names;
  for (const auto& [path, text] : checkpoint.texts()) names.push_back(path);
  throw ConfigError(cat("checkpoint show: there is no text ", name, " in ",
                        checkpoint.folder().string(), did_you_mean(name, names),
                        "; there are: ", join(names, ", ")));
}

int show(const Arguments& arguments) {
  refuse_together(arguments, "checkpoint show", "--text", "--json");
  const auto found = find_checkpoints("checkpoint show", arguments.operands[0]);
  const Checkpoint checkpoint(std::prev(found.end())->second);
  if (arguments.has("--text")) {
    std::cout << text_of(checkpoint, arguments.text("--text"));
    return 0;
  }
  if (arguments.has("--json")) {
    std::cout << json_of(checkpoint).dump(2, ' ', false, Json::error_handler_t::replace) << '\n';
    return 0;
  }
  std::cout << checkpoint.folder().string() << '\n'
            << "step " << checkpoint.step() << ", " << approximate_bytes(checkpoint.bytes())
            << ", saved " << visible(checkpoint.time(), "") << " by Roux "
            << visible(checkpoint.roux_version(), "");
  if (checkpoint.score()) std::cout << ", score " << *checkpoint.score();
  std::cout << (checkpoint.is_model_only() ? ", a model only\n\n" : "\n\n");
  print_tensors(groups_of(tensors_of(checkpoint), arguments.has("--all")));
  print_texts(checkpoint);
  return 0;
}

}  // namespace

Command show_command() {
  return {.name = "show",
          .summary = "shows what a checkpoint holds; of a run's, the newest",
          .operands = {"PATH"},
          .options = {{.name = "--all", .help = "every tensor, also where layers are alike"},
                      {.name = "--text",
                       .value = "NAME",
                       .help = "print this text, and nothing else: trainer/state.json"},
                      {.name = "--json", .help = "as JSON, for programs"}},
          .run = show};
}

}  // namespace roux::tool
