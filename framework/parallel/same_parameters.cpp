#include "roux/parallel/same_parameters.h"

#include <ATen/ops/cat.h>
#include <ATen/ops/tensor.h>

#include <cstddef>
#include <vector>

#include "roux/base/error.h"
#include "roux/gang/gang.h"
#include "roux/nn/flat_parameters.h"

namespace roux::parallel {

void broadcast_parameters(nn::FlatParameters& parameters, Gang& gang) {
  if (gang.size() == 1) return;
  for (const nn::FlatGroup& group : parameters.groups()) {
    gang.broadcast(group.exact(), 0, cat("the parameters of ", group.block));
  }
  parameters.round_masters();
}

void check_gradients(const nn::FlatParameters& parameters, Gang& gang) {
  if (gang.size() == 1) return;
  std::vector<at::Tensor> sums;
  std::vector<std::string> names;
  for (const nn::FlatGroup& group : parameters.groups()) {
    if (!group.gradients.defined()) continue;
    sums.push_back(group.gradients.to(at::kDouble).abs().sum().view({1}));
    names.push_back(group.block);
  }
  if (sums.empty()) return;
  const at::Tensor mine = at::cat(sums);
  const at::Tensor least_and_most = at::cat({-mine, mine});
  gang.all_reduce(least_and_most, Reduce::Max, "the comparison of gradients");
  const at::Tensor both = least_and_most.cpu();
  const auto count = static_cast<std::int64_t>(names.size());
  for (std::int64_t i = 0; i < count; ++i) {
    const double least = -both[i].item<double>();
    const double most = both[count + i].item<double>();
    if (least == most || least != least) continue;  // what is not finite is skipped, and told
    const std::string& name = names[static_cast<std::size_t>(i)];
    throw Error(cat("the gradients of ", name.empty() ? "what lies outside the blocks" : name,
                    " are not the same on all ranks (trainer.grad_check): their sizes go from ",
                    least, " to ", most));
  }
}

}  // namespace roux::parallel
