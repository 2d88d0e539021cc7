#include "roux/generation/register.h"

#include "roux/config/component.h"
#include "roux/di/container.h"
#include "roux/generation/beam_search.h"
#include "roux/generation/sampling.h"

namespace roux {

void register_generation(di::Container& container) {
  container.section<TextGenerator>("seq_generator");
  container.component<TextGenerator>("sampling", make_sampling);
  container.component<TextGenerator>("beam_search", make_beam_search);
}

}  // namespace roux
