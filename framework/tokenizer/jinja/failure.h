#pragma once

#include <stdexcept>

namespace roux::jinja {

// What a template did wrong, without the place: the runtime adds it before it leaves this folder.
class Failure : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

// What a template says by raise_exception(): the conversation does not fit it.
class Refusal : public Failure {
 public:
  using Failure::Failure;
};

}  // namespace roux::jinja
