#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

namespace roux {

// What float16's loss is multiplied by, so that small gradients are not lost: as large as goes
// without an overflow. Halved by a step whose gradients are not finite (which is not taken), and
// doubled after `window` good ones in a row.
//
//   backward(loss * scaler.scale());
//   const double norm = gradient_norm(parameters) / scaler.scale();
//   if (scaler.update(std::isfinite(norm)) == LossScaler::Change::Stuck) throw …;
//
// One thread.
class LossScaler {
 public:
  enum class Change {
    None,
    Grew,
    Shrank,  // the step overflowed
    Stuck,   // the step overflowed at the least scale: no smaller one will help
  };

  // Throws ConfigError unless 0 < minimum <= initial, both finite, and window >= 1. `scales` are
  // the first and the least one, as in trainer.fp16_loss_scale.
  LossScaler(std::array<double, 2> scales, std::int64_t window);

  // fairseq2's window: the fewer micro-batches a step has, the longer.
  static std::int64_t default_window(std::int64_t micro_batches_a_step);

  double scale() const { return scale_; }
  std::int64_t good_steps() const { return good_steps_; }

  // After the gradients of a step are known, whether they are finite.
  Change update(bool finite);

  // All there is to save, as a line of text. Throws DataError for what state() never gives.
  std::string state() const;
  void load_state(std::string_view state);

 private:
  double scale_;
  double minimum_;
  std::int64_t window_;
  std::int64_t good_steps_ = 0;
};

}  // namespace roux
