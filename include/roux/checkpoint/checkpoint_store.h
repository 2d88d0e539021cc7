#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <vector>

#include "roux/checkpoint/checkpoint.h"

namespace roux {

class Gang;

// Which checkpoints stay once a newer one is there: those that any of these wants, and the newest.
// With none of the first three, all.
struct CheckpointRetention {
  std::optional<std::int64_t> keep_last_n;
  std::optional<std::int64_t> keep_best_n;  // by score, and all as long as none has one
  std::optional<std::int64_t> keep_every_n_steps;

  // Older checkpoints lose all but the part "model".
  bool model_only_but_last = false;
};

// The checkpoints of a run: step_N/ in one folder, each there as a whole or not at all. (The format
// and what it guarantees: docs/checkpoints.md.)
//
// The ranks of a run save together: each has a store in the same folder, all do the same in the
// same order, and what fails on one fails on all.
//
// One thread at a time; writing goes on in a thread of its own.
class CheckpointStore {
 public:
  // Makes the folder, and removes what a run that was killed left half written. Holds the folder as
  // long as it lives: throws ConfigError if another run does, or if it can be no folder.
  // `gang`: of all ranks, and for this store alone; none: a run of one.
  CheckpointStore(std::filesystem::path folder, CheckpointRetention retention,
                  std::shared_ptr<Gang> gang = nullptr);
  ~CheckpointStore();  // waits for what is being written, and logs what went wrong
  CheckpointStore(const CheckpointStore&) = delete;
  CheckpointStore& operator=(const CheckpointStore&) = delete;

  // Copies the contents to memory that is kept for the next time, and returns; the writing goes on
  // meanwhile. Waits first if the last one is still being written, and throws what became of it:
  // then nothing is saved, and the next call may succeed. A checkpoint of the same step is replaced
  // once the new one is whole. `score`: the larger the better; what is no finite number is none.
  //
  // Each rank gives what it holds: slices of a tensor, on all ranks together, are all of it. Of
  // texts that several ranks give, the first one's is saved.
  void save(std::int64_t step, const CheckpointContents& contents,
            std::optional<double> score = std::nullopt);

  // Waits until what was given to save() is durable; throws what went wrong. Then that checkpoint
  // is not there, the others are untouched, and the next save() may succeed.
  void finish();

  // Whether something is being written.
  bool is_saving() const;

  // Of the checkpoints that are there, in order; those that are broken at first sight are left out.
  std::vector<std::int64_t> steps() const;

  // The newest that a run can go on from: whole, with every byte as it was written, and more than a
  // model. Warns of newer ones that are broken. nullopt if there is none; but where all there were
  // are broken it throws DataError: a run that began anew would bury what can perhaps be saved.
  std::optional<Checkpoint> newest() const;

  // Throws ConfigError, and says which there are, where there is none of that step; DataError where
  // it is broken at first sight.
  Checkpoint at(std::int64_t step) const;

  // The step with the best score, of equal ones the last; nullopt without scores.
  std::optional<std::int64_t> best_step() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace roux
