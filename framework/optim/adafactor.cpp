#include <ATen/core/Tensor.h>
#include <ATen/ops/zeros.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <utility>

#include "optim/flat_optimizer.h"
#include "optim/trained_entry.h"
#include "roux/base/error.h"

namespace roux {
namespace {

struct AdafactorSettings {
  double beta2_decay;
  double d;
  double weight_decay;
};

std::vector<AdafactorSettings> settings_of(const AdafactorConfig& config) {
  std::vector<AdafactorSettings> all;
  for (const AdafactorGroupConfig& group : config.groups) {
    all.push_back({group.beta2_decay.value_or(config.beta2_decay), group.d.value_or(config.d),
                   group.weight_decay.value_or(config.weight_decay)});
  }
  all.push_back({config.beta2_decay, config.d, config.weight_decay});
  return all;
}

double epsilon_of(ops::Stored stored) {
  switch (stored) {
    case ops::Stored::Float32:
      return std::numeric_limits<float>::epsilon();
    case ops::Stored::Float64:
      return std::numeric_limits<double>::epsilon();
    case ops::Stored::BFloat16:
      return 0x1p-7;
    case ops::Stored::Float16:
      return 0x1p-10;
  }
  throw InternalError("epsilon_of: an unknown way to store numbers");
}

// A parameter as matrices of its last two dimensions; a vector or a single number as one row.
struct Matrices {
  std::int64_t count = 1;
  std::int64_t rows = 1;
  std::int64_t columns = 1;

  // Whether second moments are kept as rows and columns, or for each element.
  bool factored = false;

  explicit Matrices(const std::vector<std::int64_t>& sizes) : factored(sizes.size() > 1) {
    if (!sizes.empty()) columns = sizes.back();
    if (!factored) return;
    rows = sizes[sizes.size() - 2];
    count = std::accumulate(sizes.begin(), sizes.end() - 2, std::int64_t{1}, std::multiplies<>());
  }
};

// Rows of a parameter that one thread walks: at most 64 bands, so that their sums of columns are
// little memory beside it, and cut by its shape alone.
struct Bands {
  std::int64_t height = 0;
  std::int64_t count = 0;

  Bands(std::int64_t rows, std::int64_t columns) {
    constexpr std::int64_t kMost = 64;
    constexpr std::int64_t kLeastNumbers = 1 << 14;
    height = std::max((rows + kMost - 1) / kMost,
                      kLeastNumbers / std::max<std::int64_t>(1, columns) + 1);
    count = (rows + height - 1) / height;
  }
};

// One step of one parameter.
template <typename T>
class AdafactorStep {
 public:
  AdafactorStep(const FlatMemory& memory, const nn::FlatEntry& entry, double gradient_scale)
      : memory_(memory),
        entry_(entry),
        shape_(entry.sizes),
        gradient_scale_(static_cast<T>(gradient_scale)) {}

  // The sum of the squares of the parameter.
  double value_squares() const {
    return over_rows([&](std::int64_t, std::int64_t, Part<T>& part) {
      const T sum = kernels_.add_squares(part.values(), T(1), nullptr, part.count());
      return static_cast<double>(sum);
    });
  }

  // Moves the running means towards the squares of the gradient.
  void mix_squares(T* row_means, T* column_means, double share) const {
    const Bands bands(shape_.rows, shape_.columns);
    const std::int64_t columns = shape_.columns;
    for (std::int64_t m = 0; m < shape_.count; ++m) {
      std::vector<T> sums(static_cast<std::size_t>(bands.count * columns), T(0));
      on_threads(bands.count, 1, [&](std::int64_t first, std::int64_t last) {
        for (std::int64_t band = first; band < last; ++band) {
          const std::int64_t end = std::min(shape_.rows, (band + 1) * bands.height);
          for (std::int64_t row = band * bands.height; row < end; ++row) {
            double squares = 0.0;
            for_row(m, row, [&](std::int64_t column, const Part<T>& part) {
              squares += static_cast<double>(
                  kernels_.add_squares(part.gradients(), gradient_scale_,
                                       sums.data() + band * columns + column, part.count()));
            });
            T& mean = row_means[m * shape_.rows + row];
            mean = mixed(mean, squares / static_cast<double>(columns), share);
          }
        }
      });
      for (std::int64_t column = 0; column < columns; ++column) {
        double squares = 0.0;
        for (std::int64_t band = 0; band < bands.count; ++band) {
          squares += static_cast<double>(sums[static_cast<std::size_t>(band * columns + column)]);
        }
        T& mean = column_means[m * columns + column];
        mean = mixed(mean, squares / static_cast<double>(shape_.rows), share);
      }
    }
  }

