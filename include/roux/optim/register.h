#pragma once

namespace roux::di {
class Container;
}  // namespace roux::di

namespace roux {

// Everything that the sections [optimizer] and [lr_scheduler] may name, and the sections.
//
// Optimizers want an OptimizerParts of the container; schedules its Optimizer and RegimeConfig.
void register_optimizers(di::Container& container);

}  // namespace roux
