#include "generation/small_writer.h"

#include <ATen/Parallel.h>

#include <filesystem>

namespace roux {

SmallWriter::SmallWriter(const std::string& name)
    : loaded(load_huggingface(std::filesystem::path(ROUX_PARITY_FIXTURES) / name,
                              ModelFamilies::standard(), DType::Float64)),
      tokenizer(make_byte_tokenizer()) {
  // A second thread has nothing to do here but to wait.
  at::set_num_threads(1);
}

}  // namespace roux
