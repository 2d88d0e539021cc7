#pragma once

namespace roux {

// What an evaluation recipe makes and the framework runs: setup, evaluate, cleanup. cleanup() is
// called whatever happened before.
class Evaluator {
 public:
  virtual ~Evaluator() = default;

  virtual void setup() {}
  virtual void evaluate() = 0;
  virtual void cleanup() {}
};

}  // namespace roux
