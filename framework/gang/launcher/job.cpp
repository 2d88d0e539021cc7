#include "gang/launcher/job.h"

#include <unistd.h>

#include <algorithm>
#include <string_view>
#include <utility>

namespace roux::launcher {

Variables own_variables() {
  Variables all;
  for (char** entry = environ; *entry != nullptr; ++entry) {
    const std::string_view text = *entry;
    const std::size_t equals = text.find('=');
    if (equals != std::string_view::npos) {
      all.emplace(text.substr(0, equals), text.substr(equals + 1));
    }
  }
  return all;
}

Variables rank_variables(const Job& job, int local_rank, int attempt, int cores,
                         const std::filesystem::path& error_file, Variables environment) {
  const auto set = [&](const char* name, int value) { environment[name] = std::to_string(value); };
  set("RANK", job.rank(local_rank));
  set("LOCAL_RANK", local_rank);
  set("WORLD_SIZE", job.world_size);
  set("LOCAL_WORLD_SIZE", job.local_size);
  set("GROUP_RANK", job.node_rank);
  set("GROUP_WORLD_SIZE", job.nodes);
  environment["MASTER_ADDR"] = job.host;
  set("MASTER_PORT", job.port);
  environment["TORCHELASTIC_USE_AGENT_STORE"] = "True";
  set("TORCHELASTIC_RESTART_COUNT", attempt);
  set("TORCHELASTIC_MAX_RESTARTS", job.max_restarts);
  environment["TORCHELASTIC_RUN_ID"] = job.run_id;
  environment["TORCHELASTIC_ERROR_FILE"] = error_file.string();
  if (job.local_size > 1 && !environment.contains("OMP_NUM_THREADS")) {
    set("OMP_NUM_THREADS", std::max(1, cores / job.local_size));
  }
  return environment;
}

}  // namespace roux::launcher
