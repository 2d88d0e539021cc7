#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "tokenizer/regex.h"

namespace roux {

// Changes a text before it is cut. Immutable once made; any thread may call any member.
class Normalizer {
 public:
  virtual ~Normalizer() = default;

  // Requires: valid UTF-8, which the result is too.
  virtual void apply(std::string& text) const = 0;
};

enum class NormalForm { Nfc, Nfd, Nfkc, Nfkd };

std::unique_ptr<Normalizer> make_normal_form(NormalForm form);
std::unique_ptr<Normalizer> make_lowercase();
std::unique_ptr<Normalizer> make_strip(bool left, bool right);
std::unique_ptr<Normalizer> make_prepend(std::string what);  // to a text that is not empty
std::unique_ptr<Normalizer> make_replace(std::string what, std::string by);
std::unique_ptr<Normalizer> make_replace(std::unique_ptr<const Regex> what, std::string by);
std::unique_ptr<Normalizer> make_sequence(std::vector<std::unique_ptr<Normalizer>> steps);

// Every `what` in `text` by `by`. Requires: `what` is not empty.
void replace_all(std::string& text, std::string_view what, std::string_view by);

}  // namespace roux
