#include "roux/di/detail/provider.h"

#include <utility>

#include "roux/base/error.h"

namespace roux::di::detail {
namespace {

class GivenInstance final : public Builder {
 public:
  explicit GivenInstance(Instance object) : object_(std::move(object)) {}

  Instance build(Arguments&) override { return object_; }

 private:
  Instance object_;
};

}  // namespace

Provider give(Instance object, bool is_const) {
  require(object != nullptr, "Container::instance: there must be an object");
  Provider provider;
  provider.builder = std::make_unique<GivenInstance>(std::move(object));
  provider.is_const = is_const;
  provider.owned = false;
  return provider;
}

}  // namespace roux::di::detail
