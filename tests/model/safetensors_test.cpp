#include "roux/model/safetensors.h"

#include <ATen/ops/arange.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/equal.h>
#include <ATen/ops/from_blob.h>
#include <ATen/ops/tensor.h>
#include <ATen/ops/zeros.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstring>
#include <fstream>

#include "model/fixtures.h"
#include "roux/base/error.h"
#include "roux/base/files.h"
#include "roux/base/temporary_folder.h"
#include "roux/model/safetensors_tensors.h"
#include "roux/model/safetensors_writer.h"

namespace roux {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::ThrowsMessage;

// What make_safetensors put into all_dtypes.safetensors.
at::Tensor numbers() {
  return at::tensor({0.0, 1.0, 1.5, -2.0, 0.25, 96.0}, at::kDouble).view({2, 3});
}

const std::vector<const char*> kFloats = {"float64",  "float32",       "float16",
                                          "bfloat16", "float8_e4m3fn", "float8_e5m2"};
const std::vector<const char*> kIntegers = {"int64", "int32", "int16", "int8", "uint8"};

at::ScalarType type_called(const char* name) {
  return to_scalar_type(*parse_dtype(name));
}

bool same(const at::Tensor& a, const at::Tensor& b) {
  if (a.scalar_type() != b.scalar_type() || a.sizes() != b.sizes()) return false;
  return a.nbytes() == 0 ||  // then there is no address to look at
         std::memcmp(a.contiguous().data_ptr(), b.contiguous().data_ptr(), a.nbytes()) == 0;
}

// A file whose header is `header` and whose data are `bytes` bytes of no meaning.
std::filesystem::path file_of(const TemporaryFolder& folder, const std::string& header,
                              std::size_t bytes) {
  std::string text(8, '\0');
  text[0] = static_cast<char>(header.size() & 0xFFU);
  text[1] = static_cast<char>(header.size() >> 8U);
  const auto file = folder.path() / "x.safetensors";
  std::ofstream(file, std::ios::binary) << text << header << std::string(bytes, 'x');
  return file;
}

// A model of two layers.
std::vector<TensorSource> two_layers() {
  std::vector<TensorSource> sources;
  for (const char* name : {"b", "a"}) {
    sources.push_back(source_of(name, at::arange(12, at::kFloat).view({3, 4})));
  }
  return sources;
}

TEST(Safetensors, ReadsEveryDTypeThatTheReferenceLibraryWrote) {
  const SafetensorsReader reader(fixture("all_dtypes.safetensors"));

  for (const auto* name : kFloats) {
    EXPECT_TRUE(same(read_tensor(reader, name), numbers().to(type_called(name)))) << name;
  }
  for (const auto* name : kIntegers) {
    EXPECT_TRUE(same(read_tensor(reader, name), at::arange(5, type_called(name)))) << name;
  }
  EXPECT_TRUE(same(read_tensor(reader, "bool"), at::tensor({1, 0, 1}).to(at::kBool)));
  EXPECT_TRUE(same(read_tensor(reader, "scalar"), at::tensor(3.5F).squeeze()));
  EXPECT_TRUE(same(read_tensor(reader, "empty"), at::empty({2, 0, 3})));
  EXPECT_EQ(read_tensor(reader, "a \"name\"\n/ü").item<int>(), 7);
  EXPECT_EQ(reader.tensors().size(), 15U);
  EXPECT_EQ(reader.metadata().at("format"), "pt");
}

TEST(Safetensors, MapsWhatItReads) {
  at::Tensor mapped;
  {
    const SafetensorsReader reader(fixture("all_dtypes.safetensors"));
    mapped = map_tensor(reader, "float32");
    const at::Tensor other = map_tensor(reader, "float32");
    EXPECT_EQ(mapped.data_ptr(), other.data_ptr());
  }
  EXPECT_TRUE(same(mapped, numbers().to(at::kFloat)));

  mapped.zero_();  // stays in this process

  const SafetensorsReader again(fixture("all_dtypes.safetensors"));
  EXPECT_TRUE(same(read_tensor(again, "float32"), numbers().to(at::kFloat)));
}

TEST(Safetensors, WritesTheSameBytesAsTheReferenceLibrary) {
  const TemporaryFolder folder;
  std::vector<TensorSource> sources;
  for (const auto* name : kIntegers) {
    sources.push_back(source_of(name, at::arange(5, type_called(name))));
  }
  for (const auto* name : kFloats) {
    // Transposed: its elements don't lie in order.
    const at::Tensor tensor = numbers().to(type_called(name)).t().contiguous().t();
    sources.push_back(source_of(name, tensor));
  }
  sources.push_back(source_of("bool", at::tensor({1, 0, 1}).to(at::kBool)));
  sources.push_back(source_of("scalar", at::tensor(3.5F).squeeze()));
  sources.push_back(source_of("empty", at::zeros({2, 0, 3})));
  sources.push_back(source_of("a \"name\"\n/ü", at::tensor({7}).to(at::kByte)));

  write_safetensors(folder.path() / "a.safetensors", std::move(sources));

  EXPECT_EQ(read_file(folder.path() / "a.safetensors"),
            read_file(fixture("all_dtypes.safetensors")));
}

TEST(Safetensors, ListsWhatItCannotHoldAndDoesNotReadIt) {
  const SafetensorsReader reader(fixture("unsigned.safetensors"));

  EXPECT_EQ(reader.at("wide").stored_dtype, "U32");
  EXPECT_FALSE(reader.at("wide").dtype);
  EXPECT_TRUE(same(read_tensor(reader, "known"), at::tensor({1.0F, 1.0F})));
  EXPECT_THAT([&] { read_tensor(reader, "wide"); },
              ThrowsMessage<DataError>(AllOf(HasSubstr("unsigned.safetensors"),
                                             HasSubstr("tensor \"wide\" holds U32"))));
}

TEST(Safetensors, ReadsAShardedFolderAsOne) {
  const SafetensorsReader reader(fixture("sharded"));

  EXPECT_EQ(reader.files().size(), 3U);
  ASSERT_EQ(reader.tensors().size(), 5U);
  for (int i = 0; i < 5; ++i) {
    const auto expected = at::arange(100 * i, 100 * i + 12).view({3, 4}).to(at::kFloat);
    EXPECT_TRUE(same(read_tensor(reader, cat("layers.", i, ".weight")), expected));
  }
}

TEST(Safetensors, SharesTensorsOutAsTheReferenceLibrary) {
  const TemporaryFolder folder;
  std::vector<TensorSource> sources;
  for (int i = 0; i < 5; ++i) {
    sources.push_back(source_of(cat("layers.", i, ".weight"),
                                at::arange(100 * i, 100 * i + 12).view({3, 4}).to(at::kFloat)));
  }

  const auto files =
      write_safetensors_folder(folder.path(), std::move(sources), {.max_file_bytes = 100});

  ASSERT_EQ(files.size(), 4U);
  EXPECT_EQ(files.back().filename(), "model.safetensors.index.json");
  for (std::size_t i = 0; i < 3; ++i) {
    EXPECT_EQ(read_file(files[i]), read_file(fixture("sharded") / files[i].filename()));
  }
  EXPECT_THAT(read_file(files[3]), HasSubstr("\"total_size\": 240"));
  EXPECT_EQ(SafetensorsReader(files[3]).tensors().size(), 5U);
}

TEST(Safetensors, NamesTheOnlyFileOfASmallModelPlainly) {
  const TemporaryFolder folder;

  const auto files = write_safetensors_folder(folder.path(), two_layers());

  EXPECT_THAT(files, ElementsAre(folder.path() / "model.safetensors"));
  EXPECT_EQ(SafetensorsReader(folder.path()).tensors().size(), 2U);
}

TEST(Safetensors, DoesNotMixTwoModelsInAFolder) {
  const TemporaryFolder folder;
  write_safetensors_folder(folder.path(), two_layers());

  EXPECT_THAT([&] { write_safetensors_folder(folder.path(), two_layers()); },
              ThrowsMessage<Error>(HasSubstr("holds safetensors files already")));
}

TEST(Safetensors, AsksForATensorOnlyWhenItsTurnHasCome) {
  const TemporaryFolder folder;
  std::weak_ptr<int> alive;
  std::vector<TensorSource> sources;
  for (const char* name : {"a", "b", "c"}) {
    sources.push_back({name, DType::Float32, {2}, [&alive] {
                         EXPECT_TRUE(alive.expired()) << "the one before is still there";
                         auto here = std::make_shared<int>(1);
                         alive = here;
                         static float data[2] = {1, 2};
                         return at::from_blob(data, {2}, [here](void*) {});
                       }});
  }

  write_safetensors(folder.path() / "a.safetensors", std::move(sources));

  EXPECT_EQ(SafetensorsReader(folder.path()).tensors().size(), 3U);
}

TEST(Safetensors, FillsTargetsOfOtherDTypesAndStrides) {
  const SafetensorsReader reader(fixture("all_dtypes.safetensors"));

  for (const auto* from : kFloats) {
    for (const auto* to : kFloats) {
      const at::Tensor plain = at::empty({2, 3}, type_called(to));
      const at::Tensor transposed = at::empty({3, 2}, type_called(to)).t();
      read_tensors(reader, std::vector<TensorRead>{{from, plain}, {from, transposed}});
      EXPECT_TRUE(same(plain, numbers().to(type_called(to)))) << from << " to " << to;
      EXPECT_TRUE(same(transposed, numbers().to(type_called(to)))) << from << " to " << to;
    }
  }
}

TEST(Safetensors, ReadsSlicesOfEveryDimension) {
  const TemporaryFolder folder;
  const at::Tensor whole = at::arange(5 * 6 * 7, at::kFloat).view({5, 6, 7});
  write_safetensors(folder.path() / "a.safetensors", {source_of("a", whole)});
  const SafetensorsReader reader(folder.path());

  for (const std::int64_t dim : {0, 1, 2}) {
    for (std::int64_t begin = 0; begin <= whole.size(dim); ++begin) {
      for (std::int64_t end = begin; end <= whole.size(dim); ++end) {
        const auto expected = whole.slice(dim, begin, end);
        EXPECT_TRUE(at::equal(read_slice(reader, "a", {dim, begin, end}), expected));

        const at::Tensor half = at::empty(expected.sizes(), at::kHalf);
        read_tensors(reader, std::vector<TensorRead>{{"a", half, TensorSlice{dim, begin, end}}});
        EXPECT_TRUE(at::equal(half, expected.to(at::kHalf)));
      }
    }
  }
  EXPECT_THROW(read_slice(reader, "a", {1, 0, 7}), InternalError);
  EXPECT_THROW(read_slice(reader, "a", {3, 0, 1}), InternalError);
}

// Runs of more than a page, in pieces, by several threads.
TEST(Safetensors, ReadsSlicesOfALargeTensor) {
  const TemporaryFolder folder;
  const at::Tensor whole = at::arange(3'000'000, at::kInt).view(at::kFloat).view({500, 6000});
  write_safetensors(folder.path() / "a.safetensors",
                    {source_of("a", whole), source_of("b", whole.t().contiguous())});
  const SafetensorsReader reader(folder.path());

  EXPECT_TRUE(same(read_tensor(reader, "a"), whole));
  EXPECT_TRUE(same(read_slice(reader, "a", {0, 17, 499}), whole.slice(0, 17, 499)));
  EXPECT_TRUE(same(read_slice(reader, "a", {1, 10, 3000}), whole.slice(1, 10, 3000)));
  EXPECT_TRUE(same(read_slice(reader, "b", {1, 3, 490}), whole.t().slice(1, 3, 490)));

  const at::Tensor wide = at::empty({500, 2990}, at::kDouble);
  read_tensors(reader, std::vector<TensorRead>{{"a", wide, TensorSlice{1, 10, 3000}}});
  EXPECT_TRUE(same(wide, whole.slice(1, 10, 3000).to(at::kDouble)));
}

TEST(Safetensors, ListsEverythingThatDoesNotFitBeforeItReads) {
  const SafetensorsReader reader(fixture("all_dtypes.safetensors"));
  const at::Tensor good = at::zeros({2, 3}, at::kFloat);
  const std::vector<TensorRead> reads = {{"float32", good},
                                         {"missing", good},
                                         {"float16", at::zeros({3, 2})},
                                         {"int64", at::zeros({5}, at::kFloat)}};

  EXPECT_THAT([&] { read_tensors(reader, reads); },
              ThrowsMessage<DataError>(AllOf(
                  HasSubstr("all_dtypes.safetensors"), HasSubstr("tensor \"missing\" is not there"),
                  HasSubstr("tensor \"float16\" has shape [2, 3], but [3, 2] is wanted"),
                  HasSubstr("tensor \"int64\" holds int64, which does not go into float32"))));
  EXPECT_TRUE(at::equal(good, at::zeros({2, 3})));
}

TEST(Safetensors, SuggestsTheNameThatWasMeant) {
  const SafetensorsReader reader(fixture("sharded"));

  EXPECT_THAT([&] { reader.at("layers.3.wieght"); },
              ThrowsMessage<DataError>(HasSubstr("did you mean \"layers.3.weight\"?")));
}

TEST(Safetensors, TakesAFileThatShrinksForDamaged) {
  const TemporaryFolder folder;
  const auto file = folder.path() / "a.safetensors";
  write_safetensors(file, {source_of("a", at::zeros({1000}))});
  const SafetensorsReader reader(file);

  std::filesystem::resize_file(file, 1000);

  EXPECT_THAT([&] { read_tensor(reader, "a"); },
              ThrowsMessage<DataError>(AllOf(HasSubstr("a.safetensors"), HasSubstr("tensor \"a\""),
                                             HasSubstr("ends at byte 1000"))));
}

TEST(Safetensors, GoesOnReadingAFileThatIsReplaced) {
  const TemporaryFolder folder;
  const auto file = folder.path() / "a.safetensors";
  write_safetensors(file, {source_of("a", at::zeros({3}))});
  const SafetensorsReader reader(file);

  write_safetensors(file, {source_of("b", at::zeros({5}))});

  EXPECT_TRUE(same(read_tensor(reader, "a"), at::zeros({3})));
}

TEST(Safetensors, SaysWhatAFolderHoldsInstead) {
  const TemporaryFolder folder;
  const auto open = [&] { SafetensorsReader reader(folder.path()); };

  EXPECT_THAT(open, ThrowsMessage<Error>(HasSubstr("no safetensors file is in")));
  EXPECT_FALSE(holds_safetensors(folder.path()));

  write_file(folder.path() / "pytorch_model.bin", "");
  EXPECT_THAT(open, ThrowsMessage<Error>(HasSubstr("pytorch_model.bin are Python's own format")));

  write_safetensors(folder.path() / "one.safetensors", two_layers());
  EXPECT_NO_THROW(open());
  EXPECT_TRUE(holds_safetensors(folder.path()));

  write_safetensors(folder.path() / "two.safetensors", two_layers());
  EXPECT_THAT(open,
              ThrowsMessage<Error>(HasSubstr("name one of one.safetensors, two.safetensors")));
  EXPECT_THAT([&] { SafetensorsReader reader(folder.path() / "none"); },
              ThrowsMessage<Error>(HasSubstr("No such file")));
}

TEST(Safetensors, ListsWhereAnIndexDoesNotFitItsFiles) {
  const TemporaryFolder folder;
  write_safetensors(folder.path() / "m-1.safetensors", two_layers());
  const auto index = folder.path() / "model.safetensors.index.json";
  const auto open = [&] { SafetensorsReader reader(folder.path()); };

  write_file(index, R"({"weight_map": {"a": "m-1.safetensors", "c": "m-1.safetensors",
                        "d": "m-1.safetensors", "e": "m-2.safetensors"}})");
  EXPECT_THAT(open, ThrowsMessage<DataError>(
                        AllOf(HasSubstr("index.json"), HasSubstr("tensor \"c\" is not in m-1.safe"),
                              HasSubstr("tensor \"d\" is not in m-1.safetensors"),
                              HasSubstr("the file m-2.safetensors is not there"))));

  write_file(index, R"({"weight_map": {"a": "m-1.safetensors"}})");
  EXPECT_THAT(open, ThrowsMessage<DataError>(AllOf(
                        HasSubstr("index.json"),
                        HasSubstr("m-1.safetensors holds tensor \"b\", which it does not name"))));

  write_file(index, R"({"weight_map": {"a": "../m-1.safetensors", "b": 3}})");
  EXPECT_THAT(open, ThrowsMessage<DataError>(
                        AllOf(HasSubstr("tensor \"a\" must be in a file of this folder"),
                              HasSubstr("tensor \"b\" must be in a file of this folder"))));

  write_file(index, R"({"weight_map": )");
  EXPECT_THAT(open, ThrowsMessage<DataError>(HasSubstr("no JSON")));
  write_file(index, R"([])");
  EXPECT_THAT(open, ThrowsMessage<DataError>(HasSubstr("weight_map")));
  write_file(index, std::string(1'000'000, '['));
  EXPECT_THAT(open, ThrowsMessage<DataError>(HasSubstr("no JSON")));
}