  void mix_elements(T* variances, double share) const {
    for_row(0, 0, [&](std::int64_t column, const Part<T>& part) {
      for (std::int64_t i = 0; i < part.count(); ++i) {
        const double gradient = static_cast<double>(part.gradients()[i] * gradient_scale_);
        variances[column + i] = mixed(variances[column + i], gradient * gradient, share);
      }
    });
  }

  // From here on, squares are estimated by the means. `eps` is the least mean and, squared, the
  // least estimate.
  void estimate(const T* row_means, const T* column_means, double eps) {
    columns_ = column_means;
    numbers_.gradient_scale = gradient_scale_;
    numbers_.floor = static_cast<T>(eps * eps);
    rows_.assign(static_cast<std::size_t>(shape_.count * shape_.rows), T(1));
    if (!shape_.factored) return;
    for (std::int64_t m = 0; m < shape_.count; ++m) {
      const T* means = row_means + m * shape_.rows;
      const double mean =
          std::accumulate(means, means + shape_.rows, 0.0) / static_cast<double>(shape_.rows);
      for (std::int64_t row = 0; row < shape_.rows; ++row) {
        rows_[static_cast<std::size_t>(m * shape_.rows + row)] =
            static_cast<T>(static_cast<double>(means[row]) / std::max(mean, eps));
      }
    }
  }

  double update_squares() const {
    return over_rows([&](std::int64_t matrix_row, std::int64_t column, Part<T>& part) {
      return static_cast<double>(kernels_.adafactor_squares(
          part.gradients(), columns_of(matrix_row) + column, part.count(), numbers_of(matrix_row)));
    });
  }

  void apply(double keep, double step_size, const Chance& chance) {
    numbers_.keep = static_cast<T>(keep);
    numbers_.step_size = static_cast<T>(step_size);
    over_rows([&](std::int64_t matrix_row, std::int64_t column, Part<T>& part) {
      kernels_.adafactor(part.values(), part.gradients(), columns_of(matrix_row) + column,
                         part.count(), numbers_of(matrix_row));
      part.store(chance);
      return 0.0;
    });
  }

 private:
  static T mixed(T mean, double now, double share) {
    return static_cast<T>(static_cast<double>(mean) + (now - static_cast<double>(mean)) * share);
  }

  const T* columns_of(std::int64_t matrix_row) const {
    return columns_ + matrix_row / shape_.rows * shape_.columns;
  }
  ops::AdafactorNumbers<T> numbers_of(std::int64_t matrix_row) const {
    ops::AdafactorNumbers<T> numbers = numbers_;
    numbers.row = rows_[static_cast<std::size_t>(matrix_row)];
    return numbers;
  }

  // Calls body(column, part) for the parts of a row.
  template <typename Body>
  void for_row(std::int64_t m, std::int64_t row, const Body& body) const {
    const std::int64_t begin = entry_.offset + (m * shape_.rows + row) * shape_.columns;
    for (std::int64_t column = 0; column < shape_.columns; column += kPart) {
      Part<T> part(memory_, begin + column, std::min(kPart, shape_.columns - column));
      body(column, part);
    }
  }

  // Calls body(matrix and row, column, part) for all parts on the threads; the sum of what it
  // gives, in an order that depends on the shape alone.
  template <typename Body>
  double over_rows(const Body& body) const {
    const std::int64_t rows = shape_.count * shape_.rows;
    const Bands bands(rows, shape_.columns);
    std::vector<double> sums(static_cast<std::size_t>(bands.count), 0.0);
    on_threads(bands.count, 1, [&](std::int64_t first, std::int64_t last) {
      for (std::int64_t band = first; band < last; ++band) {
        const std::int64_t end = std::min(rows, (band + 1) * bands.height);
        for (std::int64_t row = band * bands.height; row < end; ++row) {
          for_row(row / shape_.rows, row % shape_.rows, [&](std::int64_t column, auto& part) {
            sums[static_cast<std::size_t>(band)] += body(row, column, part);
          });
        }
      }
    });
    return std::accumulate(sums.begin(), sums.end(), 0.0);
  }

