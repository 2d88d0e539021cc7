#include "roux/gang/gang.h"

#include <ATen/ops/cat.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/full.h>
#include <ATen/ops/zeros.h>

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <utility>

namespace roux {
namespace {

at::Tensor bytes_of(std::string_view text, std::int64_t room) {
  at::Tensor bytes = at::zeros({room}, at::kByte);
  std::memcpy(bytes.data_ptr(), text.data(), text.size());
  return bytes;
}

std::string text_of(const at::Tensor& bytes, std::int64_t begin, std::int64_t count) {
  return {static_cast<const char*>(bytes.data_ptr()) + begin, static_cast<std::size_t>(count)};
}

}  // namespace

void Gang::all_reduce(at::Tensor tensor, Reduce reduce, std::string_view what) {
  begin_all_reduce(std::move(tensor), reduce, what)->wait();
}

void Gang::reduce_scatter(at::Tensor part, at::Tensor whole, std::string_view what) {
  begin_reduce_scatter(std::move(part), std::move(whole), what)->wait();
}

void Gang::all_gather(at::Tensor whole, at::Tensor part, std::string_view what) {
  begin_all_gather(std::move(whole), std::move(part), what)->wait();
}

void Gang::broadcast(at::Tensor tensor, int source, std::string_view what) {
  begin_broadcast(std::move(tensor), source, what)->wait();
}

void Gang::all_reduce(std::span<const at::Tensor> tensors, Reduce reduce, std::string_view what) {
  if (tensors.empty()) return;
  std::vector<at::Tensor> flat;
  for (const at::Tensor& each : tensors) flat.push_back(each.reshape({-1}));
  const at::Tensor all = at::cat(flat);
  all_reduce(all, reduce, what);
  std::int64_t begin = 0;
  for (const at::Tensor& each : tensors) {
    each.copy_(all.narrow(0, begin, each.numel()).view(each.sizes()));
    begin += each.numel();
  }
}

void Gang::barrier(std::string_view what) {
  all_reduce(at::zeros({1}, at::TensorOptions(at::kFloat).device(device())), Reduce::Sum, what);
}

std::vector<std::string> Gang::all_gather_texts(std::string_view text, std::string_view what) {
  const auto count = static_cast<std::int64_t>(text.size());
  at::Tensor counts = at::empty({size()}, at::TensorOptions(at::kLong).device(device()));
  all_gather(counts, at::full({1}, count, counts.options()), what);
  counts = counts.cpu();
  const std::int64_t* lengths = counts.const_data_ptr<std::int64_t>();
  const std::int64_t room = *std::max_element(lengths, lengths + size());
  if (room == 0) return std::vector<std::string>(static_cast<std::size_t>(size()));

  const at::Tensor mine = bytes_of(text, room).to(device());
  at::Tensor all = at::empty({size() * room}, mine.options());
  all_gather(all, mine, what);
  all = all.cpu();
  std::vector<std::string> texts;
  for (int i = 0; i < size(); ++i) texts.push_back(text_of(all, i * room, lengths[i]));
  return texts;
}

std::string Gang::broadcast_text(std::string_view text, int source, std::string_view what) {
  const auto options = at::TensorOptions(at::kLong).device(device());
  const at::Tensor length = at::full({1}, static_cast<std::int64_t>(text.size()), options);
  broadcast(length, source, what);
  const auto count = length.item<std::int64_t>();
  if (count == 0) return "";
  const at::Tensor bytes =
      (rank() == source ? bytes_of(text, count) : at::empty({count}, at::kByte)).to(device());
  broadcast(bytes, source, what);
  return text_of(bytes.cpu(), 0, count);
}

}  // namespace roux
