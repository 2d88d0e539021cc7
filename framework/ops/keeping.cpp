#include "roux/ops/keeping.h"

#include <ATen/ops/empty.h>
#include <ATen/ops/from_blob.h>
#include <ATen/record_function.h>
#include <torch/csrc/autograd/custom_function.h>
#include <torch/custom_class.h>

#include <unordered_map>
#include <utility>
#include <vector>

#include "roux/base/error.h"

namespace roux::ops {
namespace {

using torch::autograd::AutogradContext;

// Memory that is not kept, but got again in the backward pass. All are held by autograd's nodes,
// and hold nothing that costs memory: what they get it from is a saved variable of some node, which
// autograd drops when that has run.
class Regained : public torch::CustomClassHolder {
 public:
  // One more will ask, once in each backward pass.
  void expect() {
    if (expected_++ == 0) expect_inputs();
  }

  c10::Storage get() {
    if (!memory_) memory_ = make();
    c10::Storage memory = memory_;
    if (++asked_ >= expected_) {
      asked_ = 0;
      memory_ = c10::Storage();
    }
    return memory;
  }

  // What a saved variable has to hold for it, if anything.
  virtual at::Tensor to_save() const { return {}; }
  virtual bool is_remade() const { return false; }

 private:
  virtual c10::Storage make() = 0;
  virtual void expect_inputs() {}

  c10::Storage memory_;
  std::int64_t expected_ = 0;
  std::int64_t asked_ = 0;
};

using Source = c10::intrusive_ptr<Regained>;
using WeakTensor = c10::weak_intrusive_ptr<at::TensorImpl, at::UndefinedTensorImpl>;

at::Tensor lock(const WeakTensor& tensor) {
  at::Tensor found(tensor.lock());
  if (!found.defined()) {
    throw Error(
        "backward() can't run a second time: what the first one read is gone (retain_graph)");
  }
  return found;
}

// What a backward pass reads.
struct Input : torch::CustomClassHolder {
  virtual at::Tensor get() const = 0;
  virtual void expect() const {}
};

// A variable that some node has saved.
struct SavedInput final : Input {
  explicit SavedInput(const at::Tensor& x) : saved(x.getIntrusivePtr()) {}

  at::Tensor get() const override { return lock(saved); }

  WeakTensor saved;
};

// A tensor within memory that is got again.
struct RegainedInput final : Input {
  RegainedInput(Source the_source, const at::Tensor& x)
      : source(std::move(the_source)),
        sizes(x.sizes().vec()),
        strides(x.strides().vec()),
        offset(x.storage_offset()),
        options(x.options().requires_grad(false)) {}

  at::Tensor get() const override {
    return at::empty({0}, options).set_(source->get(), offset, sizes, strides);
  }
  void expect() const override { source->expect(); }

  Source source;
  std::vector<std::int64_t> sizes;
  std::vector<std::int64_t> strides;
  std::int64_t offset;
  at::TensorOptions options;
};

using Inputs = std::vector<c10::intrusive_ptr<Input>>;

class Remade final : public Regained {
 public:
  Remade(Inputs inputs, Remake make) : inputs_(std::move(inputs)), make_(std::move(make)) {}

  bool is_remade() const override { return true; }

 private:
  c10::Storage make() override {
    RECORD_FUNCTION("roux::remake", c10::ArrayRef<c10::IValue>{});
    std::vector<at::Tensor> inputs;
    for (const auto& each : inputs_) inputs.push_back(each->get());
    return make_(inputs).storage();
  }

  void expect_inputs() override {
    for (const auto& each : inputs_) each->expect();
  }

  Inputs inputs_;
  Remake make_;
};

// The copies run in the order of the device's work, which goes on meanwhile where the host's memory
// is pinned.
class Offloaded final : public Regained {
 public:
  Offloaded(const at::Tensor& host, c10::Device device)
      : host_(host.getIntrusivePtr()), device_(device) {}

  at::Tensor to_save() const override { return at::Tensor(host_.lock()); }

 private:
  c10::Storage make() override {
    RECORD_FUNCTION("roux::fetch", c10::ArrayRef<c10::IValue>{});
    const at::Tensor host = lock(host_);
    const at::Tensor bytes = at::empty(host.sizes(), host.options().device(device_));
    return bytes.copy_(host, /*non_blocking=*/true).storage();
  }

