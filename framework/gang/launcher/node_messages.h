#pragma once

#include <optional>
#include <string>

#include "gang/launcher/job.h"
#include "gang/launcher/verdict.h"
#include "roux/gang/launcher.h"

namespace roux::launcher {

// What a launcher says of itself when it comes.
struct NodeCard {
  int node_rank = 0;
  int nodes = 1;
  int processes = 1;
  int max_restarts = 0;
  std::string host;
  std::string id;  // drawn anew by each launcher
};

NodeCard card_of(const LaunchOptions& options);

// The two contradict each other in this: a sentence that names both values; or nullopt.
std::optional<std::string> contradiction(const NodeCard& a, const NodeCard& b);

// What the launchers write for each other, as JSON. Reading throws Error for what is none of it.
std::string to_text(const NodeCard& card);
std::string to_text(const Job& job);
std::string to_text(const NodeEnd& end);
std::string to_text(const Verdict& verdict);
NodeCard card_from(const std::string& text);
Job job_from(const std::string& text);
NodeEnd end_from(const std::string& text);
Verdict verdict_from(const std::string& text);

}  // namespace roux::launcher
