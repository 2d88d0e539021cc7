#include "tokenizer/sentencepiece_library.h"

#include <sentencepiece_processor.h>

#include <stdexcept>

namespace roux {
namespace {

void check(const sentencepiece::util::Status& status) {
  if (!status.ok()) throw std::runtime_error(status.message());
}

class Library final : public SentencePieceLibrary {
 public:
  explicit Library(std::string_view model) { check(processor_.LoadFromSerializedProto(model)); }

  void encode(std::string_view text, std::vector<int>& ids) const override {
    check(processor_.Encode(text, &ids));
  }

  std::string decode(const std::vector<int>& ids) const override {
    std::string text;
    check(processor_.Decode(ids, &text));
    return text;
  }

  int size() const override { return processor_.GetPieceSize(); }
  std::string piece(int id) const override { return processor_.IdToPiece(id); }
  int find(std::string_view piece) const override { return processor_.PieceToId(piece); }

  Kind kind(int id) const override {
    if (processor_.IsControl(id)) return Kind::Control;
    if (processor_.IsUnknown(id)) return Kind::Unknown;
    if (processor_.IsByte(id)) return Kind::Byte;
    return processor_.IsUnused(id) ? Kind::Unused : Kind::Normal;
  }

  int bos() const override { return processor_.bos_id(); }
  int eos() const override { return processor_.eos_id(); }
  int pad() const override { return processor_.pad_id(); }
  int unk() const override { return processor_.unk_id(); }

 private:
  sentencepiece::SentencePieceProcessor processor_;
};

}  // namespace
}  // namespace roux

extern "C" __attribute__((visibility("default"))) roux::SentencePieceLibrary*
roux_make_sentencepiece(std::string_view model) {
  return new roux::Library(model);
}
