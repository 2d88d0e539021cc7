"""The tiny models that are compared: one fixed list for the fixtures, and fresh ones at will.

A config is written as published models write theirs (`rope_theta`, `rope_scaling`, `torch_dtype`);
a case whose `style` is "new" gets the config.json that transformers 5 writes instead. `matters`
holds, for each quirk that the case is there for, a config without it: a fixture whose logits stay
the same without the quirk would prove nothing, and is refused.
"""

from dataclasses import dataclass, field

VOCABULARY = 72
POSITIONS = 64


@dataclass
class Case:
    name: str
    what: str
    config: dict
    matters: dict = field(default_factory=dict)
    style: str = "published"  # or "new"
    dtype: str = "float32"  # as saved: or "bfloat16", or "mixed" (norms in float32)
    shards: int = 1
    lengths: tuple = (24, 9, 1, 16)
    seed: int = 0

    @property
    def family(self):
        return self.config["model_type"]


def decoder(model_type, heads=4, kv_heads=2, hidden=24, intermediate=40, layers=2, **more):
    return {
        "model_type": model_type,
        "hidden_act": "silu",
        "hidden_size": hidden,
        "intermediate_size": intermediate,
        "num_hidden_layers": layers,
        "num_attention_heads": heads,
        "num_key_value_heads": kv_heads,
        "vocab_size": VOCABULARY,
        "max_position_embeddings": POSITIONS,
        "rms_norm_eps": 1e-5,
        "rope_theta": 10000.0,
        "tie_word_embeddings": False,
        # No special ids: the default ones of some families lie beyond so small a vocabulary.
        "bos_token_id": None, "eos_token_id": None, "pad_token_id": None,
    } | more


def llama3_scaling(original=32, factor=8.0):
    # With rope_theta 100 and heads of 8 the wavelengths are 6, 20, 63, 199: one of each kind.
    return {"factor": factor, "high_freq_factor": 4.0, "low_freq_factor": 1.0,
            "original_max_position_embeddings": original, "rope_type": "llama3"}


def yarn_scaling(key="rope_type", **more):
    return {key: "yarn", "factor": 4.0, "original_max_position_embeddings": 16} | more


def gemma(model_type, **more):
    config = decoder(model_type, head_dim=8, hidden_activation="gelu_pytorch_tanh",
                     query_pre_attn_scalar=12, rms_norm_eps=1e-6, sliding_window=6,
                     attn_logit_softcapping=None, final_logit_softcapping=None,
                     attention_bias=False, tie_word_embeddings=True)
    config.pop("hidden_act")
    return config | more


def seeing(text, **more):
    """A Gemma 3 that also sees, as little as it can. No document holds a picture."""
    vision = {"model_type": "siglip_vision_model", "hidden_size": 4, "intermediate_size": 4,
              "num_hidden_layers": 1, "num_attention_heads": 1, "image_size": 4, "patch_size": 2}
    last = text["vocab_size"] - 1
    return {"model_type": "gemma3", "text_config": text, "vision_config": vision,
            "mm_tokens_per_image": 1, "image_token_index": last, "boi_token_index": last,
            "eoi_token_index": last, "tie_word_embeddings": True} | more


def gpt2(heads=3, width=24, layers=2, **more):
    return {
        "model_type": "gpt2",
        "activation_function": "gelu_new",
        "attn_pdrop": 0.0, "embd_pdrop": 0.0, "resid_pdrop": 0.0,
        "layer_norm_epsilon": 1e-5,
        "n_embd": width,
        "n_head": heads,
        "n_layer": layers,
        "n_positions": POSITIONS,
        "vocab_size": VOCABULARY,
        "bos_token_id": None, "eos_token_id": None,
    } | more


def mixtral(**more):
    return decoder("mixtral", hidden=16, heads=2, kv_heads=1, intermediate=20, head_dim=8,
                   num_local_experts=4, num_experts_per_tok=2, router_aux_loss_coef=0.02,
                   sliding_window=None) | more


