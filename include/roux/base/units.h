#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace roux {

// "90s", "1h30m", "1.5h", "250ms", "1 d 12 h": numbers with the units d h min (or m) s (or sec) ms
// us ns, each at most once, from large to small. nullopt for anything else: no number without its
// unit, nothing negative, nothing that is no whole number of nanoseconds or doesn't fit.
std::optional<std::chrono::nanoseconds> parse_duration(std::string_view text);

// Exact: "1h30min", "250ms", "0s". parse_duration reads it back, unless it is negative ("-5s").
std::string format_duration(std::chrono::nanoseconds duration);

// Rounded, for people: "2.3 s", "4 min 5 s", "1 d 3 h", "850 us".
std::string approximate_duration(std::chrono::nanoseconds duration);

// "64MiB", "1.5GB", "16 KiB", "512": bytes, KB MB GB TB by thousands, KiB MiB GiB TiB by 1024, in
// any case. nullopt for anything else: nothing negative, no part of a byte, nothing past 64 bits.
std::optional<std::uint64_t> parse_bytes(std::string_view text);

// Exact, in the unit that gives the smallest whole number: "64MiB", "1500MB", "1023B".
std::string format_bytes(std::uint64_t bytes);

// Rounded, for people: "1.25 GiB", "512 B".
std::string approximate_bytes(std::uint64_t bytes);

}  // namespace roux
