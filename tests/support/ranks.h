#pragma once

#include <chrono>
#include <functional>

#include "roux/gang/meeting.h"

namespace roux {

// Runs `body` as each rank of a run, all in this process, each in a thread of its own. Throws what
// the first of them threw, by its rank, once all have ended.
void as_ranks(int size, const std::function<void(Meeting& meeting)>& body,
              std::chrono::nanoseconds timeout = std::chrono::seconds(30));

}  // namespace roux
