#include "valley.h"

#include "roux/base/error.h"
#include "roux/config/problems.h"

namespace {

// Half of each steepness times the distance squared: lowest at the origin.
class Quadratic final : public Valley {
 public:
  explicit Quadratic(const Point& steepness) : steepness_(steepness) {}

  double height(const Point& at) const override {
    return 0.5 * (steepness_[0] * at[0] * at[0] + steepness_[1] * at[1] * at[1]);
  }

  Point slope(const Point& at) const override {
    return {steepness_[0] * at[0], steepness_[1] * at[1]};
  }

 private:
  Point steepness_;
};

}  // namespace

void BowlConfig::describe(roux::config::Fields<BowlConfig>& field) {
  field("steepness", &BowlConfig::steepness, "In every direction.").more_than(0);
}

void CanyonConfig::describe(roux::config::Fields<CanyonConfig>& field) {
  field("across", &CanyonConfig::across, "Steepness from wall to wall.").more_than(0);
  field("along", &CanyonConfig::along, "Steepness on the way out.").more_than(0);
}

void CanyonConfig::validate(roux::config::Problems& problems) const {
  if (along > across) {
    problems.add("along", roux::cat("must be at most across (", across, "), but is ", along));
  }
}

std::unique_ptr<Valley> make_bowl(const BowlConfig& config) {
  return std::make_unique<Quadratic>(Point{config.steepness, config.steepness});
}

std::unique_ptr<Valley> make_canyon(const CanyonConfig& config) {
  return std::make_unique<Quadratic>(Point{config.across, config.along});
}