def qwen3_moe(**more):
    return decoder("qwen3_moe", hidden=16, heads=2, kv_heads=1, intermediate=24, head_dim=10,
                   attention_bias=False, moe_intermediate_size=12, num_experts=6,
                   num_experts_per_tok=3, norm_topk_prob=True, router_aux_loss_coef=0.001,
                   decoder_sparse_step=1, mlp_only_layers=[], rms_norm_eps=1e-6) | more


def longrope(half):
    return {"type": "longrope", "short_factor": [1.0 + 0.125 * i for i in range(half)],
            "long_factor": [1.5 + 0.75 * i for i in range(half)]}


def phi3(**more):
    return decoder("phi3", original_max_position_embeddings=POSITIONS, sliding_window=None,
                   hidden=32, intermediate=36) | more


def fixed_cases():
    cases = [
        Case("llama2", "multi-head attention, untied",
             decoder("llama", kv_heads=4, rope_scaling=None)),
        Case("llama3", "grouped queries, Llama 3's RoPE scaling",
             decoder("llama", heads=3, kv_heads=1, rope_theta=100.0,
                     rope_scaling=llama3_scaling()),
             {"rope_scaling": None}),
        Case("llama_tied_biased", "tied embeddings, biases in attention and MLP, another eps",
             decoder("llama", tie_word_embeddings=True, attention_bias=True, mlp_bias=True,
                     head_dim=8, rms_norm_eps=0.1),
             {"rms_norm_eps": 1e-5}, style="new"),
        Case("llama_yarn", "YaRN, with its attention factor",
             decoder("llama", hidden=32, heads=2, kv_heads=1, rope_scaling=yarn_scaling(),
                     intermediate=24),
             {"rope_parameters": {"rope_type": "default", "rope_theta": 10000.0}}, style="new"),
        Case("llama_linear_sharded", "linear RoPE scaling, saved in bfloat16 in several files",
             decoder("llama", rope_scaling={"type": "linear", "factor": 3.0}),
             {"rope_scaling": None}, dtype="bfloat16", shards=3),
        Case("mistral", "a window shorter than the text, heads apart from the hidden size",
             decoder("mistral", head_dim=8, sliding_window=7), {"sliding_window": None}),
        Case("mistral_whole", "no window", decoder("mistral", sliding_window=None), style="new"),
        Case("qwen2", "biases of q, k and v; a window that is switched off",
             decoder("qwen2", rms_norm_eps=1e-6, sliding_window=5, use_sliding_window=False,
                     max_window_layers=1)),
        Case("qwen2_yarn", "tied, YaRN as Qwen's pages write it",
             decoder("qwen2", hidden=32, heads=2, kv_heads=1, tie_word_embeddings=True,
                     intermediate=24, sliding_window=POSITIONS, use_sliding_window=False,
                     rope_scaling=yarn_scaling("type")),
             {"rope_scaling": None}),
        Case("qwen2_windows", "a window in the upper layers only",
             decoder("qwen2", hidden=16, layers=4, heads=2, kv_heads=1, intermediate=24,
                     sliding_window=5, use_sliding_window=True, max_window_layers=2),
             {"use_sliding_window": False, "max_window_layers": 0}),
        Case("qwen3", "q and k norm, heads apart from the hidden size",
             decoder("qwen3", head_dim=10, rope_theta=1000000.0, rms_norm_eps=1e-6,
                     attention_bias=False)),
        Case("qwen3_tied_mixed", "tied; norms saved in float32, the rest in bfloat16",
             decoder("qwen3", head_dim=8, tie_word_embeddings=True, attention_bias=True),
             style="new", dtype="mixed"),
        Case("olmo2", "norms after, q and k norm over the whole projection",
             decoder("olmo2", kv_heads=4, attention_bias=False)),
        Case("olmo2_grouped", "the same with grouped queries",
             decoder("olmo2", attention_bias=False, rms_norm_eps=1e-6), style="new"),
        Case("gemma2", "soft-capping, alternating windows, four norms, scaled embeddings",
             gemma("gemma2", num_hidden_layers=3, attn_logit_softcapping=2.0,
                   final_logit_softcapping=3.0),
             {"attn_logit_softcapping": None, "final_logit_softcapping": None,
              "sliding_window": POSITIONS, "query_pre_attn_scalar": 8,
              "hidden_activation": "silu"}),
        Case("gemma2_new", "as transformers 5 writes it, wide heads",
             gemma("gemma2", head_dim=10, query_pre_attn_scalar=24, attn_logit_softcapping=4.0,
                   final_logit_softcapping=5.0, num_key_value_heads=1), style="new",
             dtype="bfloat16"),
        Case("gemma3", "five windows to one whole layer, two RoPE bases, the global one scaled",
             gemma("gemma3_text", hidden_size=16, num_attention_heads=2, num_key_value_heads=1,
                   intermediate_size=20, num_hidden_layers=7, sliding_window=5,
                   sliding_window_pattern=6, rope_theta=1000.0, rope_local_base_freq=50.0,
                   rope_scaling={"factor": 8.0, "rope_type": "linear"}),
             {"rope_scaling": None, "sliding_window": POSITIONS, "rope_local_base_freq": 1000.0,
              "sliding_window_pattern": 4}),
        Case("gemma3_new", "as transformers 5 writes it, another pattern",
             gemma("gemma3_text", num_hidden_layers=3, sliding_window=4,
                   sliding_window_pattern=2, rope_theta=1000.0, rope_local_base_freq=100.0),
             style="new"),
        Case("phi3", "fused projections, grouped queries, a window",
             phi3(sliding_window=7), {"sliding_window": None}),
        Case("phi3_longrope", "LongRoPE on texts within the trained length",
             phi3(original_max_position_embeddings=48, max_position_embeddings=96,
                  rope_scaling=longrope(4)),
             {"rope_scaling": None}),
        Case("phi3_longrope_partial", "LongRoPE beyond the trained length, on a part of a head",
             phi3(original_max_position_embeddings=8, partial_rotary_factor=0.75,
                  rope_scaling=longrope(3)),
             {"rope_parameters": {"rope_type": "default", "rope_theta": 10000.0,
                                  "partial_rotary_factor": 0.75}}, lengths=(24, 9, 11, 16), style="new"),
        Case("gpt2", "learned positions, LayerNorm, Conv1D", gpt2(), style="new"),
        Case("gpt2_published", "tensors named as OpenAI's checkpoint has them, masks included",
             gpt2(n_inner=40, n_positions=24, n_ctx=24, layer_norm_epsilon=0.01),
             {"layer_norm_epsilon": 1e-5}),
        Case("mixtral", "two of four experts, the load-balancing loss", mixtral()),
        Case("mixtral_window", "a window; saved in bfloat16 as transformers 5 does",
             mixtral(sliding_window=6, num_local_experts=5), {"sliding_window": None},
             style="new", dtype="bfloat16"),
        Case("qwen3_moe", "three of six experts, their weights normed",
             qwen3_moe(), {"norm_topk_prob": False}),
        Case("qwen3_moe_sparse_step", "experts in some layers only, their weights as they are",
             qwen3_moe(num_hidden_layers=4, decoder_sparse_step=2, mlp_only_layers=[1],
                       norm_topk_prob=False, tie_word_embeddings=True, num_experts=4,
                       num_experts_per_tok=2),
             {"norm_topk_prob": True}, style="new"),
        Case("gemma3_vision", "the text part of a model that also sees, its config in a table",
             seeing(gemma("gemma3_text", num_hidden_layers=3, sliding_window=4,
                          sliding_window_pattern=2, rope_theta=1000.0, rope_local_base_freq=100.0,
                          rope_scaling={"factor": 8.0, "rope_type": "linear"})),
             dtype="bfloat16"),
        Case("gemma3_vision_new", "as transformers 5 writes it, tensors named as transformers 4 did",
             seeing(gemma("gemma3_text", hidden_size=16, num_hidden_layers=2, sliding_window=5,
                          sliding_window_pattern=2, tie_word_embeddings=True),
                    tie_word_embeddings=False),
             style="new"),
    ]
    for number, case in enumerate(cases):
        case.seed = 1000 + 100 * number
    return cases


