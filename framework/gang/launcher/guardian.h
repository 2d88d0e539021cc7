#pragma once

namespace roux::launcher {

// For a launcher with a guardian: a descriptor that can be read once the guardian is gone; -1
// without one.
int guardian_pipe();

}  // namespace roux::launcher
