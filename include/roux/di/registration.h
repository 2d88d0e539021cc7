#pragma once

#include "roux/di/key.h"
#include "roux/di/where.h"

namespace roux::di {
namespace detail {

struct Provider;

}  // namespace detail

// What a registering call hands back, to say more about what was registered, in the same statement:
//
//   container.provide<Sampler>([] { … }).transient();
class Registration {
 public:
  Registration(detail::Provider& provider, Key key, Where where);

  // A new one for each who asks, instead of one for all. What asks for it by reference keeps it
  // alive; what asks by shared_ptr, Factory or make() owns it.
  // Throws WiringError if the provider returns a reference: there is nothing to make anew.
  Registration& transient();

 private:
  detail::Provider* provider_;
  Key key_;
  Where where_;
};

}  // namespace roux::di
