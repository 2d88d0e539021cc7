#include "roux/model/safetensors.h"

#include <ATen/ops/arange.h>
#include <ATen/ops/equal.h>
#include <gtest/gtest.h>

#include "roux/base/temporary_folder.h"
#include "roux/model/safetensors_tensors.h"
#include "roux/model/safetensors_writer.h"

namespace roux {
namespace {

TEST(Safetensors, GivesBackWhatWasWritten) {
  const TemporaryFolder folder;
  const at::Tensor a = at::arange(6, at::kFloat).view({2, 3});
  write_safetensors(folder.path() / "a.safetensors", {source_of("a", a)});

  const SafetensorsReader reader(folder.path() / "a.safetensors");

  EXPECT_TRUE(at::equal(read_tensor(reader, "a"), a));
}

}  // namespace
}  // namespace roux
