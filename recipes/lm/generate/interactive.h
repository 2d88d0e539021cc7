#pragma once

#include <memory>

#include "config.h"
#include "roux/base/random.h"
#include "roux/trainer/generator.h"
#include "roux/trainer/stop.h"
#include "writer.h"

namespace roux::lm {

// Asks a person for prompts, and shows each text while it is written. Ctrl-C ends the text, Ctrl-D
// the program. All that is given must outlive it.
std::unique_ptr<Generator> make_interactive(const LMGeneratorConfig& config, const Writer& writer,
                                            TextGenerator& generator, const RandomStream& random,
                                            const StopRequest& stop);

}  // namespace roux::lm
