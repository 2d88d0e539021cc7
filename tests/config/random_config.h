#pragma once

#include <bit>
#include <cmath>
#include <cstdint>
#include <limits>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "config/example_config.h"

// Valid configs at random, with values at the edges more often than chance would give.
namespace roux::config::example {

class RandomConfig {
 public:
  explicit RandomConfig(std::uint64_t seed) : random_(seed) {}

  Config config() {
    Config config;
    config.title = text();
    config.regime = regime();
    config.data = data();
    config.optimizer = optimizer();
    for (std::size_t i = below(3); i > 0; --i) config.more.push_back(optimizer());
    return config;
  }

  std::size_t below(std::size_t end) {
    return std::uniform_int_distribution<std::size_t>(0, end - 1)(random_);
  }
  bool maybe() { return below(2) == 0; }

  template <typename T>
  const T& one_of(const std::vector<T>& choices) {
    return choices[below(choices.size())];
  }

  std::string text() {
    static const std::vector<std::string> kPieces = {
        "a",    "Z",    "7", " ", "\"", "'",  "\\", "\n",     "\r",     "\t",  "\x01",
        "\x1F", "\x7F", "ä", "€", "😀",  "${", "$",  "}",      "${dir}", "$${", "none",
        "#",    "=",    "[", "]", "{",  ",",  ".",  "\"\"\"", "true"};
    std::string text;
    for (std::size_t i = below(6); i > 0; --i) text += one_of(kPieces);
    return text;
  }

  double number() {
    using Limits = std::numeric_limits<double>;
    switch (below(4)) {
      case 0:
        return one_of<double>({0.0, 1.0, 0.1, 1e-8, 1e15, 1e-5, Limits::max(), Limits::min(),
                               Limits::denorm_min(), Limits::epsilon()});
      case 1:
        return static_cast<double>(below(1'000'000)) / 1000;
      default: {
        const double any = std::abs(std::bit_cast<double>(random_()));
        return std::isfinite(any) ? any : 1.0;
      }
    }
  }

  std::int64_t positive() {
    return one_of<std::int64_t>({1, 2, 1000, std::numeric_limits<std::int64_t>::max(),
                                 static_cast<std::int64_t>(below(1'000'000)) + 1});
  }

 private:
  Regime regime() {
    Regime regime;
    regime.save_every = positive();
    if (maybe()) regime.num_steps = std::max(regime.save_every, positive());
    regime.recompute = maybe() ? Recompute::Off : Recompute::Layerwise;
    regime.timeout = std::chrono::nanoseconds(1'000'000'000 + (positive() >> 1));
    regime.dtype = maybe() ? DType::Float32 : DType::BFloat16;
    return regime;
  }

  Data data() {
    Data data;
    data.root = "x" + text();
    data.files = {"x" + text(), "y" + text()};
    for (std::size_t i = below(4); i > 0; --i) data.weights["k" + text()] = number();
    data.buffer.bytes = maybe() ? random_() : below(5000);
    if (maybe()) {
      data.temperature = number() + 1;
    } else {
      data.temperature = std::vector<double>{number() + 1, number() + 0.5};
    }
    if (maybe()) data.split = Split{.share = 0.001 + static_cast<double>(below(900)) / 1000};
    if (maybe()) data.note = "x" + text();
    data.extra.value = Value(raw_table(3), Place());
    return data;
  }

  Choice<Optimizer> optimizer() {
    if (maybe()) {
      return Choice<Optimizer>("sgd", Sgd{.lr = number(), .momentum = -number()});
    }
    AdamW adamw{.lr = number(), .betas = {0.5, static_cast<double>(below(1000)) / 1000}};
    for (std::size_t i = below(3); i > 0; --i) {
      adamw.groups.push_back({.params = {"x" + text()}});
      if (maybe()) adamw.groups.back().lr = number();
    }
    return Choice<Optimizer>("adamw", std::move(adamw));
  }

  Table raw_table(int depth) {
    Table table;
    for (std::size_t i = below(4); i > 0; --i) table.set("k" + text(), raw(depth - 1));
    return table;
  }

  Value raw(int depth) {
    switch (below(depth > 0 ? 7 : 5)) {
      case 0:
        return default_value(maybe());
      case 1:
        return default_value(static_cast<std::int64_t>(random_()));
      case 2:
        return default_value(maybe() ? number() : std::numeric_limits<double>::infinity());
      case 3:
        return default_value(text());
      case 4:
        return default_value(Date{"1979-05-27T07:32:00Z"});
      case 5: {
        Array array;
        for (std::size_t i = below(4); i > 0; --i) array.push_back(raw(depth - 1));
        return default_value(std::move(array));
      }
      default:
        return default_value(raw_table(depth));
    }
  }

  std::mt19937_64 random_;
};

}  // namespace roux::config::example
