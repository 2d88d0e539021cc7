#include "roux/di/where.h"

#include <ostream>
#include <string_view>

namespace roux::di {

std::ostream& operator<<(std::ostream& out, const Where& where) {
  const std::string_view path = where.file;
  return out << path.substr(path.rfind('/') + 1) << ':' << where.line;
}

}  // namespace roux::di
