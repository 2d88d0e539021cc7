"""Makes a case's folder: a Hugging Face checkpoint, and what transformers computes with it."""

import json
import pathlib
import tempfile

import safetensors
import safetensors.torch
import torch
import transformers
from torch.nn.functional import cross_entropy
from transformers import AutoConfig, AutoModelForCausalLM
from transformers.models.mixtral.modeling_mixtral import load_balancing_loss_func

IGNORED = -100

# The least by which the last chosen expert leads the first that is left out.
ROUTER_MARGIN = 4e-3


class Unfit(Exception):
    """A draw that would prove nothing, or prove it by luck: another seed may do better."""


# --- making a model

def make_config(config):
    values = dict(config)
    made = AutoConfig.for_model(values.pop("model_type"), **values)
    plain(made)
    return made


def plain(config):
    """What is compared must not depend on the kernels that torch has for a shape."""
    for part in (config, config.get_text_config()):
        part._attn_implementation = "eager"
        part._experts_implementation = "eager"


def fill(model, generator):
    """Weights of a size that shows mistakes: no norm of ones, no bias of zeros."""
    def normal(parameter, mean, deviation):
        with torch.no_grad():
            parameter.copy_(mean + deviation * torch.randn(parameter.shape, generator=generator))

    zero_centred = model.config.model_type.startswith("gemma")
    hidden_size = model.config.get_text_config().hidden_size
    for name, parameter in model.named_parameters():
        if name.endswith("bias"):
            normal(parameter, 0.0, 0.2)
        elif "norm" in name or ".ln_" in name:
            normal(parameter, 0.0 if zero_centred else 1.0, 0.2)
        elif "embed" in name or ".wte" in name or ".wpe" in name:
            # As the output of a wide tied model, more would make logits of 30 and more.
            normal(parameter, 0.0, min(0.4, 2.5 / hidden_size ** 0.5))
        elif name.endswith("gate.weight"):
            normal(parameter, 0.0, 0.6)
        else:
            normal(parameter, 0.0, 1.0 / hidden_size ** 0.5)


def is_norm(name):
    return "norm" in name or "ln_" in name


# --- writing a checkpoint

def published_gpt2(tensors, config):
    """OpenAI's checkpoint knows no `transformer.` and holds each layer's mask."""
    renamed = {name.removeprefix("transformer."): tensor for name, tensor in tensors.items()}
    size = config["n_positions"]
    for layer in range(config["n_layer"]):
        renamed[f"h.{layer}.attn.bias"] = torch.ones(size, size).tril().view(1, 1, size, size)
    return renamed


def of_transformers_4(tensors):
    """Where the versions from 4.52 on wrote the parts of a model that also sees."""
    def named(name):
        if name == "language_model.lm_head.weight":
            return "lm_head.weight"
        return "model." + name.replace("language_model.model.", "language_model.")
    return {named(name): tensor for name, tensor in tensors.items()}


def text_alone(tensors):
    """Of a model that also sees, what a checkpoint of its text part would hold."""
    alone = {}
    for name, tensor in tensors.items():
        for prefix in ("language_model.model.", "model.language_model."):
            if name.startswith(prefix):
                alone["model." + name.removeprefix(prefix)] = tensor
        if name in ("language_model.lm_head.weight", "lm_head.weight"):
            alone["lm_head.weight"] = tensor
    sees = any(name.startswith(("vision_tower.", "model.vision_tower.")) for name in tensors)
    return alone if sees else tensors


def read_checkpoint(folder):
    """The weights in a folder, in the dtypes they are saved in."""
    tensors = {}
    for path in sorted(folder.glob("model*.safetensors")):
        tensors |= safetensors.torch.load_file(path)
    return tensors


def as_checkpoint(model, tensors_of):
    """What `tensors_of(parameter)` gives, under the names and in the shapes of a checkpoint."""
    with tempfile.TemporaryDirectory() as scratch:
        kept = {name: parameter.data for name, parameter in model.named_parameters()}
        for parameter in model.parameters():
            parameter.data = tensors_of(parameter)
        model.save_pretrained(scratch)
        for name, parameter in model.named_parameters():
            parameter.data = kept[name]
        return text_alone(read_checkpoint(pathlib.Path(scratch)))


