#pragma once

namespace roux {

// The number below which a normal variable of mean 0 and deviation 1 stays with the given
// probability, in (0, 1). Made of + - * / and square roots alone, which IEEE 754 defines to the
// last bit; the logarithm of a C library may differ from machine to machine.
double normal_quantile(double probability);

}  // namespace roux
