#include "tokenizer/unicode.h"

#include <algorithm>
#include <memory>

#include "roux/base/error.h"

namespace roux::unicode {
namespace {

constexpr std::uint32_t kRuns[] = {
#include "tokenizer/unicode_classes.inc"
};

std::unique_ptr<const Table> make_table() {
  auto table = std::make_unique<Table>();
  std::array<std::uint16_t, 256> uniform_page{};  // by the classes; 0: there is none yet
  std::uint16_t num_pages = 1;                    // page 0 has no classes at all
  table->pages[0].fill(0);

  const std::uint32_t* run = std::begin(kRuns);
  for (std::uint32_t page = 0; page < table->page_of.size(); ++page) {
    const std::uint32_t first = page << 8;
    const auto run_end = [&] { return run + 1 == std::end(kRuns) ? 0x110000 : run[1] >> 8; };
    const auto classes = [&] { return static_cast<std::uint8_t>(*run & 0xff); };
    while (run_end() <= first) ++run;

    if (run_end() >= first + 256) {  // one run covers it
      std::uint16_t& shared = uniform_page[classes()];
      if (shared == 0 && classes() != 0) {
        table->pages.at(num_pages).fill(classes());
        shared = num_pages++;
      }
      table->page_of[page] = shared;
      continue;
    }
    auto& bytes = table->pages.at(num_pages);
    for (std::uint32_t character = first; character < first + 256; ++character) {
      while (run_end() <= character) ++run;
      bytes[character & 0xff] = classes();
    }
    table->page_of[page] = num_pages++;
  }
  return table;
}

}  // namespace

const Table& table() {
  static const std::unique_ptr<const Table> made = make_table();
  return *made;
}

std::uint8_t first_classes(std::string_view text) {
  return table().classes(read(text.data()).code);
}

std::uint8_t last_classes(std::string_view text) {
  const char* end = text.data() + text.size();
  return table().classes(read(previous(text.data(), end)).code);
}

}  // namespace roux::unicode
