#include "roux/tokenizer/load.h"

#include "tokenizer/tokenizer_json.h"

namespace roux {

std::unique_ptr<Tokenizer> load_tokenizer(const std::filesystem::path& path) {
  return make_bpe_tokenizer(read_tokenizer_json(path), path.string());
}

}  // namespace roux
