#include <iostream>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "commands.h"
#include "roux/base/error.h"
#include "roux/base/strings.h"
#include "roux/base/units.h"
#include "tool/table.h"

namespace roux::tool {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;

// A checkpoint, or why it is none.
struct Row {
  std::int64_t step = 0;
  fs::path path;
  std::optional<Checkpoint> checkpoint;
  std::string problem;
};

Row read(std::int64_t step, const fs::path& path) {
  Row row{step, path, {}, {}};
  try {
    row.checkpoint.emplace(path);
  } catch (const DataError& error) {
    row.problem = one_line(error.what());
  }
  return row;
}

std::vector<std::string> parts_of(const Checkpoint& checkpoint) {
  std::set<std::string> parts;
  for (const auto& tensor : checkpoint.tensors()) {
    parts.insert(tensor.name.substr(0, tensor.name.find('/')));
  }
  for (const auto& [name, text] : checkpoint.texts()) parts.insert(name.substr(0, name.find('/')));
  return {parts.begin(), parts.end()};
}

Json json_of(const Row& row) {
  Json json{{"step", row.step}, {"path", row.path.string()}, {"whole", row.problem.empty()}};
  if (row.checkpoint) {
    const Checkpoint& checkpoint = *row.checkpoint;
    json["time"] = checkpoint.time();
    json["bytes"] = checkpoint.bytes();
    json["score"] = checkpoint.score() ? Json(*checkpoint.score()) : Json();
    json["parts"] = parts_of(checkpoint);
    json["model_only"] = checkpoint.is_model_only();
  } else {
    json["problem"] = row.problem;
  }
  return json;
}

void print_table(const std::vector<Row>& rows) {
  Column step{{"step"}, true};
  Column time{{"saved"}};
  Column size{{"size"}, true};
  Column score{{"score"}, true};
  Column parts{{"holds"}};
  for (const Row& row : rows) {
    step.cells.push_back(cat(row.step));
    if (row.checkpoint) {
      time.cells.push_back(row.checkpoint->time());
      size.cells.push_back(approximate_bytes(row.checkpoint->bytes()));
      score.cells.push_back(row.checkpoint->score() ? cat(*row.checkpoint->score()) : "");
      parts.cells.push_back(
          row.checkpoint->is_model_only() ? "model only" : join(parts_of(*row.checkpoint), ", "));
    } else {
      for (Column* column : {&time, &size, &score}) column->cells.emplace_back("");
      parts.cells.emplace_back("broken");
    }
  }
  print({step, time, size, score, parts});
  for (const Row& row : rows) {
    if (!row.problem.empty()) std::cout << "step " << row.step << ": " << row.problem << '\n';
  }
}

int ls(const Arguments& arguments) {
  Json json = Json::array();
  for (const std::string& given : arguments.operands) {
    std::vector<Row> rows;
    for (const auto& [step, path] : find_checkpoints("checkpoint ls", given)) {
      rows.push_back(read(step, path));
      json.push_back(json_of(rows.back()));
    }
    if (arguments.has("--json")) continue;
    if (arguments.operands.size() > 1) std::cout << given << ":\n";
    print_table(rows);
  }
  if (arguments.has("--json")) {
    std::cout << json.dump(2, ' ', false, Json::error_handler_t::replace) << '\n';
  }
  return 0;
}

}  // namespace

Command ls_command() {
  return {.name = "ls",
          .summary = "lists checkpoints: step, time, size, score, and what is wrong with them",
          .operands = {"PATH..."},
          .options = {{.name = "--json", .help = "as JSON, for programs"}},
          .details =
              "Only looks whether all files are there and have their size: `verify` reads "
              "them.\n",
          .run = ls};
}

}  // namespace roux::tool
