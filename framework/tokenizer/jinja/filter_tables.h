#pragma once

#include <span>

#include "tokenizer/jinja/filters.h"
#include "tokenizer/jinja/text.h"

namespace roux::jinja {

// The filters by what they are made for; filters.cpp has the others.
std::span<const Filter> text_filters();
std::span<const Filter> sequence_filters();

// A text, with what it costs to walk through it paid.
Text text_of(Runtime& runtime, const Value& value);

}  // namespace roux::jinja
