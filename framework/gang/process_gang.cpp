#include "gang/process_gang.h"

#include <ATen/record_function.h>
#include <torch/csrc/distributed/c10d/Backend.hpp>

#include <exception>
#include <utility>

#include "gang/store_client.h"

namespace roux::gang {
namespace {

using Work = c10::intrusive_ptr<c10d::Work>;

c10d::ReduceOp::RedOpType to_c10d(Reduce reduce) {
  switch (reduce) {
    case Reduce::Sum:
      return c10d::ReduceOp::SUM;
    case Reduce::Max:
      return c10d::ReduceOp::MAX;
    case Reduce::Min:
      return c10d::ReduceOp::MIN;
  }
  throw InternalError("Reduce: a reduction that there isn't");
}

class ProcessGang final : public Gang {
 public:
  explicit ProcessGang(ProcessGangParts parts)
      : Gang(parts.rank, static_cast<int>(parts.ranks.size()), parts.device),
        parts_(std::move(parts)) {}

  Pending begin_all_reduce(at::Tensor tensor, Reduce reduce, std::string_view what) override {
    return begin(what, [&](c10d::Backend& backend) {
      std::vector<at::Tensor> tensors{std::move(tensor)};
      c10d::AllreduceOptions options;
      options.reduceOp = to_c10d(reduce);
      options.timeout = parts_.timeout;
      return backend.allreduce(tensors, options);
    });
  }

  Pending begin_reduce_scatter(at::Tensor part, at::Tensor whole, std::string_view what) override {
    return begin(what, [&](c10d::Backend& backend) {
      c10d::ReduceScatterOptions options;
      options.timeout = parts_.timeout;
      return backend._reduce_scatter_base(part, whole, options);
    });
  }

  Pending begin_all_gather(at::Tensor whole, at::Tensor part, std::string_view what) override {
    return begin(what, [&](c10d::Backend& backend) {
      c10d::AllgatherOptions options;
      options.timeout = parts_.timeout;
      return backend._allgather_base(whole, part, options);
    });
  }

  Pending begin_broadcast(at::Tensor tensor, int source, std::string_view what) override {
    return begin(what, [&](c10d::Backend& backend) {
      std::vector<at::Tensor> tensors{std::move(tensor)};
      c10d::BroadcastOptions options;
      options.rootRank = source;
      options.rootTensor = 0;
      options.timeout = parts_.timeout;
      return backend.broadcast(tensors, options);
    });
  }

 private:
  class Under final : public PendingCollective {
   public:
    Under(ProcessGang& gang, Work work, std::string what, std::int64_t number)
        : gang_(gang), work_(std::move(work)), what_(std::move(what)), number_(number) {}

    void wait() override {
      RECORD_FUNCTION("roux::wait_for_ranks", std::vector<c10::IValue>());
      gang_.parts_.board->begin_wait(what_);
      try {
        work_->wait();
      } catch (const std::exception& error) {
        gang_.fail(error, what_, number_);
      }
      gang_.parts_.board->end_wait();
    }

    bool is_done() override { return work_->isCompleted(); }

   private:
    ProcessGang& gang_;
    Work work_;
    std::string what_;
    std::int64_t number_;
  };

  template <typename Call>
  Pending begin(std::string_view what, const Call& call) {
    const std::int64_t number = parts_.board->begin_collective(parts_.name, what);
    try {
      return std::make_unique<Under>(*this, call(*parts_.backend), std::string(what), number);
    } catch (const std::exception& error) {
      fail(error, what, number);
    }
  }

  // The one who waits in vain tells of those that have not come; where somebody's connection broke,
  // that rank has more to tell.
  [[noreturn]] void fail(const std::exception& error, std::string_view what, std::int64_t number) {
    const std::string reason = reason_of(error);
    const bool timed_out =
        reason.find("imed out") != std::string::npos || reason.find("imeout") != std::string::npos;
    const auto waited = std::chrono::duration_cast<std::chrono::seconds>(parts_.timeout).count();
    const std::string where = cat("rank ", parts_.ranks[static_cast<std::size_t>(rank())],
                                  " waits for ", what, " (", parts_.name, " gang)");
    if (!timed_out) throw GangError(cat(where, ", and a rank is gone: ", reason), true);
    std::string late = parts_.board->who_is_late(parts_.name, number, parts_.ranks);
    if (late.empty()) late = "all ranks have come, and the network does not get on";
    throw GangError(cat(where, " for more than gang.timeout (", waited, " s):\n", late), false);
  }

  ProcessGangParts parts_;
};

}  // namespace

std::unique_ptr<Gang> make_process_gang(ProcessGangParts parts) {
  return std::make_unique<ProcessGang>(std::move(parts));
}

}  // namespace roux::gang
