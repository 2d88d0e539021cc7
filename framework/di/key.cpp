#include "roux/di/key.h"

#include <functional>
#include <ostream>

#include "roux/base/error.h"

namespace roux::di {

std::size_t KeyHash::operator()(const Key& key) const noexcept {
  if (key.name.empty()) return key.type.hash();
  return key.type.hash() ^ std::hash<std::string>()(key.name);
}

std::ostream& operator<<(std::ostream& out, const Key& key) {
  out << key.type;
  if (!key.name.empty()) out << " \"" << key.name << '"';
  return out;
}

std::string as_type(const Key& key) {
  if (key.name.empty()) return key.type.name();
  return cat("Keyed<", key.type, ", \"", key.name, "\">");
}

}  // namespace roux::di
