#include "roux/modifier/register.h"

#include "roux/config/component.h"
#include "roux/di/container.h"
#include "roux/modifier/ema.h"
#include "roux/modifier/freeze.h"

namespace roux {

void register_modifiers(di::Container& container) {
  container.component<Modifier>("freeze", make_freeze);
  container.component<Modifier>("ema", make_ema);
  container.section<di::All<Modifier>>("modifiers");
}

}  // namespace roux
