#pragma once

#include <array>
#include <memory>

#include "roux/config/fields.h"

using Point = std::array<double, 2>;

// A landscape with one lowest point. [valley] chooses one by its name.
class Valley {
 public:
  virtual ~Valley() = default;

  virtual double height(const Point& at) const = 0;
  virtual Point slope(const Point& at) const = 0;
};

// [valley.config] with name = "bowl": the same in all directions.
struct BowlConfig {
  double steepness = 1.0;

  static void describe(roux::config::Fields<BowlConfig>& field);
};

// [valley.config] with name = "canyon": steep across, almost flat along.
struct CanyonConfig {
  double across = 10.0;
  double along = 0.5;

  static void describe(roux::config::Fields<CanyonConfig>& field);
  void validate(roux::config::Problems& problems) const;
};

std::unique_ptr<Valley> make_bowl(const BowlConfig& config);
std::unique_ptr<Valley> make_canyon(const CanyonConfig& config);
