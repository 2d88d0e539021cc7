#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace roux {

// A piece that one of our parameters and one tensor of a checkpoint have in common. The whole of
// both, mostly; Phi 3's fused projection is three pieces, GPT-2's also turned, and one of our
// stacks of experts is a piece for each.
struct TensorPiece {
  std::string ours;
  std::optional<std::int64_t> expert;  // ours[expert]; unset: all of ours

  std::string theirs;
  std::int64_t dim = 0;  // theirs.narrow(dim, begin, length)
  std::int64_t begin = 0;
  std::optional<std::int64_t> length;  // unset: all of theirs
  bool transposed = false;             // theirs is ours turned
};

// How a family's checkpoints spell our parameters.
class TensorMap {
 public:
  void same(std::string ours, std::string theirs);
  void transposed(std::string ours, std::string theirs);
  void part(std::string ours, std::string theirs, std::int64_t begin, std::int64_t length);
  void add(TensorPiece piece);

  // Tensors that checkpoints may hold and that are no parameters: computed tables. A name, in which
  // "*" stands for digits.
  void ignore(std::string theirs);

  // The same for one that must hold what `to` holds: a projection that is tied, written twice.
  void tie(std::string theirs, std::string to);

  const std::vector<TensorPiece>& pieces() const { return pieces_; }
  bool ignores(std::string_view theirs) const;
  const std::vector<std::pair<std::string, std::string>>& ties() const { return ties_; }

  // What the names begin with that belong to the model without its projection to logits: a
  // checkpoint of that part alone leaves it out.
  void set_base_prefix(std::string prefix);
  const std::string& base_prefix() const { return base_prefix_; }

  // Checkpoints of a larger model that this one is the text part of: there, a name that begins with
  // `from` begins with `to` instead.
  struct Nesting {
    std::string from;
    std::string to;
  };
  void nest(std::string from, std::string to);
  const std::vector<Nesting>& nestings() const { return nestings_; }

  // What the names of such a model's other parts begin with.
  void beside(std::string prefix);
  bool is_beside(std::string_view theirs) const;

 private:
  std::vector<TensorPiece> pieces_;
  std::vector<std::string> ignored_;
  std::vector<std::pair<std::string, std::string>> ties_;
  std::string base_prefix_;
  std::vector<Nesting> nestings_;
  std::vector<std::string> beside_;
};

}  // namespace roux
