#pragma once

namespace roux {

class Gang;

namespace nn {
class FlatParameters;
}  // namespace nn

namespace parallel {

// Gives every rank the parameters of the first, with which they began in the same way, or nearly: a
// foreign module draws its own, and a file may be another on another machine.
void broadcast_parameters(nn::FlatParameters& parameters, Gang& gang);

// Throws Error that names a block whose gradients, which were summed up over the ranks, are not the
// same on all of them.
void check_gradients(const nn::FlatParameters& parameters, Gang& gang);

}  // namespace parallel
}  // namespace roux
