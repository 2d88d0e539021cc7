#pragma once

#include <span>
#include <string_view>

namespace roux {

// A file of framework/model/cards, compiled in.
struct BuiltInCards {
  std::string_view file;
  std::string_view text;
};

// Defined by what EmbedCards.cmake writes.
std::span<const BuiltInCards> built_in_cards();

}  // namespace roux
