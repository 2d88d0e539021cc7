#include <ATen/ops/equal.h>

#include <algorithm>
#include <set>
#include <utility>

#include "model/checkpoint_tensors.h"
#include "model/huggingface_config.h"
#include "roux/base/error.h"
#include "roux/base/files.h"
#include "roux/base/log.h"
#include "roux/base/strings.h"
#include "roux/base/units.h"
#include "roux/model/huggingface.h"
#include "roux/model/safetensors_tensors.h"
#include "roux/model/tensor_groups.h"
#include "roux/nn/flat_parameters.h"

namespace roux {
namespace {

namespace fs = std::filesystem;

// A tensor that is not as it must be; of a wrong shape, `was` is the one it has.
struct Difference {
  std::string name;
  std::vector<std::int64_t> shape;
  std::string was;
};

// Where a checkpoint differs from what the model needs.
struct Differences {
  std::vector<Difference> missing;
  std::vector<Difference> superfluous;
  std::vector<Difference> misshapen;

  void throw_if_any(const fs::path& path) const {
    const std::string text = listed("missing", missing) +
                             listed("that the model does not have", superfluous) +
                             listed("of another shape", misshapen);
    if (!text.empty()) {
      throw DataError(cat(path.string(), " does not hold this model's tensors:", text));
    }
  }

 private:
  // Layers that are alike share a line, as `roux inspect` shows them.
  static std::string listed(const char* what, const std::vector<Difference>& differences) {
    if (differences.empty()) return "";
    std::vector<StoredTensor> tensors;
    for (const Difference& each : differences) {
      tensors.push_back({.name = each.name, .stored_dtype = each.was, .shape = each.shape});
    }
    std::string text = cat("\n  ", differences.size(), ' ', what, ':');
    for (const TensorGroup& group : group_tensors(tensors)) {
      text += cat("\n    ", group.name, ' ');
      if (!group.dtype.empty()) text += cat("is ", group.dtype, " and must be ");
      text += shape_text(group.shape);
    }
    return text;
  }
};

// The names in a file, which may lack the prefix of the part without the last projection, and may
// be those of a larger model's text part.
class FileNames {
 public:
  FileNames(const SafetensorsReader& weights, const TensorMap& map) : map_(map) {
    const auto any = [&](const std::string& prefix) {
      const auto tensors = weights.tensors();
      return std::any_of(tensors.begin(), tensors.end(), [&](const StoredTensor& tensor) {
        return tensor.name.starts_with(prefix);
      });
    };
    for (const TensorMap::Nesting& nesting : map.nestings()) {
      if (!nesting_ && any(nesting.to)) nesting_ = nesting;
    }
    bare_ = !any(in_file(map.base_prefix()));
  }

  // As the text part alone would be written.
  std::string alone(const std::string& theirs) const {
    const std::string& prefix = map_.base_prefix();
    return bare_ && theirs.starts_with(prefix) ? theirs.substr(prefix.size()) : theirs;
  }
  std::string in_file(const std::string& alone) const {
    if (!nesting_ || !alone.starts_with(nesting_->from)) return alone;
    return nesting_->to + alone.substr(nesting_->from.size());
  }

  bool is_beside(const std::string& in_file) const { return nesting_ && map_.is_beside(in_file); }
  bool ignores(const std::string& in_file) const {
    std::string alone = in_file;
    if (nesting_ && in_file.starts_with(nesting_->to)) {
      alone = nesting_->from + in_file.substr(nesting_->to.size());
    }
    return map_.ignores(alone) || (bare_ && map_.ignores(map_.base_prefix() + alone));
  }

