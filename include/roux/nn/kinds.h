#pragma once

#include "roux/config/fields.h"

// What a config says of layers, without the layers: no header of LibTorch is needed to read it.
namespace roux::nn {

enum class NormKind { Rms, Layer };

void describe(config::EnumValues<NormKind>& value);

// Where a block normalises. Before: x + f(norm(x)). After: x + norm(f(x)). Both: x +
// norm'(f(norm(x))).
enum class NormPlacement { Before, After, Both };

void describe(config::EnumValues<NormPlacement>& value);

// Whether queries and keys are normalised before they are rotated: each head by itself, or all at
// once.
enum class QueryKeyNorm { None, PerHead, Whole };

void describe(config::EnumValues<QueryKeyNorm>& value);

}  // namespace roux::nn