struct Lie {
  const char* header;
  std::size_t bytes;
  const char* reason;
};

class LyingHeader : public ::testing::TestWithParam<Lie> {};

TEST_P(LyingHeader, IsRefusedWithItsReason) {
  const TemporaryFolder folder;
  const auto file = file_of(folder, GetParam().header, GetParam().bytes);

  EXPECT_THAT(
      [&] { SafetensorsReader reader(file); },
      ThrowsMessage<DataError>(AllOf(HasSubstr(file.string()), HasSubstr(GetParam().reason))));
}

INSTANTIATE_TEST_SUITE_P(
    Safetensors, LyingHeader,
    ::testing::Values(
        Lie{R"({"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}})", 4, "cut short"},
        Lie{R"({"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}})", 9,
            "its last 1 bytes belong to no tensor"},
        Lie{R"({"a":{"dtype":"F32","shape":[2],"data_offsets":[4,12]}})", 12,
            "4 bytes before its data belong to no tensor"},
        Lie{R"({"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},
                "b":{"dtype":"F32","shape":[2],"data_offsets":[4,12]}})",
            12, "tensor \"b\": it begins within the data of tensor \"a\""},
        Lie{R"({"a":{"dtype":"F32","shape":[3],"data_offsets":[0,8]}})", 8,
            "tensor \"a\": shape [3] of F32 takes 12 bytes, but its data_offsets hold 8"},
        Lie{R"({"a":{"dtype":"F4","shape":[3],"data_offsets":[0,1]}})", 1, "takes 2 bytes"},
        Lie{R"({"a":{"dtype":"F32","shape":[2],"data_offsets":[8,0]}})", 8, "run backwards"},
        Lie{R"({"a":{"dtype":"F33","shape":[2],"data_offsets":[0,8]}})", 8,
            "no dtype is called \"F33\""},
        Lie{R"({"a":{"dtype":"F32","shape":[-2],"data_offsets":[0,8]}})", 8, "holds -2"},
        Lie{R"({"a":{"dtype":"F32","shape":[2.0],"data_offsets":[0,8]}})", 8, "holds 2.0"},
        Lie{R"({"a":{"dtype":"F32","shape":[4611686018427387904,4611686018427387904],)"
            R"("data_offsets":[0,0]}})",
            0, "larger than memory can be"},
        Lie{R"({"a":{"dtype":"F32","shape":[0,4611686018427387904],"data_offsets":[0,0]}})", 0,
            "larger than memory can be"},
        Lie{R"({"a":{"dtype":"U8","shape":[18446744073709551615],"data_offsets":[0,0]}})", 0,
            "more than there can be"},
        Lie{R"({"a":{"dtype":"U8","shape":[99999999999999999999],"data_offsets":[0,0]}})", 0,
            "holds 99999999999999999999"},
        Lie{R"({"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]},
                "a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]}})",
            1, "names \"a\" twice"},
        Lie{R"({"a":{"dtype":"U8","dtype":"I8","shape":[1],"data_offsets":[0,1]}})", 1,
            "its key \"dtype\" stands there twice"},
        Lie{R"({"a":{"dtype":"U8","shape":[1]}})", 1, "it has no data_offsets"},
        Lie{R"({"a":{"dtype":"U8","shape":[1],"data_offsets":[0]}})", 1, "but are fewer"},
        Lie{R"({"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1,2]}})", 1, "but are more"},
        Lie{R"({"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1],"x":1}})", 1, "none of"},
        Lie{R"({"a":{"dtype":1,"shape":[1],"data_offsets":[0,1]}})", 1, "its dtype must be a text"},
        Lie{R"({"a":{"dtype":"U8","shape":"1","data_offsets":[0,1]}})", 1, "must be a list"},
        Lie{R"({"a":{"dtype":"U8","shape":[[1]],"data_offsets":[0,1]}})", 1, "holds a list"},
        Lie{R"({"a":[1]})", 0, "must be an object"},
        Lie{R"({"__metadata__":{"a":1}})", 0, "__metadata__ must hold texts only"},
        Lie{R"({"__metadata__":1})", 0, "safetensors: __metadata__ must be an object, but is 1"},
        Lie{R"({"a":)", 0, "no JSON"}, Lie{R"([])", 0, "must begin with"},
        Lie{R"({} x)", 0, "no JSON"}, Lie{"{\"\xff\":1}", 0, "no JSON"}));

