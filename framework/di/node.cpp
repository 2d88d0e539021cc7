#include "di/node.h"

#include <ostream>

#include "roux/base/error.h"

namespace roux::di::detail {

std::string name_of(const Node& node) {
  return node.index ? cat(node.key, '[', *node.index, ']') : cat(node.key);
}

std::ostream& operator<<(std::ostream& out, const Node& node) {
  if (node.inner != nullptr) out << "decorator of ";
  out << name_of(node);
  if (node.choice) out << " = \"" << node.choice->component.name << '"';
  return out;
}

}  // namespace roux::di::detail
