#include "roux/config/scalar_types.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <filesystem>
#include <limits>
#include <string>

#include "config/read.h"

namespace roux::config {
namespace {

using namespace std::chrono_literals;
using namespace std::string_literals;
using example::as_word;
using example::in_file;
using example::Recompute;
using example::written;
using std::chrono::nanoseconds;
using ::testing::HasSubstr;

struct AtLeastOne {
  static void set(Field field) { field.at_least(1); }
};
struct HalfOpen {
  static void set(Field field) { field.more_than(0).less_than(1); }
};
struct Infinite {
  static void set(Field field) { field.may_be_infinite().at_least(0); }
};
struct NotEmpty {
  static void set(Field field) { field.not_empty(); }
};
struct SumOrMean {
  static void set(Field field) { field.one_of({"sum", "mean"}); }
};
struct Minutes {
  static void set(Field field) { field.counts(1min).at_least(1s).at_most(2h); }
};
struct HalfTypes {
  static void set(Field field) { field.one_of({"float16", "bfloat16"}); }
};
struct OneMegabyte {
  static void set(Field field) { field.at_least(1 << 20); }
};

TEST(BoolField, TakesTrueAndFalseOnly) {
  EXPECT_EQ(in_file<bool>("true").value, true);
  EXPECT_EQ(as_word<bool>("false").value, false);
  EXPECT_EQ(in_file<bool>("1").problem, "must be true or false, but is 1");
  EXPECT_EQ(in_file<bool>("\"true\"").problem, "must be true or false, but is the string \"true\"");
  EXPECT_EQ(as_word<bool>("True").problem, "must be true or false, but is \"True\"");
  EXPECT_EQ(as_word<bool>("").problem, "must be true or false, but is empty");
}

template <typename T>
class IntegerField : public ::testing::Test {};
using Integers = ::testing::Types<std::int8_t, std::int16_t, std::int32_t, std::int64_t,
                                  std::uint8_t, std::uint16_t, std::uint32_t, std::uint64_t>;
TYPED_TEST_SUITE(IntegerField, Integers);

TYPED_TEST(IntegerField, TakesWhatItsTypeHolds) {
  constexpr auto kLow = static_cast<std::int64_t>(std::numeric_limits<TypeParam>::min());
  // TOML's integers end at 63 bits.
  constexpr auto kHigh = std::in_range<std::int64_t>(std::numeric_limits<TypeParam>::max())
                             ? static_cast<std::int64_t>(std::numeric_limits<TypeParam>::max())
                             : std::numeric_limits<std::int64_t>::max();

  EXPECT_EQ(in_file<TypeParam>(cat(kLow)).value, std::numeric_limits<TypeParam>::min());
  EXPECT_EQ(as_word<TypeParam>(cat(kHigh)).value, static_cast<TypeParam>(kHigh));
  EXPECT_EQ(written(static_cast<TypeParam>(kHigh)), cat(kHigh));
  if constexpr (sizeof(TypeParam) < 8) {
    const auto range = cat("must be between ", kLow, " and ", kHigh, ", but is ");
    EXPECT_EQ(in_file<TypeParam>(cat(kLow - 1)).problem, cat(range, kLow - 1));
    EXPECT_EQ(as_word<TypeParam>(cat(kHigh + 1)).problem, cat(range, kHigh + 1));
  }
}

TYPED_TEST(IntegerField, TakesNoOtherType) {
  EXPECT_EQ(in_file<TypeParam>("1.0").problem, "must be an integer, but is 1.0");
  EXPECT_EQ(in_file<TypeParam>("\"7\"").problem, "must be an integer, but is the string \"7\"");
  EXPECT_EQ(in_file<TypeParam>("true").problem, "must be an integer, but is true");
  EXPECT_EQ(in_file<TypeParam>("[1]").problem, "must be an integer, but is an array");
  EXPECT_EQ(as_word<TypeParam>("7.5").problem, "must be an integer, but is 7.5");
  EXPECT_EQ(as_word<TypeParam>("seven").problem, "must be an integer, but is \"seven\"");
  EXPECT_EQ(as_word<TypeParam>("").problem, "must be an integer, but is empty");
  EXPECT_EQ(as_word<TypeParam>("1=2").problem, "must be an integer, but is \"1=2\"");
}

TEST(UnsignedField, RefusesWhatIsNegative) {
  EXPECT_EQ(in_file<std::uint64_t>("-1").problem,
            "must be between 0 and 18446744073709551615, but is -1");
}

TEST(IntegerFieldBounds, AreNamedInTheMessage) {
  EXPECT_EQ((in_file<std::int64_t, AtLeastOne>("1").value), 1);
  EXPECT_EQ((in_file<std::int64_t, AtLeastOne>("0").problem), "must be at least 1, but is 0");
  EXPECT_EQ((as_word<std::int64_t, AtLeastOne>("-5").problem), "must be at least 1, but is -5");
}

TEST(IntegerFieldBounds, AreExactAtTheEndOf64Bits) {
  struct Most {
    static void set(Field field) { field.at_most(9223372036854775806.0L); }
  };

  EXPECT_EQ((in_file<std::int64_t, Most>("9223372036854775806").value), 9223372036854775806);
  EXPECT_EQ((in_file<std::int64_t, Most>("9223372036854775807").problem),
            "must be at most 9223372036854775806, but is 9223372036854775807");
}

TEST(FloatField, TakesNumbersWithAndWithoutAPoint) {
  EXPECT_EQ(in_file<double>("0.1").value, 0.1);
  EXPECT_EQ(in_file<double>("7").value, 7.0);
  EXPECT_EQ(as_word<double>("3e-4").value, 3e-4);
  EXPECT_EQ(in_file<float>("0.1").value, 0.1F);
  EXPECT_EQ(as_word<float>("7").value, 7.0F);
  EXPECT_EQ(in_file<double>("\"0.1\"").problem, "must be a number, but is the string \"0.1\"");
  EXPECT_EQ(as_word<double>("fast").problem, "must be a number, but is \"fast\"");
  EXPECT_EQ(as_word<double>("").problem, "must be a number, but is empty");
}

TEST(FloatField, TakesInfinityOnlyWhereItMayAndNeverNan) {
  EXPECT_EQ(in_file<double>("inf").problem, "must be a finite number, but is inf");
  EXPECT_EQ(as_word<float>("-inf").problem, "must be a finite number, but is -inf");
  EXPECT_EQ(in_file<double>("nan").problem, "must be a finite number, but is nan");
  EXPECT_EQ((in_file<double, Infinite>("inf").value), std::numeric_limits<double>::infinity());
  EXPECT_EQ((in_file<float, Infinite>("inf").value), std::numeric_limits<float>::infinity());
  EXPECT_EQ((in_file<double, Infinite>("-inf").problem), "must be at least 0, but is -inf");
  EXPECT_EQ((in_file<double, Infinite>("nan").problem), "must be a finite number, but is nan");
}

TEST(FloatField, RefusesWhatAFloatCanNotHold) {
  EXPECT_EQ(in_file<float>("3.4028235e38").value, std::numeric_limits<float>::max());
  EXPECT_EQ(in_file<float>("1e39").problem,
            "must be between -3.4028235e+38 and 3.4028235e+38, but is 1e+39");
  EXPECT_EQ(in_file<double>("1e39").value, 1e39);
}

TEST(FloatField, HoldsItsBounds) {
  EXPECT_EQ((in_file<double, HalfOpen>("0.5").value), 0.5);
  EXPECT_EQ((in_file<double, HalfOpen>("0").problem),
            "must be more than 0 and less than 1, but is 0");
  EXPECT_EQ((in_file<double, HalfOpen>("1.0").problem),
            "must be more than 0 and less than 1, but is 1.0");
}

template <typename T>
void expect_same_bits(T value) {
  const auto text = written(value);
  const auto read = in_file<T, Infinite>(text).value;
  ASSERT_TRUE(read.has_value()) << text;
  EXPECT_EQ(std::memcmp(&*read, &value, sizeof(T)), 0) << text;
}

TEST(FloatField, ReadsBackBitForBitWhatItWrites) {
  using Double = std::numeric_limits<double>;
  using Float = std::numeric_limits<float>;

  for (const double value :
       {0.0, 0.1, 1.0 / 3, 1e-5, 9.999999999999999e-6, 1e15, 123456789.125, Double::max(),
        Double::min(), Double::denorm_min(), Double::epsilon(), Double::infinity()}) {
    expect_same_bits(value);
  }
  for (const float value : {0.0F, 0.1F, 1.0F / 3, 16777217.0F, Float::max(), Float::min(),
                            Float::denorm_min(), Float::epsilon(), Float::infinity()}) {
    expect_same_bits(value);
  }
  EXPECT_TRUE(std::signbit(*in_file<double>(written(-0.0)).value));
}

TEST(FloatField, IsWrittenInItsShortestForm) {
  EXPECT_EQ(written(0.1F), "0.1");
  EXPECT_EQ(written(3e-4F), "0.0003");
  EXPECT_EQ(written(1e-45F), "1e-45");
  EXPECT_EQ(written(2.0F), "2.0");
}

TEST(StringField, TakesTheTextOfAWordAsItIs) {
  EXPECT_EQ(in_file<std::string>("\"a\\tb\"").value, "a\tb");
  EXPECT_EQ(in_file<std::string>("\"\"").value, "");
  EXPECT_EQ(as_word<std::string>("plain").value, "plain");
  EXPECT_EQ(as_word<std::string>("7").value, "7");
  EXPECT_EQ(as_word<std::string>("true").value, "true");
  EXPECT_EQ(as_word<std::string>("a=b=c").value, "a=b=c");
  EXPECT_EQ(as_word<std::string>("").value, "");
  EXPECT_EQ(as_word<std::string>("  two words ").value, "two words");
  EXPECT_EQ(as_word<std::string>("C:\\new").value, "C:\\new");
}

TEST(StringField, UnquotesAWordInQuotes) {
  EXPECT_EQ(as_word<std::string>("\" a\\tb \"").value, " a\tb ");
  EXPECT_EQ(as_word<std::string>("'C:\\new'").value, "C:\\new");
  EXPECT_EQ(as_word<std::string>("\"\"").value, "");
  EXPECT_EQ(as_word<std::string>("\"a\" and \"b\"").value, "\"a\" and \"b\"");
  EXPECT_EQ(as_word<std::string>("\"").value, "\"");
  EXPECT_EQ(as_word<std::string>("\"\\q\"").value, "\"\\q\"");
}

TEST(StringField, TakesNoOtherType) {
  EXPECT_EQ(in_file<std::string>("7").problem, "must be a string, but is 7");
  EXPECT_EQ(in_file<std::string>("1979-05-27").problem,
            "must be a string, but is the date 1979-05-27");
  EXPECT_EQ(in_file<std::string>("\"a\\u0000b\"").problem,
            "must be without NUL bytes, but is the string \"a\\u0000b\"");
  EXPECT_THAT(as_word<std::string>("a\xFF").problem, HasSubstr("must be UTF-8"));
}

TEST(StringField, MayHaveToBeGiven) {
  EXPECT_EQ((as_word<std::string, NotEmpty>("x").value), "x");
  EXPECT_EQ((as_word<std::string, NotEmpty>("").problem), "must be a text, but is empty");
  EXPECT_EQ((in_file<std::string, NotEmpty>("\"\"").problem),
            "must be a text, but is the string \"\"");
}

TEST(StringField, MayHaveToBeOneOfSome) {
  EXPECT_EQ((as_word<std::string, SumOrMean>("mean").value), "mean");
  EXPECT_EQ((in_file<std::string, SumOrMean>("\"maen\"").problem),
            "must be one of sum, mean, but is the string \"maen\" (did you mean \"mean\"?)");
  EXPECT_EQ((as_word<std::string, SumOrMean>("").problem),
            "must be one of sum, mean, but is empty");
}

TEST(PathField, IsTextWithANameOfItsOwn) {
  using std::filesystem::path;

  EXPECT_EQ(in_file<path>("\"data/a b\"").value, path("data/a b"));
  EXPECT_EQ(as_word<path>("/tmp/ä").value, path("/tmp/ä"));
  EXPECT_EQ(in_file<path>("7").problem, "must be a path, but is 7");
  EXPECT_EQ(written(path("data/x")), "\"data/x\"");
}

TEST(EnumField, TakesItsNames) {
  EXPECT_EQ(in_file<Recompute>("\"layerwise\"").value, Recompute::Layerwise);
  EXPECT_EQ(as_word<Recompute>("off").value, Recompute::Off);
  EXPECT_EQ(written(Recompute::Layerwise), "\"layerwise\"");
  EXPECT_EQ(as_word<Recompute>("layer_wise").problem,
            "must be one of off, layerwise, but is \"layer_wise\" (did you mean \"layerwise\"?)");
  EXPECT_EQ(in_file<Recompute>("false").problem, "must be one of off, layerwise, but is false");
}

TEST(DTypeField, TakesPyTorchsNamesWithAndWithoutTheModule) {
  EXPECT_EQ(in_file<DType>("\"bfloat16\"").value, DType::BFloat16);
  EXPECT_EQ(as_word<DType>("torch.bfloat16").value, DType::BFloat16);
  EXPECT_EQ(written(DType::BFloat16), "\"bfloat16\"");
  EXPECT_THAT(as_word<DType>("bfloat").problem, HasSubstr("(did you mean \"bfloat16\"?)"));
  EXPECT_EQ(in_file<DType>("16").problem, "must be a dtype such as \"bfloat16\", but is 16");
  EXPECT_EQ((as_word<DType, HalfTypes>("torch.float16").value), DType::Float16);
  EXPECT_EQ((as_word<DType, HalfTypes>("float32").problem),
            "must be one of float16, bfloat16, but is \"float32\" (did you mean \"float16\"?)");
}

TEST(DurationField, TakesTextWithUnits) {
  EXPECT_EQ(in_file<nanoseconds>("\"1h30min\"").value, 90min);
  EXPECT_EQ(as_word<nanoseconds>("250ms").value, 250ms);
  EXPECT_EQ(written<nanoseconds>(90min), "\"1h30min\"");
  EXPECT_EQ(in_file<nanoseconds>("90").problem,
            "must be a duration such as \"90s\" or \"1h30min\", but is 90");
  EXPECT_EQ(as_word<nanoseconds>("90").problem,
            "must be a duration such as \"90s\" or \"1h30min\", but is \"90\"");
}

TEST(DurationField, TakesABareNumberWhereItCountsAUnit) {
  EXPECT_EQ((in_file<nanoseconds, Minutes>("15").value), 15min);
  EXPECT_EQ((as_word<nanoseconds, Minutes>("1.5").value), 90s);
  EXPECT_EQ((in_file<nanoseconds, Minutes>("0.29").value), 17400ms);  // 0.29 lies below 0.29
  EXPECT_EQ((in_file<nanoseconds, Minutes>("\"15s\"").value), 15s);
  EXPECT_EQ(
      (in_file<nanoseconds, Minutes>("\"15\"").problem),
      "must be a duration such as \"90s\" or \"1h30min\", or a number in units of 1min, but is "
      "the string \"15\"");
  for (const char* number : {"-1", "nan", "inf", "1e300", "9223372036854775807"}) {
    EXPECT_THAT((in_file<nanoseconds, Minutes>(number).problem), HasSubstr("must be")) << number;
  }
}

TEST(DurationField, HoldsItsBounds) {
  EXPECT_EQ((in_file<nanoseconds, Minutes>("\"10ms\"").problem),
            "must be at least 1s and at most 2h, but is the string \"10ms\"");
  EXPECT_EQ((in_file<nanoseconds, Minutes>("121").problem),
            "must be at least 1s and at most 2h, but is 121");
}

TEST(ByteSizeField, TakesNumbersAndTextWithUnits) {
  EXPECT_EQ(in_file<ByteSize>("1024").value, ByteSize{1024});
  EXPECT_EQ(in_file<ByteSize>("\"64MiB\"").value, ByteSize{64 << 20});
  EXPECT_EQ(as_word<ByteSize>("1.5GB").value, ByteSize{1'500'000'000});
  EXPECT_EQ(as_word<ByteSize>("1024").value, ByteSize{1024});
  EXPECT_EQ(as_word<ByteSize>("18446744073709551615").value, ByteSize{~std::uint64_t{0}});
  EXPECT_EQ(written(ByteSize{64 << 20}), "\"64MiB\"");
  EXPECT_EQ(in_file<ByteSize>("-1").problem,
            "must be a size such as \"64MiB\" or a number of bytes, but is -1");
  EXPECT_THAT(as_word<ByteSize>("64 bytes").problem, HasSubstr("but is \"64 bytes\""));
  EXPECT_EQ((as_word<ByteSize, OneMegabyte>("1KiB").problem),
            "must be at least 1MiB, but is \"1KiB\"");
}

TEST(AWordOnTheCommandLine, IsReadAsTomlWhereNoTextIsAsked) {
  EXPECT_EQ(as_word<std::int64_t>("0x10").value, 16);
  EXPECT_EQ(as_word<std::int64_t>("1_000").value, 1000);
  EXPECT_EQ(as_word<std::int64_t>("\"7\"").problem, "must be an integer, but is the string \"7\"");
  EXPECT_EQ(as_word<std::int64_t>("1\nvalue.b = 2").problem,
            R"(must be an integer, but is "1\nvalue.b = 2")");
}

}  // namespace
}  // namespace roux::config