 private:
  const TensorMap& map_;
  std::optional<TensorMap::Nesting> nesting_;
  bool bare_ = false;
};

TensorRead read_of(std::string name, const CheckpointTensor::Part& part, bool whole) {
  TensorRead read{std::move(name), part.ours};
  if (!whole) {
    const TensorPiece& piece = part.piece;
    read.slice = TensorSlice{piece.dim, piece.begin, piece.begin + part.ours.size(piece.dim)};
  }
  return read;
}

// What is to be read into a model, and the dtypes it has there.
struct Plan {
  std::vector<TensorRead> reads;
  StoredDTypes dtypes;
  std::vector<std::string> left_out;  // of the other parts of a larger model
  std::vector<std::pair<std::string, std::string>> ties;
};

// The narrowest dtype that holds every element as it is; nullopt if there is none to hold.
std::optional<DType> widest_dtype(const SafetensorsReader& weights, const Plan& plan) {
  std::optional<at::ScalarType> widest;
  for (const TensorRead& read : plan.reads) {
    const StoredTensor& tensor = weights.at(read.name);
    if (!tensor.dtype) continue;
    const at::ScalarType type = to_scalar_type(*tensor.dtype);
    if (c10::isFloat8Type(type)) {
      throw DataError(cat(weights.file_of(tensor).string(), ": ", tensor.name, " is ",
                          to_string(*tensor.dtype),
                          ", which is not computed in: ask for another "
                          "dtype, such as bfloat16"));
    }
    if (c10::isFloatingType(type)) widest = widest ? c10::promoteTypes(*widest, type) : type;
  }
  if (!widest) return std::nullopt;
  return to_dtype(*widest);
}

// Throws DataError with everything that does not fit.
Plan plan_reads(const LanguageModel& model, const SafetensorsReader& weights) {
  const auto form = model.huggingface();
  if (!form) throw Error("this model has no Hugging Face form to load weights from");
  const FileNames names(weights, form->tensors);

  Differences differences;
  std::set<std::string> expected;
  Plan plan;
  for (const CheckpointTensor& tensor : checkpoint_tensors(model, form->tensors)) {
    const std::string alone = names.alone(tensor.name);
    const std::string name = names.in_file(alone);
    expected.insert(name);
    const StoredTensor* stored = weights.find(name);
    if (stored == nullptr) {
      differences.missing.push_back({name, tensor.shape, ""});
      continue;
    }
    if (stored->shape != tensor.shape) {
      differences.misshapen.push_back({name, tensor.shape, shape_text(stored->shape)});
      continue;
    }
    if (stored->dtype) plan.dtypes[alone] = *stored->dtype;
    for (const auto& part : tensor.parts) {
      plan.reads.push_back(read_of(name, part, tensor.parts.size() == 1));
    }
  }
  for (const StoredTensor& stored : weights.tensors()) {
    if (expected.contains(stored.name) || names.ignores(stored.name)) continue;
    if (names.is_beside(stored.name)) {
      plan.left_out.push_back(stored.name);
    } else {
      differences.superfluous.push_back({stored.name, stored.shape, ""});
    }
  }
  differences.throw_if_any(weights.path());
  for (const auto& [tied, to] : form->tensors.ties()) {
    plan.ties.emplace_back(names.in_file(names.alone(tied)), names.in_file(names.alone(to)));
  }
  return plan;
}

bool same_values(const at::Tensor& a, const at::Tensor& b) {
  if (a.sizes() != b.sizes()) return false;
  if (a.scalar_type() != b.scalar_type()) return at::equal(a.to(at::kDouble), b.to(at::kDouble));
  return at::equal(a.view(at::kByte), b.view(at::kByte));
}

// A checkpoint whose tied tensors differ is of a model that is not tied.
void check_ties(const SafetensorsReader& weights, const Plan& plan) {
  for (const auto& [tied, to] : plan.ties) {
    if (weights.find(tied) == nullptr) continue;
    if (same_values(map_tensor(weights, tied), map_tensor(weights, to))) continue;
    throw DataError(cat(weights.path().string(), ": ", tied, " must be equal to ", to,
                        ", since the config ties them (tie_word_embeddings), but is another"));
  }
}

}  // namespace

std::shared_ptr<LanguageModel> create_from_folder(const fs::path& folder,
                                                  const ModelFamilies& families,
                                                  const ModelOverrides& overrides) {
  const fs::path file = folder / "config.json";
  if (!fs::exists(folder)) throw ConfigError(cat("there is no folder ", folder.string()));
  if (!fs::is_directory(folder)) {
    throw ConfigError(cat(folder.string(), " is a file: give the folder that holds it"));
  }
  if (!fs::exists(file)) {
    throw DataError(cat(folder.string(),
                        " holds no config.json, so that the kind of its model is "
                        "not known"));
  }
  const std::string text = read_file(file, kLargestHuggingFaceConfig);
  const HuggingFaceConfig config(text, file);
  const std::string model_type = config.text("model_type", "");
  const ModelFamily* family = families.find_model_type(model_type);
  if (family == nullptr) {
    // A name that is near is another kind of model mostly, so that no guess is made.
    config.refuse("model_type", cat("must be one of ", join(families.model_types(), ", ")));
  }
  if (config.has("quantization_config")) {
    config.fail("quantization_config", "is there, but quantised checkpoints are not read");
  }
  return family->create_from_huggingface(text, file, overrides);
}

StoredDTypes load_weights(LanguageModel& model, const SafetensorsReader& weights) {
  const Plan plan = plan_reads(model, weights);
  if (!plan.left_out.empty()) {
    log_info(weights.path().string(), ": takes the text model alone and leaves out ",
             plan.left_out.size(), " tensors of other parts, such as ", plan.left_out.front());
  }
  check_ties(weights, plan);
  read_tensors(weights, plan.reads);
  return plan.dtypes;
}

LoadedModel load_values(std::shared_ptr<LanguageModel> model, const fs::path& path,
                        std::optional<DType> dtype) {
  const SafetensorsReader weights(path);
  // What does not fit is told before any memory is asked for.
  const Plan plan = plan_reads(*model, weights);
  if (!dtype) dtype = widest_dtype(weights, plan);
  if (dtype) nn::set_dtype(*model, to_scalar_type(*dtype));
  try {
    nn::FlatParameters(*model).materialise(at::kCPU);
  } catch (const c10::Error&) {
    const auto bytes = static_cast<std::uint64_t>(nn::parameter_count(*model)) *
                       size_of(dtype.value_or(DType::Float32));
    throw Error(cat(path.string(), ": its parameters need ", approximate_bytes(bytes),
                    ", which this machine does not give"));
  }
  LoadedModel loaded{std::move(model), {}};
  loaded.stored_dtypes = load_weights(*loaded.model, weights);
  return loaded;
}

LoadedModel load_huggingface(const fs::path& folder, const ModelFamilies& families,
                             std::optional<DType> dtype) {
  return load_values(create_from_folder(folder, families), folder, dtype);
}

}  // namespace roux
