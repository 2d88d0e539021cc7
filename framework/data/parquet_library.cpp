#include "data/parquet_library.h"

#include <arrow/api.h>
#include <arrow/io/file.h>
#include <parquet/arrow/reader.h>
#include <parquet/arrow/schema.h>
#include <parquet/file_reader.h>
#include <parquet/metadata.h>
#include <parquet/schema.h>

#include <stdexcept>
#include <utility>

namespace roux::data {
namespace {

void check(const arrow::Status& status) {
  if (!status.ok()) throw std::runtime_error(status.message());
}

template <typename T>
T take(arrow::Result<T> result) {
  check(result.status());
  return std::move(result).ValueUnsafe();
}

// Few at a time: a row may be a book.
constexpr std::int64_t kRowsAtOnce = 256;

template <typename Strings>
void append(const arrow::Array& array, std::vector<std::optional<std::string>>& texts) {
  const auto& strings = static_cast<const Strings&>(array);
  for (std::int64_t i = 0; i < strings.length(); ++i) {
    texts.emplace_back();
    if (strings.IsValid(i)) texts.back().emplace(strings.GetView(i));
  }
}

class Column final : public ParquetColumn {
 public:
  explicit Column(std::unique_ptr<arrow::RecordBatchReader> reader) : reader_(std::move(reader)) {}

  void read(std::vector<std::optional<std::string>>& texts) override {
    texts.clear();
    std::shared_ptr<arrow::RecordBatch> batch;
    while (texts.empty()) {
      check(reader_->ReadNext(&batch));
      if (!batch) return;
      append_array(inner(batch->column(0)), texts);
    }
  }

 private:
  // A column with fields of which one is read: down to that, null where what holds it is.
  static std::shared_ptr<arrow::Array> inner(std::shared_ptr<arrow::Array> array) {
    while (array->type_id() == arrow::Type::STRUCT) {
      array = take(static_cast<const arrow::StructArray&>(*array).GetFlattenedField(0));
    }
    return array;
  }

  static void append_array(const std::shared_ptr<arrow::Array>& array,
                           std::vector<std::optional<std::string>>& texts) {
    switch (array->type_id()) {
      case arrow::Type::STRING:
        append<arrow::StringArray>(*array, texts);
        return;
      case arrow::Type::LARGE_STRING:
        append<arrow::LargeStringArray>(*array, texts);
        return;
      case arrow::Type::STRING_VIEW:
        append<arrow::StringViewArray>(*array, texts);
        return;
      case arrow::Type::DICTIONARY:
        append_dictionary(*array, texts);
        return;
      default:
        throw std::invalid_argument("must hold strings, but holds " + array->type()->ToString());
    }
  }

  static void append_dictionary(const arrow::Array& array,
                                std::vector<std::optional<std::string>>& texts) {
    const auto& indices = static_cast<const arrow::DictionaryArray&>(array);
    std::vector<std::optional<std::string>> words;
    append_array(indices.dictionary(), words);
    for (std::int64_t i = 0; i < indices.length(); ++i) {
      texts.push_back(indices.IsValid(i)
                          ? words.at(static_cast<std::size_t>(indices.GetValueIndex(i)))
                          : std::nullopt);
    }
  }

  std::unique_ptr<arrow::RecordBatchReader> reader_;
};

class File final : public ParquetFile {
 public:
  explicit File(const std::string& path) {
    parquet::ReaderProperties properties;
    properties.enable_buffered_stream();  // pages as they are needed, not whole row groups
    auto source = take(arrow::io::ReadableFile::Open(path));
    auto file = parquet::ParquetFileReader::Open(std::move(source), properties);
    parquet::ArrowReaderProperties arrow_properties;
    arrow_properties.set_batch_size(kRowsAtOnce);
    arrow_properties.set_pre_buffer(false);
    reader_ = take(parquet::arrow::FileReader::Make(arrow::default_memory_pool(), std::move(file),
                                                    arrow_properties));
  }

  std::vector<std::int64_t> rows_of_groups() const override {
    const auto metadata = reader_->parquet_reader()->metadata();
    std::vector<std::int64_t> rows;
    for (int i = 0; i < metadata->num_row_groups(); ++i) {
      rows.push_back(metadata->RowGroup(i)->num_rows());
    }
    return rows;
  }

  std::unique_ptr<ParquetColumn> open(int group, const std::string& column) override {
    const parquet::SchemaDescriptor* schema = reader_->parquet_reader()->metadata()->schema();
    const int index = schema->ColumnIndex(column);
    if (index < 0) {
      std::string names;
      for (int i = 0; i < schema->num_columns(); ++i) {
        names += (i > 0 ? ", " : "") + schema->Column(i)->path()->ToDotString();
      }
      throw std::invalid_argument("is not there; there is " + names);
    }
    return std::make_unique<Column>(take(reader_->GetRecordBatchReader({group}, {index})));
  }

 private:
  std::unique_ptr<parquet::arrow::FileReader> reader_;
};

}  // namespace
}  // namespace roux::data

extern "C" __attribute__((visibility("default"))) roux::data::ParquetFile* roux_open_parquet(
    const std::string& path) {
  return new roux::data::File(path);
}
