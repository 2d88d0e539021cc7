// LibTorch through roux::torch: headers to compile against, and a library that is found when run.
#include <ATen/ops/ones.h>

#include <iostream>

int main() {
  std::cout << at::ones({2, 3}).sum().item<float>() << "\n";
}
