#include <chrono>
#include <iostream>
#include <string>

#include "commands.h"
#include "roux/base/error.h"
#include "roux/base/units.h"

namespace roux::tool {
namespace {

// Whether it is as it was written.
bool verify_one(const std::filesystem::path& path, bool quiet) {
  const auto begin = std::chrono::steady_clock::now();
  try {
    const Checkpoint checkpoint(path);
    checkpoint.verify();
    if (quiet) return true;
    std::cout << path.string() << ": whole, " << approximate_bytes(checkpoint.bytes()) << " in "
              << approximate_duration(std::chrono::steady_clock::now() - begin) << '\n'
              << std::flush;
    return true;
  } catch (const InternalError&) {
    throw;
  } catch (const Error& error) {
    std::cout << path.string() << ": broken: " << one_line(error.what()) << '\n' << std::flush;
    return false;
  }
}

int verify(const Arguments& arguments) {
  bool all_whole = true;
  for (const std::string& given : arguments.operands) {
    for (const auto& [step, path] : find_checkpoints("checkpoint verify", given)) {
      if (!verify_one(path, arguments.has("--quiet"))) all_whole = false;
    }
  }
  return all_whole ? 0 : 1;
}

}  // namespace

Command verify_command() {
  return {.name = "verify",
          .summary = "reads every byte and compares it with what was written",
          .operands = {"PATH..."},
          .options = {{.name = "--quiet", .help = "say only what is broken", .letter = "-q"}},
          .details = "Exit code 1 if one is broken.\n",
          .run = verify};
}

}  // namespace roux::tool
