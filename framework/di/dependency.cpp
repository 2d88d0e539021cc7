#include "roux/di/dependency.h"

#include "roux/base/error.h"

namespace roux::di {

std::string as_written(const Dependency& dependency) {
  const std::string type = as_type(dependency.key);
  const std::string asked = dependency.wants_const ? cat("const ", type) : type;
  switch (dependency.form) {
    case Form::Reference:
    case Form::Inner:
      return asked;
    case Form::Shared:
      return cat("std::shared_ptr<", asked, ">");
    case Form::Optional:
      return cat(asked, "*");
    case Form::Lazy:
      return cat("Lazy<", asked, ">");
    case Form::Factory:
      return cat("Factory<", asked, ">");
    case Form::All:
      return cat("All<", asked, ">");
    case Form::Resolver:
      return "Resolver&";
  }
  return asked;
}

}  // namespace roux::di
