#include "roux/data/parquet.h"

#include <dlfcn.h>
#include <simdjson.h>

#include <algorithm>
#include <cstddef>
#include <exception>
#include <memory>
#include <optional>
#include <stdexcept>
#include <utility>

#include "base/plugin.h"
#include "data/parquet_library.h"
#include "roux/base/error.h"
#include "roux/data/byte_source.h"

namespace roux::data {
namespace {

struct Library {
  ParquetOpener open = nullptr;
  std::string problem;  // where there is no opener
};

const Library& library() {
  static const Library found = [] {
    constexpr const char* kName = "libroux_parquet.so";
    void* const handle = open_plugin(kName);
    if (handle == nullptr) {
      return Library{nullptr, cat("Parquet files need ", kName,
                                  ", which is built where CMake finds Arrow's C++ library: run "
                                  "tools/setup --parquet, or install libparquet-dev, and build "
                                  "again (",
                                  dlerror(), ')')};
    }
    void* const opener = dlsym(handle, kParquetOpener);
    if (opener == nullptr) {
      return Library{nullptr, cat(kName, " is of another Roux: it has no ", kParquetOpener)};
    }
    return Library{reinterpret_cast<ParquetOpener>(opener), ""};
  }();
  return found;
}

std::unique_ptr<ParquetFile> open_file(const std::filesystem::path& path) {
  if (library().open == nullptr) throw Error(cat("cannot read ", path, ": ", library().problem));
  open_plain(path);  // says what is wrong with a file in the words of all others
  try {
    return std::unique_ptr<ParquetFile>(library().open(path.string()));
  } catch (const std::exception& error) {
    throw DamagedFile(cat(path.string(), ": is no Parquet file: ", error.what()));
  }
}

class ReadParquet final : public Stream<std::string> {
 public:
  ReadParquet(ParquetPart part, std::string column)
      : part_(std::move(part)), column_(std::move(column)) {}

  std::optional<std::string> next() override {
    if (row_ == part_.rows) return std::nullopt;
    while (at_ == texts_.size()) fill();
    ++row_;
    std::optional<std::string> text = std::move(texts_[at_++]);
    if (!text) fail("is null");
    if (!simdjson::validate_utf8(text->data(), text->size())) fail("is no valid UTF-8");
    return text;
  }
  void rewind(std::int64_t) override { go_to(0); }
  void save(Bookmark& bookmark) const override {
    bookmark.name("parquet").number(part_.group).number(row_);
  }
  void load(BookmarkReader& bookmark) override {
    bookmark.name("parquet");
    bookmark.number(part_.group, part_.group);
    go_to(bookmark.number(0, part_.rows));
  }

 private:
  void go_to(std::int64_t row) {
    row_ = row;
    texts_.clear();
    at_ = 0;
    source_.reset();
    file_.reset();
  }

  // Up to the row, where this is the start of the group.
  void fill() {
    try {
      std::int64_t behind = 0;
      if (!source_) {
        file_ = open_file(part_.path);
        source_ = file_->open(static_cast<int>(part_.group), column_);
        behind = row_;
      }
      do {
        source_->read(texts_);
        if (texts_.empty()) throw std::runtime_error("it ends before its last row");
        at_ = static_cast<std::size_t>(std::min(behind, static_cast<std::int64_t>(texts_.size())));
        behind -= static_cast<std::int64_t>(at_);
      } while (at_ == texts_.size());
    } catch (const Error&) {
      end();
      throw;
    } catch (const std::invalid_argument& error) {
      end();
      throw ConfigError(cat(part_.path.string(), ": column \"", column_, "\" ", error.what()));
    } catch (const std::exception& error) {
      const std::int64_t row = row_;
      end();
      throw DamagedFile(cat(part_.path.string(), ": is damaged in row group ", part_.group,
                            ", from row ", part_.first_row + row, " on: ", error.what()));
    }
  }

  void end() { go_to(part_.rows); }

  [[noreturn]] void fail(std::string_view what) const {
    throw DataError(cat(part_.path.string(), ": row ", part_.first_row + row_ - 1, ": column \"",
                        column_, "\" ", what));
  }

  ParquetPart part_;
  std::string column_;
  std::int64_t row_ = 0;  // of the part, the next one
  std::unique_ptr<ParquetFile> file_;
  std::unique_ptr<ParquetColumn> source_;
  std::vector<std::optional<std::string>> texts_;
  std::size_t at_ = 0;
};

}  // namespace

bool can_read_parquet() {
  return library().open != nullptr;
}

std::vector<ParquetPart> cut_parquet_files(std::span<const std::filesystem::path> files) {
  std::vector<ParquetPart> parts;
  for (const std::filesystem::path& path : files) {
    std::int64_t first_row = 0;
    std::int64_t group = 0;
    for (const std::int64_t rows : open_file(path)->rows_of_groups()) {
      parts.push_back({path, group++, first_row, rows});
      first_row += rows;
    }
  }
  return parts;
}

StreamPtr<std::string> open_parquet(const ParquetPart& part, std::string column) {
  return std::make_unique<ReadParquet>(part, std::move(column));
}

}  // namespace roux::data
