#pragma once

#include <cstddef>
#include <exception>
#include <optional>
#include <tuple>
#include <utility>

#include "roux/base/error.h"
#include "roux/data/stream.h"

namespace roux::data {

// One example of each stream together. They must be equally long, or, with `to_shortest`, the
// shortest ends them all.
template <typename... Ts>
class Zip final : public Stream<std::tuple<Ts...>> {
 public:
  Zip(bool to_shortest, StreamPtr<Ts>... streams)
      : streams_(std::move(streams)...), to_shortest_(to_shortest) {}

  std::optional<std::tuple<Ts...>> next() override {
    if (ended_) return std::nullopt;
    return next_of(std::index_sequence_for<Ts...>());
  }
  void rewind(std::int64_t epoch) override {
    ended_ = false;
    each([&](auto& stream) { stream->rewind(epoch); });
  }
  void save(Bookmark& bookmark) const override {
    bookmark.name("zip").number(ended_ ? 1 : 0);
    std::apply([&](const auto&... stream) { (stream->save(bookmark), ...); }, streams_);
  }
  void load(BookmarkReader& bookmark) override {
    bookmark.name("zip");
    ended_ = bookmark.number(0, 1) == 1;
    each([&](auto& stream) { stream->load(bookmark); });
  }

 private:
  template <std::size_t... I>
  std::optional<std::tuple<Ts...>> next_of(std::index_sequence<I...>) {
    // All are drawn before one is looked at, or they would fall out of step.
    std::tuple<std::optional<Ts>...> drawn;
    std::exception_ptr error;
    (draw(*std::get<I>(streams_), std::get<I>(drawn), error), ...);
    if (error) std::rethrow_exception(error);
    const std::size_t given = (static_cast<std::size_t>(std::get<I>(drawn).has_value()) + ...);
    if (given == sizeof...(Ts)) return std::tuple<Ts...>{std::move(*std::get<I>(drawn))...};
    ended_ = true;
    if (given == 0 || to_shortest_) return std::nullopt;
    throw DataError("streams that are zipped are not equally long");
  }

  template <typename T>
  static void draw(Stream<T>& from, std::optional<T>& example, std::exception_ptr& error) {
    try {
      example = from.next();
    } catch (...) {
      if (!error) error = std::current_exception();
    }
  }

  template <typename F>
  void each(F f) {
    std::apply([&](auto&... stream) { (f(stream), ...); }, streams_);
  }

  std::tuple<StreamPtr<Ts>...> streams_;
  bool to_shortest_;
  bool ended_ = false;
};

}  // namespace roux::data
