#include "di/build_frame.h"

#include <algorithm>
#include <exception>
#include <string>
#include <vector>

#include "roux/base/error.h"
#include "roux/base/strings.h"

namespace roux::di::detail {
namespace {

thread_local const BuildFrame* innermost = nullptr;

// Marks an exception whose text says already what was being built.
struct Explained {};

template <typename Kind>
struct WithChain : Kind, Explained {
  using Kind::Kind;
};

}  // namespace

BuildFrame::BuildFrame(const Node& node) : node_(node), below_(innermost) {
  for (const BuildFrame* frame = below_; frame != nullptr; frame = frame->below_) {
    if (&frame->node_ == &node) throw WithChain<Error>(cycle_up_to(*frame));
  }
  innermost = this;
}

BuildFrame::~BuildFrame() {
  innermost = below_;
}

// `Clock -> Timer -> Clock is a cycle …`, where `first` is what asked first and is asked for now.
std::string BuildFrame::cycle_up_to(const BuildFrame& first) const {
  std::vector<std::string> names = {cat(node_)};
  std::vector<std::string> places;
  for (const BuildFrame* frame = below_;; frame = frame->below_) {
    names.push_back(cat(frame->node_));
    places.push_back(cat(frame->node_.where));
    if (frame == &first) break;
  }
  std::reverse(names.begin(), names.end());
  std::reverse(places.begin(), places.end());
  return cat(join(names, " -> "), " is a cycle (", join(places, ", "),
             "), closed while building by a Lazy, a Factory or a Resolver.");
}

void BuildFrame::rethrow_with_chain() const {
  std::string chain = cat("\n  while building ", node_, " (", node_.where, ")");
  for (const BuildFrame* frame = below_; frame != nullptr; frame = frame->below_) {
    chain += cat(", needed by ", frame->node_, " (", frame->node_.where, ")");
  }

  try {
    throw;
  } catch (const Explained&) {
    throw;
  } catch (const ConfigError& e) {
    std::throw_with_nested(WithChain<ConfigError>(e.what() + chain));
  } catch (const DataError& e) {
    std::throw_with_nested(WithChain<DataError>(e.what() + chain));
  } catch (const InternalError& e) {
    std::throw_with_nested(WithChain<InternalError>(e.what() + chain));
  } catch (const std::exception& e) {
    std::throw_with_nested(WithChain<Error>(e.what() + chain));
  }
}

}  // namespace roux::di::detail