def save(case, model, folder):
    if case.dtype == "bfloat16":
        model.to(torch.bfloat16)
    size = sum(tensor.nbytes for tensor in model.state_dict().values())
    model.save_pretrained(folder, max_shard_size=max(size // case.shards, 1) + 1
                          if case.shards > 1 else "5GB")
    if case.dtype == "mixed":
        for path in folder.glob("*.safetensors"):
            tensors = safetensors.torch.load_file(path)
            tensors = {name: tensor if is_norm(name) else tensor.bfloat16()
                       for name, tensor in tensors.items()}
            safetensors.torch.save_file(tensors, path, {"format": "pt"})
    if case.name == "gpt2_published":
        path = folder / "model.safetensors"
        tensors = published_gpt2(safetensors.torch.load_file(path), case.config)
        safetensors.torch.save_file(tensors, path, {"format": "pt"})
    if case.name == "gemma3_vision_new":
        path = folder / "model.safetensors"
        tensors = of_transformers_4(safetensors.torch.load_file(path))
        safetensors.torch.save_file(tensors, path, {"format": "pt"})
    if case.style == "published":
        dtype = "bfloat16" if case.dtype == "bfloat16" else "float32"
        config = {"architectures": [type(model).__name__]} | case.config | {"torch_dtype": dtype}
        (folder / "config.json").write_text(json.dumps(config, indent=1) + "\n")
    (folder / "generation_config.json").unlink(missing_ok=True)


def load(folder, **changes):
    """The checkpoint as anyone would load it, in float32."""
    config = AutoConfig.from_pretrained(folder)
    if changes:
        written = json.loads((folder / "config.json").read_text())
        config = make_config(without_notes(written) | changes)
    plain(config)
    model, info = AutoModelForCausalLM.from_pretrained(
        folder, config=config, dtype=torch.float32, output_loading_info=True)
    for kind in ("missing_keys", "mismatched_keys"):
        if info[kind]:
            raise Unfit(f"{kind}: {info[kind]}")
    return model.eval()


def without_notes(config):
    notes = ("architectures", "torch_dtype", "dtype", "transformers_version")
    return {key: value for key, value in config.items() if key not in notes}


# --- what is computed with it

def draw_documents(case, vocabulary, generator):
    """Token ids one document after the other, where each ends, and what each token is to predict."""
    ids, targets = [], []
    for length in case.lengths:
        document = torch.randint(vocabulary, (length,), generator=generator)
        wanted = torch.cat([document[1:], torch.tensor([IGNORED])])
        if length > 8:  # as a mask over a user's turn would leave them out
            wanted[3:5] = IGNORED
        ids.append(document)
        targets.append(wanted)
    ends = torch.tensor([0, *case.lengths]).cumsum(0)
    return torch.cat(ids), ends, torch.cat(targets)


def run(model, ids, mask=None, positions=None):
    """Logits and, of a mixture of experts, the router's logits, a layer each."""
    routed = hasattr(model.config, "num_local_experts") or hasattr(model.config, "num_experts")
    output = model(ids, attention_mask=mask, position_ids=positions, use_cache=False,
                   **({"output_router_logits": True} if routed else {}))
    return output.logits.float(), output.router_logits if routed else ()


def run_alone(model, ids, ends):
    """Each document by itself, one after the other: what packing has to equal."""
    logits, routers = [], []
    for begin, end in zip(ends[:-1], ends[1:]):
        of_one, router = run(model, ids[None, begin:end])
        logits.append(of_one[0])
        routers.append(router)
    return torch.cat(logits), tuple(torch.cat(layer) for layer in zip(*routers))


def run_padded(model, ids, ends, side):
    """All documents in one padded batch; of what comes out, the real positions."""
    lengths = (ends[1:] - ends[:-1]).tolist()
    batch, longest = len(lengths), max(lengths)
    rows = torch.zeros(batch, longest, dtype=torch.int64)
    mask = torch.zeros(batch, longest, dtype=torch.int64)
    for row, length in enumerate(lengths):
        at = slice(0, length) if side == "right" else slice(longest - length, longest)
        rows[row, at] = ids[ends[row]:ends[row + 1]]
        mask[row, at] = 1
    positions = (mask.cumsum(1) - 1).clamp(min=0)
    logits, router = run(model, rows, mask, positions)
    real = mask.bool()
    return logits[real], tuple(layer[real.reshape(-1)] for layer in router)


def losses(model, logits, router, targets):
    """The sum over the targets, and the balance of the experts: two losses, with their gradients."""
    loss = cross_entropy(logits, targets, ignore_index=IGNORED, reduction="sum")
    if not router:
        return {"": loss}
    config = model.config
    experts = getattr(config, "num_local_experts", None) or config.num_experts
    return {"": loss, "aux_": load_balancing_loss_func(router, experts,
                                                      config.num_experts_per_tok)}


def gradients(model, loss):
    model.zero_grad(set_to_none=True)
    loss.backward(retain_graph=True)

    def of(parameter):
        return torch.zeros_like(parameter) if parameter.grad is None else parameter.grad.clone()
    return as_checkpoint(model, of)


def router_margin(model, router):
    if not router:
        return None
    chosen = model.config.num_experts_per_tok
    ordered = torch.cat([layer.detach() for layer in router]).sort(dim=-1, descending=True)[0]
    return (ordered[:, chosen - 1] - ordered[:, chosen]).min().item()


def difference(got, wanted):
    """norm(g - r) / norm(r), 0 where both are nothing."""
    size = wanted.norm().item()
    apart = (got - wanted).norm().item()
    return 0.0 if apart == 0 else apart / size if size else float("inf")


# --- a whole case

def compute(model, ids, ends, targets):
    """What is expected, and by how much the reference differs from itself when it pads."""
    logits, router = run_alone(model, ids, ends)
    expected, spread = {"logits": logits.detach()}, {"logits": 0.0, "gradient": 0.0}
    alone = losses(model, logits, router, targets)
    for kind, loss in alone.items():
        expected[f"{kind}loss"] = loss.detach().reshape(())
        for name, gradient in gradients(model, loss).items():
            expected[f"{kind}gradient/{name}"] = gradient

    for side in ("right", "left"):
        padded, padded_router = run_padded(model, ids, ends, side)
        apart = (padded - logits).abs().max().item()
        spread["logits"] = max(spread["logits"], apart)
        for kind, loss in losses(model, padded, padded_router, targets).items():
            for name, gradient in gradients(model, loss).items():
                apart = difference(gradient, expected[f"{kind}gradient/{name}"])
                spread["gradient"] = max(spread["gradient"], apart)
    return expected, spread, router_margin(model, router)


def check(case, folder, expected, spread, margin, ids, ends):
    if not expected["logits"].isfinite().all():
        raise Unfit("logits that are not finite")
    if margin is not None and margin < ROUTER_MARGIN:
        raise Unfit(f"a router's margin of {margin:.1e}")
    # The tolerance is 1e-4: the reference has to know its own numbers better than that.
    if spread["logits"] > 2e-5 or spread["gradient"] > 2e-5:
        raise Unfit(f"the reference differs from itself by {spread}")
    for key, other in case.matters.items():
        with torch.no_grad():
            logits, _ = run_alone(load(folder, **{key: other}), ids, ends)
        if (logits - expected["logits"]).abs().max() < 1e-2:
            raise Unfit(f"{key} = {other} gives the same logits")


def cache_from(case):
    crosses = min(case.lengths) > case.config.get("original_max_position_embeddings", 1 << 30)
    return case.config["original_max_position_embeddings"] + 1 if crosses else 1


def write_once(case, folder, seed):
    generator = torch.Generator().manual_seed(seed)
    torch.manual_seed(seed)
    made = AutoModelForCausalLM.from_config(make_config(case.config))
    fill(made, generator)
    ids, ends, targets = draw_documents(case, made.config.get_text_config().vocab_size, generator)
    save(case, made, folder)

    model = load(folder)
    expected, spread, margin = compute(model, ids, ends, targets)
    if case.name == "gpt2_published":
        expected = {name.replace("gradient/transformer.", "gradient/"): tensor
                    for name, tensor in expected.items()}
    check(case, folder, expected, spread, margin, ids, ends)
    expected |= {"ids": ids, "cu_seqlens": ends, "targets": targets}
    safetensors.torch.save_file({name: tensor.contiguous() for name, tensor in expected.items()},
                                folder / "expected.safetensors")
    about = {
        "name": case.name,
        "family": case.family,
        "what": case.what,
        "seed": seed,
        "saved_in": case.dtype,
        "config_style": case.style,
        # A cache begins with as many tokens of each document: where LongRoPE's frequencies change
        # at a length, the keys of a cache that grows past it stay as they were.
        "cache_from": cache_from(case),
        "aux_loss_coefficient": case.config.get("router_aux_loss_coef"),
        "router_margin": margin,
        "reference_differs_from_itself_by": spread,
        "made_with": {"torch": torch.__version__, "transformers": transformers.__version__,
                      "safetensors": safetensors.__version__},
    }
    (folder / "case.json").write_text(json.dumps(about, indent=1) + "\n")
    return about


def write_case(case, folder, attempts=20):
    """Makes the folder, with the first seed from the case's own on that is fit."""
    reasons = []
    for seed in range(case.seed, case.seed + attempts):
        folder.mkdir(parents=True, exist_ok=True)
        for path in folder.iterdir():
            path.unlink()
        try:
            return write_once(case, folder, seed)
        except Unfit as reason:
            reasons.append(str(reason))
    raise SystemExit(f"{case.name}: no fit model in {attempts} draws: {'; '.join(reasons)}")
