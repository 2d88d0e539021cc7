#pragma once

namespace roux {

// What a generation recipe makes and the framework runs: setup, generate, cleanup. cleanup() is
// called whatever happened before.
class Generator {
 public:
  virtual ~Generator() = default;

  virtual void setup() {}
  virtual void generate() = 0;
  virtual void cleanup() {}
};

}  // namespace roux
