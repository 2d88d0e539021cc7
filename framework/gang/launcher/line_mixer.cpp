#include "gang/launcher/line_mixer.h"

#include <algorithm>
#include <utility>

namespace roux::launcher {
namespace {

// What has no line end for so long is no line.
constexpr std::size_t kLongestLine = 64 << 10;

}  // namespace

LineMixer::LineMixer(std::vector<std::string> prefixes)
    : prefixes_(std::move(prefixes)), held_back_(prefixes_.size()) {}

void LineMixer::take(std::size_t writer, std::string_view bytes, std::string& out) {
  std::string& held_back = held_back_[writer];
  std::size_t end = bytes.find('\n');
  if (end != std::string_view::npos && !held_back.empty()) {
    held_back.append(bytes.substr(0, end + 1));
    print(writer, held_back, out);
    held_back.clear();
    bytes.remove_prefix(end + 1);
    end = bytes.find('\n');
  }
  while (end != std::string_view::npos) {
    print(writer, bytes.substr(0, end + 1), out);
    bytes.remove_prefix(end + 1);
    end = bytes.find('\n');
  }
  held_back.append(bytes);
  if (held_back.size() > kLongestLine) {
    print(writer, held_back, out);
    held_back.clear();
  }
}

void LineMixer::flush(std::string& out) {
  for (std::size_t writer = 0; writer < held_back_.size(); ++writer) {
    if (held_back_[writer].empty()) continue;
    print(writer, held_back_[writer], out);
    held_back_[writer].clear();
  }
}

void LineMixer::close_line(std::string& out) {
  if (open_ != kNobody) out += '\n';
  open_ = kNobody;
}

bool LineMixer::holds_back() const {
  return std::ranges::any_of(held_back_, [](const std::string& text) { return !text.empty(); });
}

void LineMixer::print(std::size_t writer, std::string_view text, std::string& out) {
  if (open_ != writer) {
    close_line(out);
    out += prefixes_[writer];
  }
  out += text;
  open_ = text.ends_with('\n') ? kNobody : writer;
}

}  // namespace roux::launcher
