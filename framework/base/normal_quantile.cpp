#include "base/normal_quantile.h"

#include <array>
#include <cmath>

// Compiled without contraction (see CMakeLists.txt): a fused multiply-add rounds once, not twice.
namespace roux {
namespace {

// Coefficients of falling powers: {3, 2, 1} is 3x² + 2x + 1.
using Polynomial = std::array<double, 8>;

double at(const Polynomial& coefficients, double x) {
  double sum = 0;
  for (const double coefficient : coefficients) sum = sum * x + coefficient;
  return sum;
}

// Natural logarithm of a normal positive number, within a few units in the last place.
double portable_log(double x) {
  int exponent = 0;
  double fraction = std::frexp(x, &exponent);  // exact: in [0.5, 1)
  constexpr double kRootOfHalf = 0.70710678118654752;
  if (fraction < kRootOfHalf) {
    fraction *= 2;
    --exponent;
  }

  // log(f) = 2 artanh(s) = 2 (s + s³/3 + s⁵/5 + …), with |s| < 0.172: 12 terms are enough.
  const double s = (fraction - 1) / (fraction + 1);
  const double square = s * s;
  double sum = 0;
  for (int power = 23; power >= 1; power -= 2) sum = sum * square + 1.0 / power;
  constexpr double kLogOfTwo = 0.69314718055994531;
  return 2 * s * sum + exponent * kLogOfTwo;
}

// M. J. Wichura, "Algorithm AS 241: The Percentage Points of the Normal Distribution", Applied
// Statistics 37 (1988): PPND16, about 16 digits. Numerator and denominator for the centre, for
// where sqrt(-log(tail)) is up to 5, and for beyond.
constexpr Polynomial kCentreTop{2509.0809287301226727, 33430.575583588128105, 67265.770927008700853,
                                45921.953931549871457, 13731.693765509461125, 1971.5909503065514427,
                                133.14166789178437745, 3.387132872796366608};
constexpr Polynomial kCentreBottom{
    5226.495278852545925,  28729.085735721942674, 39307.89580009271061,  21213.794301586595867,
    5394.1960214247511077, 687.1870074920579083,  42.313330701600911252, 1};
constexpr Polynomial kTailTop{7.7454501427834140764e-4, .0227238449892691845833,
                              .24178072517745061177,    1.27045825245236838258,
                              3.64784832476320460504,   5.7694972214606914055,
                              4.6303378461565452959,    1.42343711074968357734};
constexpr Polynomial kTailBottom{1.05075007164441684324e-9, 5.475938084995344946e-4,
                                 .0151986665636164571966,   .14810397642748007459,
                                 .68976733498510000455,     1.6763848301838038494,
                                 2.05319162663775882187,    1};
constexpr Polynomial kFarTop{2.01033439929228813265e-7, 2.71155556874348757815e-5,
                             .0012426609473880784386,   .026532189526576123093,
                             .29656057182850489123,     1.7848265399172913358,
                             5.4637849111641143699,     6.6579046435011037772};
constexpr Polynomial kFarBottom{2.04426310338993978564e-15, 1.4215117583164458887e-7,
                                1.8463183175100546818e-5,   7.868691311456132591e-4,
                                .0148753612908506148525,    .13692988092273580531,
                                .59983220655588793769,      1};

}  // namespace

double normal_quantile(double probability) {
  const double from_middle = probability - 0.5;
  if (std::abs(from_middle) <= 0.425) {
    const double r = 0.180625 - from_middle * from_middle;
    return from_middle * at(kCentreTop, r) / at(kCentreBottom, r);
  }

  const double tail = from_middle < 0 ? probability : 1 - probability;
  const double r = std::sqrt(-portable_log(tail));
  const double size = r <= 5 ? at(kTailTop, r - 1.6) / at(kTailBottom, r - 1.6)
                             : at(kFarTop, r - 5) / at(kFarBottom, r - 5);
  return from_middle < 0 ? -size : size;
}

}  // namespace roux
