#include "roux/optim/loss_scaler.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <system_error>

#include "roux/base/error.h"
#include "roux/base/strings.h"

namespace roux {
namespace {

// Above it a float32 loss overflows by itself.
constexpr double kLargest = 0x1p100;

template <typename Number>
bool read(std::string_view text, Number& number) {
  const char* end = text.data() + text.size();
  const auto [stopped, error] = std::from_chars(text.data(), end, number);
  return error == std::errc() && stopped == end;
}

}  // namespace

LossScaler::LossScaler(std::array<double, 2> scales, std::int64_t window)
    : scale_(scales[0]), minimum_(scales[1]), window_(window) {
  if (!(minimum_ > 0.0 && minimum_ <= scale_ && scale_ <= kLargest)) {
    throw ConfigError(
        cat("the loss scale must begin at 2^100 or less, and no lower than its least "
            "value, which must be more than 0; but it begins at ",
            scale_, ", and its least value is ", minimum_));
  }
  if (window_ < 1)
    throw ConfigError(cat("the loss scale's window must be 1 or more, but is ", window_));
}

std::int64_t LossScaler::default_window(std::int64_t micro_batches_a_step) {
  require(micro_batches_a_step >= 1, "LossScaler: a step has a micro-batch");
  return std::max<std::int64_t>(1, (1 << 14) / micro_batches_a_step);
}

LossScaler::Change LossScaler::update(bool finite) {
  if (!finite) {
    good_steps_ = 0;
    if (scale_ <= minimum_) return Change::Stuck;
    scale_ = std::max(minimum_, scale_ / 2.0);
    return Change::Shrank;
  }
  if (++good_steps_ < window_) return Change::None;
  good_steps_ = 0;
  if (scale_ * 2.0 > kLargest) return Change::None;
  scale_ *= 2.0;
  return Change::Grew;
}

std::string LossScaler::state() const {
  std::array<char, 64> digits{};
  const auto written = std::to_chars(digits.data(), digits.data() + digits.size(), scale_);
  return cat(std::string_view(digits.data(), static_cast<std::size_t>(written.ptr - digits.data())),
             ' ', good_steps_);
}

void LossScaler::load_state(std::string_view state) {
  const auto parts = split(state, ' ');
  double scale = 0.0;
  std::int64_t good_steps = 0;
  if (parts.size() != 2 || !read(parts[0], scale) || !read(parts[1], good_steps) ||
      !(scale > 0.0 && scale <= kLargest) || good_steps < 0) {
    throw DataError(
        cat("the loss scaler's state must be a scale and a count of steps, but is \"", state, '"'));
  }
  // The least scale is the config's, which may have changed.
  scale_ = std::max(scale, minimum_);
  good_steps_ = good_steps;
}

}  // namespace roux
