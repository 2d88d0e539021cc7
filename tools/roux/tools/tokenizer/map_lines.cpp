#include "map_lines.h"

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <cstring>
#include <deque>
#include <exception>
#include <future>
#include <utility>

#include "roux/base/error.h"
#include "roux/base/thread_pool.h"
#include "tool/input.h"

namespace roux::tool {
namespace {

constexpr std::size_t kBatch = std::size_t{128} << 10U;

struct Result {
  std::string out;
  std::exception_ptr error = nullptr;
};

void write_out(std::string_view text) {
  while (!text.empty()) {
    const ssize_t count = write(STDOUT_FILENO, text.data(), text.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) {
      throw Error(cat("cannot write to the standard output: ", std::strerror(errno)));
    }
    text.remove_prefix(static_cast<std::size_t>(count));
  }
}

Result map_batch(std::string_view text, const std::string& name, std::int64_t line,
                 const std::function<void(std::string_view, std::string&)>& work) {
  Result result;
  for (; !text.empty(); ++line) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    const std::size_t before = result.out.size();
    try {
      work(text.substr(0, end), result.out);
    } catch (const Error& error) {
      result.out.resize(before);
      result.error = std::make_exception_ptr(DataError(cat(name, ":", line, ": ", error.what())));
      return result;
    }
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return result;
}

}  // namespace

void map_lines(const std::string& file, int num_threads,
               const std::function<void(std::string_view line, std::string& out)>& work) {
  Input input(file);
  std::deque<std::future<Result>> results;
  ThreadPool pool({.num_threads = num_threads, .name = "lines"});  // gone before what it works on
  const auto finish_down_to = [&](std::size_t count) {
    for (; results.size() > count; results.pop_front()) {
      const Result result = results.front().get();
      write_out(result.out);
      if (result.error) std::rethrow_exception(result.error);
    }
  };

  std::int64_t line = 1;
  std::string unread;
  for (bool more = true; more;) {
    const std::size_t searched = unread.size();
    more = input.read_on(unread, kBatch);
    const std::size_t last = unread.rfind('\n');
    const bool ends_line = last != std::string::npos && last >= searched;
    const std::size_t size = !more ? unread.size() : ends_line ? last + 1 : 0;
    if (size > 0) {
      std::string batch = unread.substr(0, size);
      unread.erase(0, size);
      const std::int64_t first = line;
      line += std::ranges::count(batch, '\n');
      results.push_back(pool.submit([&, first, batch = std::move(batch)] {
        return map_batch(batch, input.name(), first, work);
      }));
    }
    finish_down_to(2 * static_cast<std::size_t>(pool.num_threads()) + 2);
    if (!input.has_more_at_once()) finish_down_to(0);
  }
  finish_down_to(0);
}

}  // namespace roux::tool
