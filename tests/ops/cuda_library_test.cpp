#include "roux/ops/cuda_library.h"

#include <gtest/gtest.h>

#include <string>

#include "roux/base/error.h"

namespace roux::ops {
namespace {

TEST(CudaLibrary, SaysWhatIsMissingWhereItCanNotBeLoaded) {
  std::string message;
  try {
    load_cuda_library();
  } catch (const Error& error) {
    message = error.what();
  }
  if (message.empty()) GTEST_SKIP() << "LibTorch's full set is here";

  // Either the library or one that it needs is not there; or this run's other tests came first.
  const bool missing = message.find("the device \"cuda\" needs libroux_cuda.so") == 0 &&
                       message.find("cannot open shared object file") != std::string::npos;
  const bool late = message.find("libroux_cuda.so was loaded too late") == 0;
  EXPECT_TRUE(missing || late) << message;
}

}  // namespace
}  // namespace roux::ops
