#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace roux {

// What Roux uses of libsentencepiece, which has no static library. It is linked by a library of its
// own, libroux_sentencepiece.so, which is loaded when the first model is: programs start without
// it, on machines that lack it too. Members throw std::runtime_error with the library's words.
class SentencePieceLibrary {
 public:
  enum class Kind { Normal, Unknown, Control, Byte, Unused };

  virtual ~SentencePieceLibrary() = default;

  virtual void encode(std::string_view text, std::vector<int>& ids) const = 0;  // replaces `ids`
  virtual std::string decode(const std::vector<int>& ids) const = 0;

  virtual int size() const = 0;
  virtual std::string piece(int id) const = 0;
  virtual int find(std::string_view piece) const = 0;  // the unknown token's where there is none
  virtual Kind kind(int id) const = 0;

  // Negative where the model has none.
  virtual int bos() const = 0;
  virtual int eos() const = 0;
  virtual int pad() const = 0;
  virtual int unk() const = 0;
};

// The one symbol that is looked up in it: makes one, for the caller to delete, from a model's
// bytes.
inline constexpr const char* kSentencePieceMaker = "roux_make_sentencepiece";
using SentencePieceMaker = SentencePieceLibrary* (*)(std::string_view model);

}  // namespace roux
