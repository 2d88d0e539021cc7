// `roux report`: one page about a run, or about several side by side. It links no LibTorch, so that
// it starts in milliseconds.
#include <array>
#include <ctime>
#include <filesystem>
#include <iostream>
#include <vector>

#include "page.h"
#include "roux/base/error.h"
#include "roux/base/files.h"
#include "tool/tool.h"

namespace roux::tool {
namespace {

namespace fs = std::filesystem;

std::string now_text() {
  const std::time_t now = std::time(nullptr);
  std::tm local{};
  localtime_r(&now, &local);
  std::array<char, 64> text{};
  const auto size = std::strftime(text.data(), text.size(), "%Y-%m-%d %H:%M", &local);
  return {text.data(), size};
}

int report(const Arguments& arguments) {
  std::vector<RecordedRun> runs;
  for (const auto& folder : arguments.operands) runs.emplace_back(folder);
  const fs::path otherwise = runs.size() == 1 ? runs[0].folder() / "report.html" : "report.html";
  const fs::path output = arguments.text("--output", otherwise.string());
  std::error_code ignored;
  if (output.empty() || fs::is_directory(output, ignored)) {
    throw ConfigError(cat("report: -o must be a file, but is ",
                          output.empty() ? "empty" : cat(output.string(), ", a folder")));
  }
  if (output == "-") {
    std::cout << report_page(runs, now_text());
    return 0;
  }
  write_file(output, report_page(runs, now_text()));
  std::cout << output.string() << '\n';
  return 0;
}

}  // namespace
}  // namespace roux::tool

int main(int argc, char** argv) {
  using namespace roux::tool;
  return tool_main(
      {.name = "report",
       .summary = "writes a page with the curves of a run, its config and its machine",
       .commands =
           {{.operands = {"OUT..."},
             .options = {{.name = "--output",
                          .value = "FILE",
                          .help = "the page; OUT/report.html unless given, or report.html "
                                  "here for several runs; \"-\" is the standard output",
                          .letter = "-o"}},
             .details =
                 "OUT is the output folder of a run, finished or not. Several are drawn into "
                 "the same\npictures. The page is one file that needs nothing beside it, "
                 "and no network.\n",
             .run = report}}},
      argc, argv);
}
