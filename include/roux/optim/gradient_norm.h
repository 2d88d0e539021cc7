#pragma once

#include <vector>

namespace roux {

namespace nn {
class FlatParameters;
}  // namespace nn

// Euclidean norms: of all, and of each of FlatParameters::groups() (0 for one that is not trained).
struct FlatNorms {
  double total = 0.0;
  std::vector<double> groups;
};

// In one pass over flat memory, summed in double in an order that depends on the sizes alone. Not
// finite if, and only if, a gradient is not: no finite float overflows it.
//
// Requires: allocate_gradients() was called.
double gradient_norm(const nn::FlatParameters& parameters);
FlatNorms gradient_norms(const nn::FlatParameters& parameters);

// Of the exact values of what is trained.
FlatNorms parameter_norms(const nn::FlatParameters& parameters);

// What gradients of that norm are multiplied by so that it is at most `max_norm`, as PyTorch's
// clip_grad_norm_: 1, or max_norm / (norm + 1e-6).
double clipping_scale(double norm, double max_norm);

}  // namespace roux
