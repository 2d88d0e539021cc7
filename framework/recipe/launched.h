#pragma once

#include <exception>
#include <string>

#include "roux/di/resolver.h"

namespace roux {

// Where a launcher has started several processes: has them meet, and compares what they must have
// in common, before anything large is made. Throws ConfigError for a recipe that runs as one
// process only.
void meet_others(const di::Resolver& resolver);

// Tells whoever started this process why it ends, in the way of torchrun's agent: a file of JSON
// that TORCHELASTIC_ERROR_FILE names. Does nothing without it.
void report_to_launcher(const std::string& failure, const std::exception_ptr& error, int exit_code);

// Whether a failure is for this process to print: what a launcher is told it shows by itself, and
// of an error that all ranks have, one line is enough.
bool speaks_for_itself();

}  // namespace roux
