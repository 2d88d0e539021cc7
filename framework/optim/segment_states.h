#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "optim/flat_pass.h"
#include "optim/parameter_groups.h"
#include "roux/nn/flat_parameters.h"
#include "roux/optim/optimizer.h"

namespace roux {

// Segments whose numbers are each stepped by themselves, and the states of a number for each of
// them, which lie as the segments do.
class SegmentStates {
 public:
  SegmentStates(const nn::FlatParameters& parameters, std::vector<Segment> segments,
                std::vector<std::string> names);

  // Zeros. Requires: the parameters are materialised.
  void allocate();

  // A view for each parameter and state.
  void list(std::vector<OptimizerState>& all) const;

  const Segment& segment(std::size_t index) const { return segments_[index]; }

  // State number `state` of the element `begin` of the flat group.
  template <typename T>
  T* at(std::size_t index, std::size_t state, std::int64_t begin) const {
    auto* data = static_cast<T*>(states_[index][state].mutable_data_ptr());
    return data + (begin - segments_[index].begin);
  }

  // Calls update(index, begin, part) as for_parts does, with parts of what each segment's numbers
  // are computed in.
  template <typename Update>
  void for_each_part(const std::vector<FlatMemory>& memory, const Chance& chance,
                     const Update& update) const {
    for_parts<float>(memory, std::span(segments_).first(doubles_from_), chance, update);
    if (doubles_from_ == segments_.size()) return;
    for_parts<double>(memory, std::span(segments_).subspan(doubles_from_), chance,
                      [&](std::size_t index, std::int64_t begin, auto& part) {
                        update(index + doubles_from_, begin, part);
                      });
  }

 private:
  const nn::FlatParameters& parameters_;
  std::vector<Segment> segments_;  // those of float64 last
  std::size_t doubles_from_ = 0;
  std::vector<std::string> names_;
  std::vector<std::vector<at::Tensor>> states_;  // [segment][state]
};

}  // namespace roux
