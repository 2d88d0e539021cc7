#pragma once

namespace roux {

// What a training recipe makes and the framework runs, in this order:
//
//   setup, load_checkpoint, train, save_checkpoint, cleanup
//
// cleanup() is called whatever happened before. If train() throws, save_checkpoint() is not called:
// the state may be half a step old. After a stop that was asked for (stop.h) it is.
class Trainer {
 public:
  virtual ~Trainer() = default;

  // Makes what the loop needs and the constructor left out because it is costly.
  virtual void setup() {}

  // Restores all state (model, optimizer, data, epoch, random numbers) from the newest checkpoint
  // of the output folder. Says whether there was one.
  virtual bool load_checkpoint() = 0;

  // Trains to the end of the regime, or until a stop is asked for.
  virtual void train() = 0;

  // Saves all state, durably. Does nothing if this step is saved already.
  virtual void save_checkpoint() = 0;

  // Ends what setup() began: files, threads, process groups.
  virtual void cleanup() {}
};

}  // namespace roux
