#pragma once

#include <ATen/core/Tensor.h>

#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "roux/base/error.h"

namespace roux {

// A collective did not come about: a rank hangs, or is gone.
class GangError : public Error {
 public:
  GangError(const std::string& what, bool is_consequence)
      : Error(what), is_consequence_(is_consequence) {}

  // Whether another rank failed first, whose error says why.
  bool is_consequence() const { return is_consequence_; }

 private:
  bool is_consequence_;
};

enum class Reduce { Sum, Max, Min };

// A collective that was begun. Its tensors are the gang's until wait() returns.
class PendingCollective {
 public:
  virtual ~PendingCollective() = default;

  // Throws GangError, which says who is waited for.
  virtual void wait() = 0;

  // Whether wait() would return at once.
  virtual bool is_done() = 0;
};

using Pending = std::unique_ptr<PendingCollective>;

// Processes that take part in something together, each with a rank of its own. All of them call the
// same collectives in the same order, with tensors of the same shape and dtype, on device().
//
// `what` names the collective in errors and profiles: "the gradients of layers.3".
//
// One thread at a time. Every collective that was begun must be waited for.
class Gang {
 public:
  Gang(int rank, int size, at::Device device) : rank_(rank), size_(size), device_(device) {}
  virtual ~Gang() = default;
  Gang(const Gang&) = delete;
  Gang& operator=(const Gang&) = delete;

  int rank() const { return rank_; }
  int size() const { return size_; }
  at::Device device() const { return device_; }

  // In place. Sums are the same to the last bit on all ranks.
  virtual Pending begin_all_reduce(at::Tensor tensor, Reduce reduce, std::string_view what) = 0;

  // `part` becomes this rank's part of the sum: `whole` has size() of them, one behind the other.
  virtual Pending begin_reduce_scatter(at::Tensor part, at::Tensor whole,
                                       std::string_view what) = 0;

  // `whole` becomes the parts of all ranks, one behind the other.
  virtual Pending begin_all_gather(at::Tensor whole, at::Tensor part, std::string_view what) = 0;

  // Every rank's becomes that of `source`, which is a rank of this gang.
  virtual Pending begin_broadcast(at::Tensor tensor, int source, std::string_view what) = 0;

  void all_reduce(at::Tensor tensor, Reduce reduce, std::string_view what);
  void reduce_scatter(at::Tensor part, at::Tensor whole, std::string_view what);
  void all_gather(at::Tensor whole, at::Tensor part, std::string_view what);
  void broadcast(at::Tensor tensor, int source, std::string_view what);

  // Several tensors of one dtype as one collective.
  void all_reduce(std::span<const at::Tensor> tensors, Reduce reduce, std::string_view what);

  // Returns once every rank has come.
  void barrier(std::string_view what);

  // The texts of all ranks, by rank; and that of one.
  std::vector<std::string> all_gather_texts(std::string_view text, std::string_view what);
  std::string broadcast_text(std::string_view text, int source, std::string_view what);

 private:
  int rank_;
  int size_;
  at::Device device_;
};

// A gang of one process that behaves as if all its ranks had the same: for one process, and to look
// at what many would do.
std::unique_ptr<Gang> make_fake_gang(int rank = 0, int size = 1, at::Device device = at::kCPU);

}  // namespace roux
