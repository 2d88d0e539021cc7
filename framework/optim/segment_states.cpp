#include "optim/segment_states.h"

#include <ATen/ops/zeros.h>

#include <algorithm>
#include <utility>

namespace roux {

SegmentStates::SegmentStates(const nn::FlatParameters& parameters, std::vector<Segment> segments,
                             std::vector<std::string> names)
    : parameters_(parameters), segments_(std::move(segments)), names_(std::move(names)) {
  const auto is_float = [&](const Segment& segment) {
    return computed_in(exact_dtype(parameters_.groups()[segment.buffer])) == at::kFloat;
  };
  const auto first = std::stable_partition(segments_.begin(), segments_.end(), is_float);
  doubles_from_ = static_cast<std::size_t>(first - segments_.begin());
}

void SegmentStates::allocate() {
  for (std::size_t i = 0; i < segments_.size(); ++i) {
    std::vector<at::Tensor>& states = states_.emplace_back();
    const auto dtype = i < doubles_from_ ? at::kFloat : at::kDouble;
    for (std::size_t state = 0; state < names_.size(); ++state) {
      states.push_back(at::zeros({segments_[i].end - segments_[i].begin}, dtype));
    }
  }
}

void SegmentStates::list(std::vector<OptimizerState>& all) const {
  for (std::size_t i = 0; i < segments_.size(); ++i) {
    const Segment& segment = segments_[i];
    for (const nn::FlatEntry& entry : parameters_.groups()[segment.buffer].entries) {
      if (entry.offset < segment.begin || entry.offset + entry.numel > segment.end) continue;
      for (std::size_t state = 0; state < names_.size(); ++state) {
        const at::Tensor view =
            states_[i][state].narrow(0, entry.offset - segment.begin, entry.numel);
        all.push_back({names_[state], entry.name, view.view(entry.sizes)});
      }
    }
  }
}

}  // namespace roux
