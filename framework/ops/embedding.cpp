#include <ATen/ops/empty.h>
#include <ATen/ops/zeros.h>

#include <algorithm>
#include <cstring>
#include <numeric>
#include <vector>

#include "ops/kernels/embedding.h"
#include "ops/passes.h"
#include "ops/rows.h"

namespace roux::ops::passes {
namespace {

// Places with the same id together, in their order: those of the i-th id that occurs are
// [begin[i], begin[i + 1]).
struct ById {
  explicit ById(const at::Tensor& ids) : places(static_cast<std::size_t>(ids.numel())) {
    const auto* id = data_of<std::int64_t>(ids);
    std::iota(places.begin(), places.end(), 0);
    std::stable_sort(places.begin(), places.end(),
                     [&](std::int64_t a, std::int64_t b) { return id[a] < id[b]; });
    for (std::size_t i = 0; i < places.size(); ++i) {
      if (i == 0 || id[places[i]] != id[places[i - 1]]) {
        begin.push_back(static_cast<std::int64_t>(i));
      }
    }
    begin.push_back(static_cast<std::int64_t>(places.size()));
  }

  std::vector<std::int64_t> places;
  std::vector<std::int64_t> begin;
};

}  // namespace

void check_ids(const at::Tensor& ids, std::int64_t vocabulary) {
  const at::Tensor wide = ids.to(at::kLong).contiguous();
  const auto* id = data_of<std::int64_t>(wide);
  for (std::int64_t i = 0; i < wide.numel(); ++i) {
    if (id[i] < 0 || id[i] >= vocabulary) {
      throw Error(cat("embedding: the id of token ", i, " must be in [0, ", vocabulary,
                      "), but is ", id[i]));
    }
  }
}

at::Tensor embedding(const at::Tensor& weight, const at::Tensor& ids) {
  const at::Tensor wide = ids.to(at::kLong).contiguous();
  const Rows table = rows_of(weight);
  std::vector<std::int64_t> sizes = ids.sizes().vec();
  sizes.push_back(table.dim);
  at::Tensor y = at::empty(sizes, weight.options());
  const auto* id = data_of<std::int64_t>(wide);
  const auto* from = data_of<char>(table.tensor);
  auto* to = mutable_data_of<char>(y);
  const auto size = static_cast<std::int64_t>(weight.element_size());
  at::parallel_for(0, wide.numel(), rows_a_thread(table.dim),
                   [&](std::int64_t begin, std::int64_t end) {
                     for (std::int64_t i = begin; i < end; ++i) {
                       std::memcpy(to + i * table.dim * size, from + id[i] * table.stride * size,
                                   static_cast<std::size_t>(table.dim * size));
                     }
                   });
  return y;
}

at::Tensor embedding_backward(const at::Tensor& dy, const at::Tensor& ids,
                              std::int64_t vocabulary) {
  const at::Tensor wide = ids.to(at::kLong).contiguous();
  const at::Tensor given = dy.contiguous();
  const std::int64_t dim = given.size(-1);
  at::Tensor gradient = at::zeros({vocabulary, dim}, dy.options());
  const ById by_id(wide);
  const auto* id = data_of<std::int64_t>(wide);
  by_dtype(find_embedding_kernels(), dy.scalar_type(), [&](const auto& kernel, auto zero) {
    using T = decltype(zero);
    const auto groups = static_cast<std::int64_t>(by_id.begin.size()) - 1;
    at::parallel_for(0, groups, rows_a_thread(dim), [&](std::int64_t first, std::int64_t last) {
      for (auto group = static_cast<std::size_t>(first); group < static_cast<std::size_t>(last);
           ++group) {
        const std::int64_t begin = by_id.begin[group];
        const std::int64_t* places = by_id.places.data() + begin;
        kernel(data_of<T>(given), places, by_id.begin[group + 1] - begin, dim,
               mutable_data_of<T>(gradient) + id[*places] * dim);
      }
    });
  });
  return gradient;
}

void add_embedding_gradient(const at::Tensor& gradient, const at::Tensor& dy,
                            const at::Tensor& ids) {
  const at::Tensor wide = ids.to(at::kLong).contiguous();
  const at::Tensor given = dy.contiguous();
  const std::int64_t dim = given.size(-1);
  const ById by_id(wide);
  const auto* id = data_of<std::int64_t>(wide);
  auto* sums = gradient.mutable_data_ptr<float>();
  const auto add_all = [&](const auto* rows) {
    const auto groups = static_cast<std::int64_t>(by_id.begin.size()) - 1;
    at::parallel_for(0, groups, rows_a_thread(dim), [&](std::int64_t first, std::int64_t last) {
      const auto begin = static_cast<std::size_t>(by_id.begin[static_cast<std::size_t>(first)]);
      const auto end = static_cast<std::size_t>(by_id.begin[static_cast<std::size_t>(last)]);
      for (std::size_t i = begin; i < end; ++i) {
        const std::int64_t place = by_id.places[i];
        float* sum = sums + id[place] * dim;
        for (std::int64_t d = 0; d < dim; ++d) sum[d] += static_cast<float>(rows[place * dim + d]);
      }
    });
  };
  if (given.scalar_type() == at::kBFloat16) {
    add_all(given.const_data_ptr<at::BFloat16>());
  } else {
    add_all(given.const_data_ptr<float>());
  }
}

}  // namespace roux::ops::passes
