#include "roux/parallel/gradient_reducer.h"

#include <torch/csrc/autograd/function_hook.h>
#include <torch/csrc/autograd/variable.h>

#include <algorithm>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "roux/base/error.h"
#include "roux/gang/gang.h"
#include "roux/nn/flat_parameters.h"

namespace roux::parallel {
namespace {

// A parameter's gradient as autograd makes it: in as many parts as the parameter has uses, where
// passes run within the pass (blocks that are computed again).
struct Uses {
  const nn::FlatEntry* entry = nullptr;
  std::size_t bucket = 0;
  std::int64_t expected = 0;  // as many as in the pass before; 0: not known yet
  std::int64_t seen = 0;      // in this pass
};

// Gradients that are reduced together: a contiguous part of a group's.
struct Bucket {
  std::string what;
  at::Tensor gradients;
  std::int64_t last_number = 0;  // of its parameters, as they were registered
  std::vector<std::size_t> parameters;
  std::size_t missing = 0;  // parameters whose gradient has not come yet
  Pending pending;
};

}  // namespace

struct GradientReducer::State {
  State(nn::FlatParameters& parameters, Gang& the_gang) : gang(the_gang) {
    for (const nn::FlatGroup& group : parameters.groups()) {
      if (group.gradients.defined()) add(group);
    }
    // The backward pass comes to the parameters from the last to the first, about; and all ranks
    // must reduce in one order, whatever theirs is.
    std::ranges::stable_sort(buckets, std::greater{}, &Bucket::last_number);
    for (std::size_t i = 0; i < buckets.size(); ++i) {
      for (const std::size_t each : buckets[i].parameters) uses[each].bucket = i;
    }
  }

  // A block is a bucket. What lies outside the blocks comes at both ends of the pass: a bucket
  // each.
  void add(const nn::FlatGroup& group) {
    const bool is_block = !group.block.empty();
    for (std::size_t i = 0; i < group.entries.size(); ++i) {
      const nn::FlatEntry& entry = group.entries[i];
      if (i == 0 || !is_block) {
        const bool is_last = i + 1 == group.entries.size();
        const std::int64_t end = is_block || is_last ? group.numel : group.entries[i + 1].offset;
        buckets.push_back(
            {.what = cat("the gradients of ", is_block ? group.block : entry.name),
             .gradients = group.gradients.narrow(0, entry.offset, end - entry.offset)});
      }
      Bucket& bucket = buckets.back();
      bucket.last_number = std::max(bucket.last_number, entry.number);
      bucket.parameters.push_back(uses.size());
      uses.push_back({&entry});
    }
  }

  void begin() {
    for (Bucket& bucket : buckets) {
      bucket.missing = bucket.parameters.size();
      // Of a parameter without a gradient nothing comes: who waits for it reduces at the end.
      for (const std::size_t each : bucket.parameters) {
        if (knows_uses && uses[each].expected == 0) --bucket.missing;
      }
    }
    for (Uses& each : uses) each.seen = 0;
    is_open = true;
  }

  void came(std::size_t parameter) {
    if (!is_open) return;
    Uses& use = uses[parameter];
    ++use.seen;
    if (!knows_uses) return;
    if (use.bucket < begun) {
      throw Error(cat("the gradient of ", use.entry->name,
                      " has come once more after it was reduced: the model takes another way "
                      "than in the step before, which data-parallel training can't follow"));
    }
    if (use.seen != use.expected) return;
    --buckets[use.bucket].missing;
    while (begun < buckets.size() && buckets[begun].missing == 0) reduce_next();
  }

  void reduce_next() {
    Bucket& bucket = buckets[begun++];
    bucket.pending = gang.begin_all_reduce(bucket.gradients, Reduce::Sum, bucket.what);
  }

  void finish() {
    early = begun;
    note_hidden();
    while (begun < buckets.size()) reduce_next();
    if (is_open) learn();
    is_open = false;
    begun = 0;
    for (Bucket& bucket : buckets) {
      if (const Pending pending = std::move(bucket.pending)) pending->wait();
    }
  }

  void note_hidden() {
    std::size_t all = 0;
    std::size_t done = 0;
    for (const Bucket& bucket : buckets) {
      all += bucket.gradients.nbytes();
      if (bucket.pending && bucket.pending->is_done()) done += bucket.gradients.nbytes();
    }
    hidden = all > 0 ? static_cast<double>(done) / static_cast<double>(all) : 0.0;
  }

  void learn() {
    const bool had_pass = std::ranges::any_of(uses, [](const Uses& each) { return each.seen > 0; });
    if (!had_pass) return;
    for (Uses& each : uses) each.expected = each.seen;
    knows_uses = true;
  }

  Gang& gang;
  std::vector<Uses> uses;
  std::vector<Bucket> buckets;
  std::size_t begun = 0;  // of the buckets, in this pass
  std::size_t early = 0;
  double hidden = 0.0;
  bool knows_uses = false;
  bool is_open = false;
};

namespace {

// autograd calls it when it has added to a parameter's gradient.
class Came final : public torch::autograd::PostAccumulateGradHook {
 public:
  explicit Came(std::function<void()> tell) : tell_(std::move(tell)) {}
  void operator()(const at::Tensor& /*parameter*/) override { tell_(); }

 private:
  std::function<void()> tell_;
};

}  // namespace

GradientReducer::GradientReducer(nn::FlatParameters& parameters, Gang& gang)
    : state_(std::make_unique<State>(parameters, gang)) {
  if (gang.size() == 1) return;
  for (std::size_t i = 0; i < state_->uses.size(); ++i) {
    torch::autograd::impl::set_post_acc_grad_hooks(
        state_->uses[i].entry->place.value,
        std::make_unique<Came>([state = state_.get(), i] { state->came(i); }));
  }
}

GradientReducer::~GradientReducer() {
  if (state_->gang.size() == 1) return;
  for (const Uses& each : state_->uses) {
    torch::autograd::impl::set_post_acc_grad_hooks(each.entry->place.value, nullptr);
  }
}

void GradientReducer::begin() {
  if (state_->gang.size() > 1) state_->begin();
}

void GradientReducer::finish() {
  if (state_->gang.size() > 1) state_->finish();
}

std::size_t GradientReducer::begun_early() const {
  return state_->early;
}

double GradientReducer::hidden_share() const {
  return state_->hidden;
}

std::size_t GradientReducer::buckets() const {
  return state_->buckets.size();
}

}  // namespace roux::parallel
