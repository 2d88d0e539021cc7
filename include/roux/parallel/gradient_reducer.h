#pragma once

#include <cstddef>
#include <memory>

namespace roux {

class Gang;

namespace nn {
class FlatParameters;
}  // namespace nn

namespace parallel {

// Adds up the gradients of a gang's ranks while their backward passes go on: what lies together in
// flat memory, a block's gradients as a rule, is on its way as soon as all of it has come.
//
//   reducer.begin();   // before the last backward pass of a step
//   loss.backward();
//   reducer.finish();  // now gradients are the sums over all ranks
//
// Passes before the last one only accumulate. Ranks begin and finish the same number of times; one
// that has no batch finishes without a pass. Requires: allocate_gradients() was called; the
// parameters and the gang live longer. One at a time for the same parameters.
class GradientReducer {
 public:
  GradientReducer(nn::FlatParameters& parameters, Gang& gang);
  ~GradientReducer();
  GradientReducer(const GradientReducer&) = delete;
  GradientReducer& operator=(const GradientReducer&) = delete;

  void begin();
  void finish();

  // Of the last step, how many of the buckets were on their way before its backward pass ended, and
  // what share of the gradients' bytes had been summed up by then: what was hidden behind it.
  std::size_t begun_early() const;
  double hidden_share() const;
  std::size_t buckets() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace parallel
}  // namespace roux
