// Encoding, decoding and loading, as fast as they are. `tools/bench tokenizer` runs it beside
// others.
//
//   tokenizer_bench TOKENIZER CORPUS.jsonl [MEGABYTES]
//
// One line for each round asked for on standard input: "encode", "encode2" (two threads), "decode"
// or "load"; the answer is the seconds taken, those of the processor, and a number that tells
// whether the work was done.

#include <simdjson.h>

#include <chrono>
#include <ctime>
#include <exception>
#include <iostream>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "roux/base/error.h"
#include "roux/base/files.h"
#include "roux/base/thread_pool.h"
#include "roux/tokenizer/batch.h"
#include "roux/tokenizer/load.h"

namespace {

using Ids = std::vector<std::vector<roux::TokenId>>;

std::vector<std::string> read_texts(const std::string& path, double megabytes) {
  const std::string lines = roux::read_file(path);
  simdjson::dom::parser parser;
  std::vector<std::string> texts;
  std::size_t size = 0;
  for (std::size_t begin = 0; begin < lines.size();) {
    const std::size_t end = std::min(lines.find('\n', begin), lines.size());
    const std::string_view text = parser.parse(lines.data() + begin, end - begin)["text"];
    texts.emplace_back(text);
    size += text.size();
    if (static_cast<double>(size) > megabytes * 1e6) break;
    begin = end + 1;
  }
  return texts;
}

double processor_seconds() {
  timespec time{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
  return static_cast<double>(time.tv_sec) + 1e-9 * static_cast<double>(time.tv_nsec);
}

std::size_t count(const Ids& ids) {
  std::size_t sum = 0;
  for (const auto& each : ids) sum += each.size();
  return sum;
}

class Bench {
 public:
  Bench(std::string path, const std::vector<std::string>& texts)
      : path_(std::move(path)),
        texts_(texts.begin(), texts.end()),
        tokenizer_(roux::load_tokenizer(path_)),
        pool_({.num_threads = 1}) {}  // with the caller, two

  std::size_t run(const std::string& what) {
    if (what == "encode") {
      Ids ids;
      for (const std::string_view text : texts_) ids.push_back(tokenizer_->encode(text, kPlain));
      ids_ = std::move(ids);
      return count(ids_);
    }
    if (what == "encode2") return count(roux::encode_batch(*tokenizer_, texts_, pool_, kPlain));
    if (what == "decode") {
      std::size_t bytes = 0;
      for (const auto& ids : ids_) bytes += tokenizer_->decode(ids).size();
      return bytes;
    }
    if (what == "load") return static_cast<std::size_t>(roux::load_tokenizer(path_)->size());
    throw roux::Error("what is '" + what + "'?");
  }

 private:
  static constexpr roux::EncodeOptions kPlain{.add_special_tokens = false,
                                              .parse_special_tokens = false};

  std::string path_;
  std::vector<std::string_view> texts_;
  std::unique_ptr<roux::Tokenizer> tokenizer_;
  roux::ThreadPool pool_;
  Ids ids_;
};

}  // namespace

int main(int argc, char** argv) {
  if (argc < 3) {
    std::cerr << "tokenizer_bench TOKENIZER CORPUS.jsonl [MEGABYTES]\n";
    return 2;
  }
  try {
    const auto texts = read_texts(argv[2], argc > 3 ? std::stod(argv[3]) : 8.0);
    Bench bench(argv[1], texts);
    for (std::string what; std::getline(std::cin, what);) {
      const double begin_processor = processor_seconds();
      const auto begin = std::chrono::steady_clock::now();
      const std::size_t done = bench.run(what);
      const std::chrono::duration<double> taken = std::chrono::steady_clock::now() - begin;
      std::cout << taken.count() << ' ' << processor_seconds() - begin_processor << ' ' << done
                << std::endl;
    }
  } catch (const std::exception& e) {
    std::cerr << e.what() << '\n';
    return 1;
  }
}