  WeakTensor host_;
  c10::Device device_;
};

at::Tensor copy_to_host(const c10::Storage& storage,
                        const std::shared_ptr<std::pmr::memory_resource>& memory) {
  RECORD_FUNCTION("roux::offload", c10::ArrayRef<c10::IValue>{});
  const std::size_t size = storage.nbytes();
  const auto numel = static_cast<std::int64_t>(size);
  const at::TensorOptions bytes(at::kByte);
  const at::Tensor host = at::from_blob(
      memory->allocate(size), {numel},
      [memory, size](void* block) { memory->deallocate(block, size); }, bytes);
  const at::Tensor device = at::empty({0}, bytes.device(storage.device()));
  return host.copy_(at::Tensor(device).set_(storage, 0, {numel}, {1}), /*non_blocking=*/true);
}

// What is known of some tensor's memory, as long as that is there and unchanged.
struct Known {
  c10::weak_intrusive_ptr<c10::StorageImpl> memory;
  std::int64_t version;
  Source source;
};

}  // namespace

struct KeepingState {
  Keeping keeping;
  KeepingState* outer;
  std::unordered_map<const c10::StorageImpl*, Known> known;

  Source find(const at::Tensor& x) const {
    const auto found = known.find(x.storage().unsafeGetStorageImpl());
    if (found == known.end() || found->second.version != x._version()) return {};
    return found->second.source;
  }

  // The weak pointer keeps the address from being taken for other memory.
  void remember(const at::Tensor& x, Source source) {
    known.insert_or_assign(
        x.storage().unsafeGetStorageImpl(),
        Known{x.storage().getWeakStorageImpl(), x._version(), std::move(source)});
  }
};

namespace {

thread_local KeepingState* state = nullptr;

}  // namespace

KeepingGuard::KeepingGuard(const Keeping& keeping)
    : state_(std::make_unique<KeepingState>(KeepingState{keeping, state, {}})) {
  if (const KeepingState* outer = state_->outer) {
    state_->keeping.remake |= outer->keeping.remake;
    if (!keeping.host) state_->keeping.host = outer->keeping.host;
  }
  state = state_.get();
}

KeepingGuard::~KeepingGuard() {
  state = state_->outer;
}

at::Tensor keep(AutogradContext& context, const char* name, const at::Tensor& x) {
  // A parameter stays anyway.
  if (state == nullptr || !x.defined() || (x.is_leaf() && x.requires_grad())) return x;
  Source source = state->find(x);
  at::Tensor to_save;
  if (source) {
    to_save = source->to_save();
  } else if (state->keeping.host) {
    to_save = copy_to_host(x.storage(), state->keeping.host);
    source = c10::make_intrusive<Offloaded>(to_save, x.device());
    state->remember(x, source);
  } else {
    return x;
  }
  const auto input = c10::make_intrusive<RegainedInput>(source, x);
  input->expect();
  context.saved_data[name] = c10::IValue::make_capsule(input);
  return to_save;
}

at::Tensor kept(AutogradContext& context, const char* name, const at::Tensor& saved) {
  const auto found = context.saved_data.find(name);
  if (found == context.saved_data.end()) return saved;
  const auto capsule = found->second.toCapsule();
  return static_cast<const Input&>(*capsule).get();
}

bool remakes() {
  return state != nullptr && state->keeping.remake;
}

void offer(const at::Tensor& y, std::initializer_list<at::Tensor> inputs, Remake make) {
  if (!remakes()) return;
  Inputs all;
  for (const at::Tensor& x : inputs) {
    if (const Source source = state->find(x)) {
      all.push_back(c10::make_intrusive<RegainedInput>(source, x));
    } else {
      all.push_back(c10::make_intrusive<SavedInput>(x));
    }
  }
  state->remember(y, c10::make_intrusive<Remade>(std::move(all), std::move(make)));
}

void offer_through(const at::Tensor& y, std::initializer_list<at::Tensor> inputs, Remake make) {
  if (!remakes()) return;
  for (const at::Tensor& x : inputs) {
    const Source source = state->find(x);
    if (!source || !source->is_remade()) return;
  }
  offer(y, inputs, std::move(make));
}

}  // namespace roux::ops