# --- fresh ones

def draw_heads(random):
    kv_heads = random.choice([1, 2, 3])
    return kv_heads * random.choice([1, 2, 4]), kv_heads


def wide_enough(hidden):
    """A norm over four numbers magnifies rounding: past 1e-4 now and then, whoever computes it."""
    return hidden * -(-12 // hidden)


def draw_decoder(random, model_type, own_head_dim=True, heads_of=None, **more):
    heads, kv_heads = heads_of or draw_heads(random)
    head_dim = random.choice([4, 6, 8, 16])
    hidden = wide_enough(heads * head_dim)
    config = decoder(model_type, heads, kv_heads, hidden, random.randrange(8, 70),
                     random.choice([1, 2, 3]), rms_norm_eps=random.choice([1e-6, 1e-5, 1e-3]),
                     rope_theta=random.choice([50.0, 10000.0, 500000.0]),
                     tie_word_embeddings=random.random() < 0.5,
                     vocab_size=random.randrange(40, 130))
    if own_head_dim and random.random() < 0.5:
        config["head_dim"] = random.choice([4, 6, 8, 10, 16])
    return config | more


def draw_scaling(random, kinds):
    kind = random.choice(kinds)
    if kind == "llama3":
        return llama3_scaling(random.choice([16, 32, 64]), random.choice([2.0, 8.0, 32.0]))
    if kind == "yarn":
        more = random.choice([{}, {"attention_factor": 1.2}, {"beta_fast": 16.0, "beta_slow": 2.0}])
        return yarn_scaling(factor=random.choice([2.0, 4.0, 16.0]), **more)
    if kind == "linear":
        return {"rope_type": "linear", "factor": random.choice([2.0, 8.0])}
    return None


def draw_window(random):
    # Not 1: a token that sees itself alone leaves q and k without a gradient to compare.
    return random.choice([None, 2, 3, 5, 8, 13, 200])


def draw_llama(random):
    return draw_decoder(random, "llama", attention_bias=random.random() < 0.3,
                        mlp_bias=random.random() < 0.3,
                        rope_scaling=draw_scaling(random, [None, "llama3", "yarn", "linear"]))


def draw_mistral(random):
    return draw_decoder(random, "mistral", sliding_window=draw_window(random))


def draw_qwen(random, model_type, **more):
    config = draw_decoder(random, model_type, own_head_dim=model_type != "qwen2",
                          rope_scaling=draw_scaling(random, [None, "yarn"]), **more)
    window = draw_window(random)
    return config | {"sliding_window": window or 32, "use_sliding_window": window is not None,
                     "max_window_layers": random.choice([0, 1, 2])}


def draw_olmo2(random):
    return draw_decoder(random, "olmo2", own_head_dim=False, attention_bias=False)


def draw_gemma(random, model_type, **more):
    heads, kv_heads = draw_heads(random)
    return gemma(model_type, num_attention_heads=heads, num_key_value_heads=kv_heads,
                 hidden_size=wide_enough(heads * random.choice([4, 6, 8])),
                 intermediate_size=random.randrange(8, 70),
                 head_dim=random.choice([4, 6, 8, 10]),
                 query_pre_attn_scalar=random.choice([4, 8, 24]),
                 rope_theta=random.choice([50.0, 10000.0]),
                 sliding_window=draw_window(random) or 32,
                 vocab_size=random.randrange(40, 130),
                 num_hidden_layers=random.choice([1, 2, 3, 4]),
                 attn_logit_softcapping=random.choice([None, 1.5, 5.0, 50.0]),
                 final_logit_softcapping=random.choice([None, 1.5, 5.0, 30.0]), **more)


def draw_gemma2(random):
    return draw_gemma(random, "gemma2")


def draw_gemma3(random):
    config = draw_gemma(random, "gemma3_text", sliding_window_pattern=random.choice([2, 3, 6]),
                        rope_local_base_freq=random.choice([20.0, 10000.0]),
                        rope_scaling=draw_scaling(random, [None, "linear"]))
    return config | {"num_hidden_layers": random.choice([2, 3, 7]),
                     "attn_logit_softcapping": None, "final_logit_softcapping": None}


def draw_seeing_gemma3(random):
    return seeing(draw_gemma3(random), tie_word_embeddings=random.random() < 0.5)


def draw_phi3(random):
    config = draw_decoder(random, "phi3", own_head_dim=False, sliding_window=draw_window(random),
                          original_max_position_embeddings=POSITIONS)
    head_dim = config["hidden_size"] // config["num_attention_heads"]
    if head_dim % 8 == 0 and random.random() < 0.6:
        config["partial_rotary_factor"] = random.choice([0.5, 0.75])
    if random.random() < 0.5:
        half = int(head_dim * config.get("partial_rotary_factor", 1.0)) // 2
        config["rope_scaling"] = longrope(half)
        config["max_position_embeddings"] = random.choice([2, 8]) * POSITIONS
    return config


def draw_gpt2(random):
    heads = random.choice([1, 2, 3])
    return gpt2(heads, wide_enough(heads * random.choice([4, 8, 10])), random.choice([1, 2, 3]),
                n_inner=random.choice([None, 17]), vocab_size=random.randrange(40, 130),
                layer_norm_epsilon=random.choice([1e-5, 1e-3]))


def draw_mixtral(random):
    experts = random.choice([3, 4, 7])
    return draw_decoder(random, "mixtral", sliding_window=draw_window(random),
                        num_local_experts=experts,
                        num_experts_per_tok=random.randrange(2, experts),
                        router_aux_loss_coef=0.02)


def draw_qwen3_moe(random):
    layers = random.choice([1, 2, 4])
    config = draw_qwen(random, "qwen3_moe", attention_bias=random.random() < 0.3)
    chosen = random.choice([1, 2, 3])
    return config | {"num_hidden_layers": layers,
                     "moe_intermediate_size": random.randrange(4, 30),
                     "num_experts": random.choice([4, 7]),
                     "num_experts_per_tok": chosen,
                     # One expert whose weight is normed to 1 leaves its router without gradient.
                     "norm_topk_prob": chosen > 1 and random.random() < 0.5,
                     "decoder_sparse_step": random.choice([1, 1, 2]) if layers > 1 else 1,
                     "mlp_only_layers": random.choice([[], [0]]) if layers > 1 else [],
                     "router_aux_loss_coef": 0.001}


DRAW = {
    "llama": draw_llama,
    "mistral": draw_mistral,
    "qwen2": lambda random: draw_qwen(random, "qwen2"),
    "qwen3": lambda random: draw_qwen(random, "qwen3", attention_bias=random.random() < 0.3),
    "olmo2": draw_olmo2,
    "gemma2": draw_gemma2,
    "gemma3_text": draw_gemma3,
    "gemma3": draw_seeing_gemma3,
    "phi3": draw_phi3,
    "gpt2": draw_gpt2,
    "mixtral": draw_mixtral,
    "qwen3_moe": draw_qwen3_moe,
}


def fresh_case(family, random, number):
    lengths = [random.randrange(1, 40) for _ in range(random.randrange(1, 6))]
    lengths[random.randrange(len(lengths))] = random.randrange(6, 40)  # one with a few targets
    return Case(f"{family}_{number}", "drawn", DRAW[family](random), {},
                random.choice(["published", "new"]),
                random.choice(["float32", "float32", "bfloat16", "mixed"]),
                random.choice([1, 1, 2]), tuple(lengths), random.randrange(1 << 31))
