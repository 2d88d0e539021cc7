#include "roux/di/type_id.h"

#include <ostream>
#include <string_view>

#include "roux/base/strings.h"
#include "roux/base/type_name.h"

namespace roux::di {

std::string TypeId::name() const {
  const std::string tag = type_name(*tag_);  // "di::detail::TypeTag<Optimizer>"
  const auto from = tag.find('<') + 1;
  return std::string(trim(std::string_view(tag).substr(from, tag.rfind('>') - from)));
}

std::ostream& operator<<(std::ostream& out, const TypeId& type) {
  return out << type.name();
}

}  // namespace roux::di
