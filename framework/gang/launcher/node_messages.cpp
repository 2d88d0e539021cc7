#include "gang/launcher/node_messages.h"

#include <nlohmann/json.hpp>

#include "base/posix.h"
#include "gang/launcher/network.h"
#include "roux/base/error.h"

namespace roux::launcher {

NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(NodeCard, node_rank, nodes, processes, max_restarts, host, id)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(Job, nodes, world_size, host, port, run_id, max_restarts, sizes)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(Failure, node, rank, host, exit_code, how, text, time,
                                   consequence, stopped)

namespace {

using Json = nlohmann::json;

Json to_json(const std::optional<Failure>& failure) {
  return failure ? Json(*failure) : Json();
}

std::optional<Failure> failure_from(const Json& json) {
  return json.is_null() ? std::nullopt : std::optional(json.get<Failure>());
}

std::string dump(const Json& json) {
  // What ranks print need not be UTF-8.
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

template <typename F>
auto read(const std::string& text, const F& convert) {
  try {
    return convert(Json::parse(text));
  } catch (const Json::exception& error) {
    throw Error(
        cat("a launcher of another version of Roux wrote what can't be read: ", error.what()));
  }
}

}  // namespace

NodeCard card_of(const LaunchOptions& options) {
  return {options.node_rank,    options.nodes, options.processes,
          options.max_restarts, host_name(),   posix::random_suffix()};
}

std::optional<std::string> contradiction(const NodeCard& a, const NodeCard& b) {
  const auto differ = [&](const char* option, int of_a, int of_b) {
    return cat("the launchers must be given the same ", option, ", but it is ", of_a, " on node ",
               a.node_rank, " (", a.host, ") and ", of_b, " on node ", b.node_rank, " (", b.host,
               ")");
  };
  if (a.nodes != b.nodes) return differ("--nnodes", a.nodes, b.nodes);
  if (a.max_restarts != b.max_restarts) {
    return differ("--max-restarts", a.max_restarts, b.max_restarts);
  }
  if (a.node_rank == b.node_rank && a.id != b.id) {
    return cat("each launcher must have a --node-rank of its own, but ", a.node_rank,
               " is given twice: on ", a.host, " and on ", b.host);
  }
  return std::nullopt;
}

std::string to_text(const NodeCard& card) {
  return dump(card);
}

std::string to_text(const Job& job) {
  return dump(job);
}

std::string to_text(const NodeEnd& end) {
  return dump({{"failure", to_json(end.failure)}, {"order", end.order}});
}

std::string to_text(const Verdict& verdict) {
  return dump({{"failure", to_json(verdict.failure)},
               {"restart", verdict.restart},
               {"exit_code", verdict.exit_code}});
}

NodeCard card_from(const std::string& text) {
  return read(text, [](const Json& json) { return json.get<NodeCard>(); });
}

Job job_from(const std::string& text) {
  return read(text, [](const Json& json) { return json.get<Job>(); });
}

NodeEnd end_from(const std::string& text) {
  return read(text, [](const Json& json) {
    return NodeEnd{failure_from(json.at("failure")), json.at("order").get<int>()};
  });
}

Verdict verdict_from(const std::string& text) {
  return read(text, [](const Json& json) {
    return Verdict{failure_from(json.at("failure")), json.at("restart").get<bool>(),
                   json.at("exit_code").get<int>()};
  });
}

}  // namespace roux::launcher
