#include "roux/base/units.h"

#include <gtest/gtest.h>

#include <limits>
#include <string>

namespace roux {
namespace {

using namespace std::chrono_literals;
using std::chrono::nanoseconds;

constexpr auto kLongest = nanoseconds::max();
constexpr std::uint64_t kMost = std::numeric_limits<std::uint64_t>::max();

TEST(ParseDuration, ReadsEachUnit) {
  EXPECT_EQ(parse_duration("7ns"), 7ns);
  EXPECT_EQ(parse_duration("7us"), 7us);
  EXPECT_EQ(parse_duration("250ms"), 250ms);
  EXPECT_EQ(parse_duration("90s"), 90s);
  EXPECT_EQ(parse_duration("90sec"), 90s);
  EXPECT_EQ(parse_duration("15m"), 15min);
  EXPECT_EQ(parse_duration("15min"), 15min);
  EXPECT_EQ(parse_duration("3h"), 3h);
  EXPECT_EQ(parse_duration("2d"), 48h);
}

TEST(ParseDuration, AddsUnitsFromLargeToSmall) {
  EXPECT_EQ(parse_duration("1h30m"), 90min);
  EXPECT_EQ(parse_duration(" 1 d 12 h "), 36h);
  EXPECT_EQ(parse_duration("30m1h"), std::nullopt);
  EXPECT_EQ(parse_duration("1m1min"), std::nullopt);
}

TEST(ParseDuration, ReadsFractionsExactly) {
  EXPECT_EQ(parse_duration("1.5h"), 90min);
  EXPECT_EQ(parse_duration("0.1s"), 100ms);
  EXPECT_EQ(parse_duration("1.50000000000000000000s"), 1500ms);
  EXPECT_EQ(parse_duration("0.001us"), 1ns);
  EXPECT_EQ(parse_duration("0.0001us"), std::nullopt);
}

TEST(ParseDuration, RefusesWhatIsNoDuration) {
  for (const char* text : {"", " ", "s", "90", "1h30", "-5s", "+5s", "nan s", "inf", "1e3s", ".5s",
                           "1.s", "1..5s", "1,5s", "5 parsecs", "5S", "0x10s", "5s!"}) {
    EXPECT_EQ(parse_duration(text), std::nullopt) << text;
  }
}

TEST(ParseDuration, RefusesMoreThanFits) {
  EXPECT_EQ(parse_duration("9223372036854775807ns"), kLongest);
  EXPECT_EQ(parse_duration("9223372036854775808ns"), std::nullopt);
  EXPECT_EQ(parse_duration("106751d"), 24h * 106751);
  EXPECT_EQ(parse_duration("106752d"), std::nullopt);
  EXPECT_EQ(parse_duration("106751d24h"), std::nullopt);
  EXPECT_EQ(parse_duration("9223372036.9s"), std::nullopt);
  EXPECT_EQ(parse_duration("99999999999999999999999999999999999999999999999s"), std::nullopt);
}

TEST(ParseDuration, IsNotFooledByNumbersThatWrapAround) {
  // 2^128 + 5.
  EXPECT_EQ(parse_duration("340282366920938463463374607431768211461s"), std::nullopt);
  // 10^201 is a multiple of 2^128.
  EXPECT_EQ(parse_duration("0." + std::string(200, '0') + "1s"), std::nullopt);
}

TEST(FormatDuration, IsShortAndExact) {
  EXPECT_EQ(format_duration(0s), "0s");
  EXPECT_EQ(format_duration(90min), "1h30min");
  EXPECT_EQ(format_duration(250ms), "250ms");
  EXPECT_EQ(format_duration(1500ms), "1s500ms");
  EXPECT_EQ(format_duration(48h + 1ns), "2d1ns");
  EXPECT_EQ(format_duration(-5s), "-5s");
  EXPECT_EQ(format_duration(nanoseconds::min()), "-106751d23h47min16s854ms775us808ns");
}

TEST(FormatDuration, IsReadBackAsTheSame) {
  for (const nanoseconds duration :
       {nanoseconds(0), nanoseconds(1), nanoseconds(86'399'999'999'999), nanoseconds(24h),
        nanoseconds(61s), kLongest}) {
    EXPECT_EQ(parse_duration(format_duration(duration)), duration);
  }
}

TEST(ApproximateDuration, ShowsWhatPeopleCareAbout) {
  EXPECT_EQ(approximate_duration(15ns), "15 ns");
  EXPECT_EQ(approximate_duration(850'400ns), "850 us");
  EXPECT_EQ(approximate_duration(12ms), "12 ms");
  EXPECT_EQ(approximate_duration(2340ms), "2.3 s");
  EXPECT_EQ(approximate_duration(42'400ms), "42 s");
  EXPECT_EQ(approximate_duration(245s), "4 min 5 s");
  EXPECT_EQ(approximate_duration(1h), "1 h");
  EXPECT_EQ(approximate_duration(63min + 10s), "1 h 3 min");
  EXPECT_EQ(approximate_duration(27h + 40min), "1 d 4 h");
  EXPECT_EQ(approximate_duration(-2s), "-2 s");
}

TEST(ApproximateDuration, RoundsUpIntoTheNextUnit) {
  EXPECT_EQ(approximate_duration(999'999ns), "1 ms");
  EXPECT_EQ(approximate_duration(9'990ms), "10 s");
  EXPECT_EQ(approximate_duration(59'900ms), "1 min");
  EXPECT_EQ(approximate_duration(3'599'800ms), "1 h");
  EXPECT_EQ(approximate_duration(24h - 1s), "1 d");
}

TEST(ParseBytes, ReadsEachUnitInAnyCase) {
  EXPECT_EQ(parse_bytes("512"), 512);
  EXPECT_EQ(parse_bytes("512B"), 512);
  EXPECT_EQ(parse_bytes("16 KiB"), 16'384);
  EXPECT_EQ(parse_bytes("64MiB"), 67'108'864);
  EXPECT_EQ(parse_bytes("1GiB"), 1'073'741'824);
  EXPECT_EQ(parse_bytes("1TiB"), 1'099'511'627'776);
  EXPECT_EQ(parse_bytes("1kb"), 1'000);
  EXPECT_EQ(parse_bytes("2MB"), 2'000'000);
  EXPECT_EQ(parse_bytes("1.5GB"), 1'500'000'000);
  EXPECT_EQ(parse_bytes("1tb"), 1'000'000'000'000);
}

TEST(ParseBytes, ReadsFractionsExactly) {
  EXPECT_EQ(parse_bytes("0.5KiB"), 512);
  EXPECT_EQ(parse_bytes("1.0"), 1);
  EXPECT_EQ(parse_bytes("1.5B"), std::nullopt);
  EXPECT_EQ(parse_bytes("0.0001KiB"), std::nullopt);
}

TEST(ParseBytes, RefusesWhatIsNoSize) {
  for (const char* text : {"", "MiB", "-1", "+1", "nan", "inf", "1e3", "1 M", "1 KiB 2", "1KiB2B",
                           "1,5GB", "0x10", "1_000", "5 potatoes"}) {
    EXPECT_EQ(parse_bytes(text), std::nullopt) << text;
  }
}

TEST(ParseBytes, RefusesMoreThanFits) {
  EXPECT_EQ(parse_bytes("18446744073709551615"), kMost);
  EXPECT_EQ(parse_bytes("18446744073709551616"), std::nullopt);
  EXPECT_EQ(parse_bytes("16777215TiB"), kMost - (std::uint64_t{1} << 40) + 1);
  EXPECT_EQ(parse_bytes("16777216TiB"), std::nullopt);
  EXPECT_EQ(parse_bytes("309485009821345068724781056TiB"), std::nullopt);  // 2^128 bytes
  EXPECT_EQ(parse_bytes("99999999999999999999999999999999999999999999999TiB"), std::nullopt);
}

TEST(FormatBytes, TakesTheUnitThatGivesTheSmallestWholeNumber) {
  EXPECT_EQ(format_bytes(0), "0B");
  EXPECT_EQ(format_bytes(1'023), "1023B");
  EXPECT_EQ(format_bytes(67'108'864), "64MiB");
  EXPECT_EQ(format_bytes(1'536), "1536B");
  EXPECT_EQ(format_bytes(1'500'000'000), "1500MB");
}

TEST(FormatBytes, IsReadBackAsTheSame) {
  for (const std::uint64_t bytes :
       {std::uint64_t{0}, std::uint64_t{1}, std::uint64_t{1'000}, std::uint64_t{1'024'000},
        std::uint64_t{123'456'789}, kMost, std::uint64_t{1} << 63}) {
    EXPECT_EQ(parse_bytes(format_bytes(bytes)), bytes);
  }
}

TEST(ApproximateBytes, ShowsWhatPeopleCareAbout) {
  EXPECT_EQ(approximate_bytes(0), "0 B");
  EXPECT_EQ(approximate_bytes(512), "512 B");
  EXPECT_EQ(approximate_bytes(1'342'177'280), "1.25 GiB");
  EXPECT_EQ(approximate_bytes(67'108'864), "64 MiB");
  EXPECT_EQ(approximate_bytes(10'485'760 + 104'858), "10.1 MiB");
  EXPECT_EQ(approximate_bytes(100 * 1'048'576 + 600'000), "101 MiB");
  EXPECT_EQ(approximate_bytes(100 * 1'048'576), "100 MiB");
  EXPECT_EQ(approximate_bytes(1'048'575), "1 MiB");
  EXPECT_EQ(approximate_bytes(kMost), "16 EiB");
}

}  // namespace
}  // namespace roux
