#include "roux/base/dtype.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "roux/base/error.h"

namespace roux {
namespace {

using ::testing::ElementsAre;

TEST(DType, HasPyTorchsNames) {
  EXPECT_THAT(dtype_names(),
              ElementsAre("float64", "float32", "float16", "bfloat16", "int64", "int32", "int16",
                          "int8", "uint8", "bool", "float8_e4m3fn", "float8_e5m2"));
}

TEST(DType, IsReadFromTheNameItPrints) {
  for (const std::string& name : dtype_names()) {
    const auto dtype = parse_dtype(name);

    ASSERT_TRUE(dtype) << name;
    EXPECT_EQ(to_string(*dtype), name);
    EXPECT_EQ(parse_dtype("torch." + name), dtype);
  }
}

TEST(DType, RefusesOtherNames) {
  EXPECT_EQ(parse_dtype("half"), std::nullopt);
  EXPECT_EQ(parse_dtype("BFloat16"), std::nullopt);
  EXPECT_EQ(parse_dtype("torch.torch.float32"), std::nullopt);
  EXPECT_EQ(parse_dtype(""), std::nullopt);
}

TEST(DType, KnowsItsSize) {
  EXPECT_EQ(size_of(DType::Float64), 8);
  EXPECT_EQ(size_of(DType::Float32), 4);
  EXPECT_EQ(size_of(DType::BFloat16), 2);
  EXPECT_EQ(size_of(DType::Int16), 2);
  EXPECT_EQ(size_of(DType::Bool), 1);
  EXPECT_EQ(size_of(DType::Float8E5M2), 1);
}

TEST(DType, TakesANumberThatIsNoneForABug) {
  EXPECT_THROW(to_string(static_cast<DType>(99)), InternalError);
}

}  // namespace
}  // namespace roux