TEST(Safetensors, RefusesAFileThatIsNone) {
  const TemporaryFolder folder;
  const auto file = folder.path() / "x.safetensors";
  const auto refused = [&](const std::string& bytes, const char* reason) {
    write_file(file, bytes);
    EXPECT_THAT([&] { SafetensorsReader reader(file); },
                ThrowsMessage<DataError>(AllOf(HasSubstr(file.string()), HasSubstr(reason))));
  };

  refused("", "too few for the length");
  refused("1234567", "too few for the length");
  refused(std::string("\x08\0\0\0\0\0\0\0{}", 10), "but the file has 2 after byte 8");
  refused("PK\x03\x04 this is a zip, as torch.save writes it", "it is no safetensors file");
  refused(std::string(8, '\xff'), "it is no safetensors file");
}

TEST(Safetensors, SaysThatItReadsNoPickle) {
  const TemporaryFolder folder;
  const auto file = folder.path() / "pytorch_model.bin";
  write_file(file, "PK");
  const auto refuses = [](const std::filesystem::path& path) {
    EXPECT_THAT([&] { SafetensorsReader reader(path); },
                ThrowsMessage<ConfigError>(HasSubstr("Python's own format")));
  };

  refuses(file);
  refuses(folder.path());
}

TEST(Safetensors, ReadsAFileWithoutTensors) {
  const TemporaryFolder folder;

  EXPECT_TRUE(SafetensorsReader(file_of(folder, "{}", 0)).tensors().empty());
  EXPECT_TRUE(SafetensorsReader(file_of(folder, "{\"__metadata__\":{}}   ", 0)).tensors().empty());
}

}  // namespace
}  // namespace roux
