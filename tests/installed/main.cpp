// What a stranger's code sees of Roux: its headers, and no third party's.
#include <cstdint>
#include <exception>
#include <iostream>
#include <memory>
#include <string>

#include "roux/base/error.h"
#include "roux/config/fields.h"
#include "roux/di/container.h"

namespace {

struct GreetingConfig {
  std::string whom = "world";
  std::int64_t times = 2;

  static void describe(roux::config::Fields<GreetingConfig>& field) {
    field("whom", &GreetingConfig::whom, "Who is greeted.");
    field("times", &GreetingConfig::times, "How often.").at_least(1);
  }
};

class Greeter {
 public:
  explicit Greeter(const GreetingConfig& config) : config_(config) {}

  void greet() const {
    for (std::int64_t i = 0; i < config_.times; ++i) {
      std::cout << roux::cat("hello, ", config_.whom) << "\n";
    }
  }

 private:
  const GreetingConfig& config_;
};

}  // namespace

int main() try {
  roux::di::Container container;
  container.provide<GreetingConfig>([] { return std::make_unique<GreetingConfig>(); });
  container.provide<Greeter>(
      [](const GreetingConfig& config) { return std::make_unique<Greeter>(config); });
  container.seal();

  container.get<Greeter>().greet();
  return 0;
} catch (const std::exception& error) {
  std::cerr << "error: " << error.what() << "\n";
  return 1;
}