  const FlatMemory& memory_;
  const nn::FlatEntry& entry_;
  Matrices shape_;
  T gradient_scale_;
  const ops::OptimizerKernels<T>& kernels_ = optimizer_kernels_of<T>();
  std::vector<T> rows_;
  const T* columns_ = nullptr;
  ops::AdafactorNumbers<T> numbers_{};
};

// PyTorch's variant (torch.optim.Adafactor): means in place of sums, a rate that is relative to the
// parameter's scale and no larger than 1 / sqrt(step), no momentum.
class Adafactor final : public FlatOptimizer {
 public:
  Adafactor(const AdafactorConfig& config, const OptimizerParts& parts,
            const ParameterGroups& groups)
      : FlatOptimizer(parts, base_lrs_of(config, groups)),
        eps_(config.eps),
        maximize_(config.maximize),
        settings_(settings_of(config)),
        entries_(trained_entries(parts.parameters, groups)) {}

 private:
  // Of one parameter: rows and columns, or `rows` alone with a number for each element.
  struct Means {
    at::Tensor rows;
    at::Tensor columns;
  };

  bool maximize() const override { return maximize_; }

  void allocate_states() override {
    for (const TrainedEntry& trained : entries_) {
      const auto dtype = computed_in(exact_dtype(parameters().groups()[trained.buffer]));
      std::vector<std::int64_t> rows = trained.entry->sizes;
      Means& means = means_.emplace_back();
      if (rows.size() > 1) {
        std::vector<std::int64_t> columns = rows;
        columns[columns.size() - 2] = 1;
        rows.back() = 1;
        means.columns = at::zeros(columns, dtype);
      }
      means.rows = at::zeros(rows, dtype);
    }
  }

  void list_states(std::vector<OptimizerState>& all) const override {
    for (std::size_t i = 0; i < entries_.size(); ++i) {
      const std::string& name = entries_[i].entry->name;
      const Means& means = means_[i];
      all.push_back({means.columns.defined() ? "row_var" : "variance", name, means.rows});
      if (means.columns.defined()) all.push_back({"col_var", name, means.columns});
    }
  }

  void update(const Now& now) override {
    for (std::size_t i = 0; i < entries_.size(); ++i) {
      if (entries_[i].entry->numel == 0) continue;
      if (means_[i].rows.scalar_type() == at::kDouble) {
        step_one<double>(now, entries_[i], means_[i]);
      } else {
        step_one<float>(now, entries_[i], means_[i]);
      }
    }
  }

  template <typename T>
  void step_one(const Now& now, const TrainedEntry& trained, const Means& means) const {
    const FlatMemory& memory = now.memory[trained.buffer];
    const AdafactorSettings& settings = settings_[trained.group];
    const double lr = now.step.lrs[trained.group];
    const double eps = eps_.square.value_or(epsilon_of(memory.exact_as));
    const double root_of_size = std::sqrt(static_cast<double>(trained.entry->numel));
    AdafactorStep<T> step(memory, *trained.entry, now.gradient_scale);

    const double scale = std::max(eps_.scale, std::sqrt(step.value_squares()) / root_of_size);
    const double rate = scale * std::min(lr, 1.0 / std::sqrt(now.count));
    const double share = std::pow(now.count, settings.beta2_decay);
    T* rows = means.rows.mutable_data_ptr<T>();
    if (means.columns.defined()) {
      T* columns = means.columns.mutable_data_ptr<T>();
      step.mix_squares(rows, columns, share);
      step.estimate(rows, columns, eps);
    } else {
      step.mix_elements(rows, share);
      step.estimate(nullptr, rows, eps);
    }
    const double size = std::sqrt(step.update_squares()) / root_of_size;
    step.apply(1.0 - lr * settings.weight_decay, rate / std::max(1.0, size / settings.d),
               now.chance);
  }

  AdafactorEpsConfig eps_;
  bool maximize_;
  std::vector<AdafactorSettings> settings_;
  std::vector<TrainedEntry> entries_;
  std::vector<Means> means_;  // of each entry
};

}  // namespace

std::unique_ptr<Optimizer> make_adafactor(const AdafactorConfig& config,
                                          const OptimizerParts& parts) {
  return std::make_unique<Adafactor>(
      config, parts, group_parameters(parts.parameters, patterns_of(config.groups)));
}

}  // namespace roux
