"""Published architectures: their config.json as it was published, and what a model of it counts.

Only what shapes the model is kept of a config (no token ids, no dropout, no dtype). `published` is
the count that the model's own page gives, where it gives an exact one: it is written here from
there, and a config that leads to another count is refused.
"""

import json

LLAMA3_SCALING = {
    "factor": 8.0,
    "high_freq_factor": 4.0,
    "low_freq_factor": 1.0,
    "original_max_position_embeddings": 8192,
    "rope_type": "llama3",
}


def llama(hidden, intermediate, layers, heads, kv_heads, vocab, positions, theta=10000.0, **more):
    return {
        "model_type": "llama",
        "hidden_act": "silu",
        "hidden_size": hidden,
        "intermediate_size": intermediate,
        "num_hidden_layers": layers,
        "num_attention_heads": heads,
        "num_key_value_heads": kv_heads,
        "vocab_size": vocab,
        "max_position_embeddings": positions,
        "rms_norm_eps": 1e-5,
        "rope_theta": theta,
        "rope_scaling": None,
        "attention_bias": False,
        "mlp_bias": False,
        "tie_word_embeddings": False,
    } | more


def llama2(*shape):
    return llama(*shape, vocab=32000, positions=4096)


def llama3(*shape):
    return llama(*shape, vocab=128256, positions=8192, theta=500000.0)


def llama3_1(*shape, factor=8.0, **more):
    scaling = LLAMA3_SCALING | {"factor": factor}
    return llama(*shape, vocab=128256, positions=131072, theta=500000.0, rope_scaling=scaling,
                 **more)


def mistral(vocab, theta, window, **more):
    return {
        "model_type": "mistral",
        "hidden_act": "silu",
        "hidden_size": 4096,
        "intermediate_size": 14336,
        "num_hidden_layers": 32,
        "num_attention_heads": 32,
        "num_key_value_heads": 8,
        "vocab_size": vocab,
        "max_position_embeddings": 32768,
        "rms_norm_eps": 1e-5,
        "rope_theta": theta,
        "sliding_window": window,
        "tie_word_embeddings": False,
    } | more


def mixtral(hidden, intermediate, layers, heads, vocab, positions, aux):
    return mistral(
        vocab, 1000000.0, None, model_type="mixtral", hidden_size=hidden,
        intermediate_size=intermediate, num_hidden_layers=layers, num_attention_heads=heads,
        max_position_embeddings=positions, num_local_experts=8, num_experts_per_tok=2,
        router_aux_loss_coef=aux)


def qwen2_5(hidden, intermediate, layers, heads, kv_heads, vocab, positions, eps=1e-6, tie=False):
    return {
        "model_type": "qwen2",
        "hidden_act": "silu",
        "hidden_size": hidden,
        "intermediate_size": intermediate,
        "num_hidden_layers": layers,
        "num_attention_heads": heads,
        "num_key_value_heads": kv_heads,
        "vocab_size": vocab,
        "max_position_embeddings": positions,
        "max_window_layers": layers,
        "rms_norm_eps": eps,
        "rope_theta": 1000000.0,
        "sliding_window": positions,
        "use_sliding_window": False,
        "tie_word_embeddings": tie,
    }


def qwen3(hidden, intermediate, layers, heads, kv_heads, tie=False, **more):
    return {
        "model_type": "qwen3",
        "attention_bias": False,
        "head_dim": 128,
        "hidden_act": "silu",
        "hidden_size": hidden,
        "intermediate_size": intermediate,
        "num_hidden_layers": layers,
        "num_attention_heads": heads,
        "num_key_value_heads": kv_heads,
        "vocab_size": 151936,
        "max_position_embeddings": 40960,
        "rms_norm_eps": 1e-6,
        "rope_theta": 1000000.0,
        "rope_scaling": None,
        "sliding_window": None,
        "use_sliding_window": False,
        "tie_word_embeddings": tie,
    } | more


def qwen3_moe(hidden, intermediate, layers, heads, moe_intermediate):
    return qwen3(
        hidden, intermediate, layers, heads, 4, model_type="qwen3_moe", decoder_sparse_step=1,
        mlp_only_layers=[], moe_intermediate_size=moe_intermediate, norm_topk_prob=True,
        num_experts=128, num_experts_per_tok=8, router_aux_loss_coef=0.001)


def olmo2(hidden, intermediate, layers, heads, kv_heads):
    return {
        "model_type": "olmo2",
        "attention_bias": False,
        "hidden_act": "silu",
        "hidden_size": hidden,
        "intermediate_size": intermediate,
        "num_hidden_layers": layers,
        "num_attention_heads": heads,
        "num_key_value_heads": kv_heads,
        "vocab_size": 100352,
        "max_position_embeddings": 4096,
        "rms_norm_eps": 1e-6,
        "rope_theta": 500000.0,
        "rope_scaling": None,
        "tie_word_embeddings": False,
    }


def gemma2(hidden, intermediate, layers, heads, kv_heads, head_dim, scalar):
    return {
        "model_type": "gemma2",
        "attention_bias": False,
        "attn_logit_softcapping": 50.0,
        "final_logit_softcapping": 30.0,
        "head_dim": head_dim,
        "hidden_activation": "gelu_pytorch_tanh",
        "hidden_size": hidden,
        "intermediate_size": intermediate,
        "num_hidden_layers": layers,
        "num_attention_heads": heads,
        "num_key_value_heads": kv_heads,
        "query_pre_attn_scalar": scalar,
        "vocab_size": 256000,
        "max_position_embeddings": 8192,
        "rms_norm_eps": 1e-6,
        "rope_theta": 10000.0,
        "sliding_window": 4096,
        "tie_word_embeddings": True,
    }


def gemma3(hidden, intermediate, layers, heads, kv_heads, head_dim, window, scalar,
           vocab=262208, positions=131072, scaling=True):
    return {
        "model_type": "gemma3_text",
        "attention_bias": False,
        "attn_logit_softcapping": None,
        "final_logit_softcapping": None,
        "head_dim": head_dim,
        "hidden_activation": "gelu_pytorch_tanh",
        "hidden_size": hidden,
        "intermediate_size": intermediate,
        "num_hidden_layers": layers,
        "num_attention_heads": heads,
        "num_key_value_heads": kv_heads,
        "query_pre_attn_scalar": scalar,
        "vocab_size": vocab,
        "max_position_embeddings": positions,
        "rms_norm_eps": 1e-6,
        "rope_theta": 1000000.0,
        "rope_local_base_freq": 10000.0,
        "rope_scaling": {"factor": 8.0, "rope_type": "linear"} if scaling else None,
        "sliding_window": window,
        "sliding_window_pattern": 6,
        "tie_word_embeddings": True,
    }


def phi3(hidden, intermediate, layers, heads, kv_heads, vocab=32064, positions=4096, theta=10000.0,
         window=2047):
    return {
        "model_type": "phi3",
        "hidden_act": "silu",
        "hidden_size": hidden,
        "intermediate_size": intermediate,
        "num_hidden_layers": layers,
        "num_attention_heads": heads,
        "num_key_value_heads": kv_heads,
        "vocab_size": vocab,
        "max_position_embeddings": positions,
        "original_max_position_embeddings": positions,
        "rms_norm_eps": 1e-5,
        "rope_theta": theta,
        "rope_scaling": None,
        "sliding_window": window,
        "tie_word_embeddings": False,
    }


def gpt2(width, layers, heads):
    return {
        "model_type": "gpt2",
        "activation_function": "gelu_new",
        "layer_norm_epsilon": 1e-5,
        "n_ctx": 1024,
        "n_embd": width,
        "n_head": heads,
        "n_layer": layers,
        "n_positions": 1024,
        "vocab_size": 50257,
        "tie_word_embeddings": True,
    }


# name: (the model it is, its config, the exact count that its page gives or None)
PUBLISHED = {
    "llama2_7b": ("meta-llama/Llama-2-7b-hf", llama2(4096, 11008, 32, 32, 32), 6738415616),
    "llama2_13b": ("meta-llama/Llama-2-13b-hf", llama2(5120, 13824, 40, 40, 40), 13015864320),
    "llama2_70b": ("meta-llama/Llama-2-70b-hf", llama2(8192, 28672, 80, 64, 8), 68976648192),
    "llama3_8b": ("meta-llama/Meta-Llama-3-8B", llama3(4096, 14336, 32, 32, 8), 8030261248),
    "llama3_70b": ("meta-llama/Meta-Llama-3-70B", llama3(8192, 28672, 80, 64, 8), 70553706496),
    "llama3_1_8b": ("meta-llama/Llama-3.1-8B", llama3_1(4096, 14336, 32, 32, 8), 8030261248),
    "llama3_1_70b": ("meta-llama/Llama-3.1-70B", llama3_1(8192, 28672, 80, 64, 8), 70553706496),
    "llama3_1_405b": ("meta-llama/Llama-3.1-405B", llama3_1(16384, 53248, 126, 128, 8),
                      405853388800),
    "llama3_2_1b": ("meta-llama/Llama-3.2-1B",
                    llama3_1(2048, 8192, 16, 32, 8, factor=32.0, head_dim=64,
                             tie_word_embeddings=True), 1235814400),
    "llama3_2_3b": ("meta-llama/Llama-3.2-3B",
                    llama3_1(3072, 8192, 28, 24, 8, factor=32.0, head_dim=128,
                             tie_word_embeddings=True), 3212749824),
    "llama3_3_70b": ("meta-llama/Llama-3.3-70B-Instruct", llama3_1(8192, 28672, 80, 64, 8),
                     70553706496),
    "tinyllama_1_1b": ("TinyLlama/TinyLlama-1.1B-intermediate-step-1431k-3T",
                       llama(2048, 5632, 22, 32, 4, 32000, 2048), 1100048384),
    "smollm2_135m": ("HuggingFaceTB/SmolLM2-135M",
                     llama(576, 1536, 30, 9, 3, 49152, 8192, 100000.0, tie_word_embeddings=True),
                     134515008),
    "smollm2_360m": ("HuggingFaceTB/SmolLM2-360M",
                     llama(960, 2560, 32, 15, 5, 49152, 8192, 100000.0, tie_word_embeddings=True),
                     361821120),
    "smollm2_1_7b": ("HuggingFaceTB/SmolLM2-1.7B",
                     llama(2048, 8192, 24, 32, 32, 49152, 8192, 130000.0,
                           tie_word_embeddings=True), 1711376384),
    "mistral_7b_v0_1": ("mistralai/Mistral-7B-v0.1", mistral(32000, 10000.0, 4096), 7241732096),
    "mistral_7b_v0_2": ("mistralai/Mistral-7B-Instruct-v0.2", mistral(32000, 1000000.0, None),
                        7241732096),
    "mistral_7b_v0_3": ("mistralai/Mistral-7B-v0.3", mistral(32768, 1000000.0, None), 7248023552),
    "mixtral_8x7b": ("mistralai/Mixtral-8x7B-v0.1",
                     mixtral(4096, 14336, 32, 32, 32000, 32768, 0.02), 46702792704),
    "mixtral_8x22b": ("mistral-community/Mixtral-8x22B-v0.1",
                      mixtral(6144, 16384, 56, 48, 32000, 65536, 0.001), 140620634112),
    "qwen2_5_0_5b": ("Qwen/Qwen2.5-0.5B",
                     qwen2_5(896, 4864, 24, 14, 2, 151936, 32768, tie=True), 494032768),
    "qwen2_5_1_5b": ("Qwen/Qwen2.5-1.5B",
                     qwen2_5(1536, 8960, 28, 12, 2, 151936, 131072, tie=True), 1543714304),
    "qwen2_5_3b": ("Qwen/Qwen2.5-3B",
                   qwen2_5(2048, 11008, 36, 16, 2, 151936, 32768, tie=True), 3085938688),
    "qwen2_5_7b": ("Qwen/Qwen2.5-7B", qwen2_5(3584, 18944, 28, 28, 4, 152064, 131072), 7615616512),
    "qwen2_5_14b": ("Qwen/Qwen2.5-14B",
                    qwen2_5(5120, 13824, 48, 40, 8, 152064, 131072, eps=1e-5), 14770033664),
    "qwen2_5_32b": ("Qwen/Qwen2.5-32B",
                    qwen2_5(5120, 27648, 64, 40, 8, 152064, 131072, eps=1e-5), 32763876352),
    "qwen2_5_72b": ("Qwen/Qwen2.5-72B",
                    qwen2_5(8192, 29568, 80, 64, 8, 152064, 131072, eps=1e-5), 72706203648),
    "qwen3_0_6b": ("Qwen/Qwen3-0.6B", qwen3(1024, 3072, 28, 16, 8, tie=True), 596049920),
    "qwen3_1_7b": ("Qwen/Qwen3-1.7B", qwen3(2048, 6144, 28, 16, 8, tie=True), 1720574976),
    "qwen3_4b": ("Qwen/Qwen3-4B", qwen3(2560, 9728, 36, 32, 8, tie=True), 4022468096),
    "qwen3_8b": ("Qwen/Qwen3-8B", qwen3(4096, 12288, 36, 32, 8), 8190735360),
    "qwen3_14b": ("Qwen/Qwen3-14B", qwen3(5120, 17408, 40, 40, 8), 14768307200),
    "qwen3_32b": ("Qwen/Qwen3-32B", qwen3(5120, 25600, 64, 64, 8), 32762123264),
    "qwen3_30b_a3b": ("Qwen/Qwen3-30B-A3B", qwen3_moe(2048, 6144, 48, 32, 768), 30532122624),
    "qwen3_235b_a22b": ("Qwen/Qwen3-235B-A22B", qwen3_moe(4096, 12288, 94, 64, 1536),
                        235093634560),
    "olmo2_1b": ("allenai/OLMo-2-0425-1B", olmo2(2048, 8192, 16, 16, 16), 1484916736),
    "olmo2_7b": ("allenai/OLMo-2-1124-7B", olmo2(4096, 11008, 32, 32, 32), 7298617344),
    "olmo2_13b": ("allenai/OLMo-2-1124-13B", olmo2(5120, 13824, 40, 40, 40), 13716198400),
    "olmo2_32b": ("allenai/OLMo-2-0325-32B", olmo2(5120, 27648, 64, 40, 8), 32234279936),
    "gemma2_2b": ("google/gemma-2-2b", gemma2(2304, 9216, 26, 8, 4, 256, 256), 2614341888),
    "gemma2_9b": ("google/gemma-2-9b", gemma2(3584, 14336, 42, 16, 8, 256, 256), 9241705984),
    "gemma2_27b": ("google/gemma-2-27b", gemma2(4608, 36864, 46, 32, 16, 128, 144), 27227128320),
    "gemma3_270m": ("google/gemma-3-270m",
                    gemma3(640, 2048, 18, 4, 1, 256, 512, 256, 262144, 32768, False), 268098176),
    "gemma3_1b": ("google/gemma-3-1b-pt",
                  gemma3(1152, 6912, 26, 4, 1, 256, 512, 256, 262144, 32768, False), 999885952),
    # The text models of the pages that count a vision tower too.
    "gemma3_4b": ("google/gemma-3-4b-pt, text", gemma3(2560, 10240, 34, 8, 4, 256, 1024, 256),
                  None),
    "gemma3_12b": ("google/gemma-3-12b-pt, text", gemma3(3840, 15360, 48, 16, 8, 256, 1024, 256),
                   None),
    "gemma3_27b": ("google/gemma-3-27b-pt, text", gemma3(5376, 21504, 62, 32, 16, 128, 1024, 168),
                   None),
    "phi3_mini_4k": ("microsoft/Phi-3-mini-4k-instruct", phi3(3072, 8192, 32, 32, 32), 3821079552),
    "phi3_medium_4k": ("microsoft/Phi-3-medium-4k-instruct", phi3(5120, 17920, 40, 40, 10),
                       13960238080),
    "phi4": ("microsoft/phi-4",
             phi3(5120, 17920, 40, 40, 10, 100352, 16384, 250000.0, None), 14659507200),
    "gpt2": ("openai-community/gpt2", gpt2(768, 12, 12), 124439808),
    "gpt2_medium": ("openai-community/gpt2-medium", gpt2(1024, 24, 16), 354823168),
    "gpt2_large": ("openai-community/gpt2-large", gpt2(1280, 36, 20), 774030080),
    "gpt2_xl": ("openai-community/gpt2-xl", gpt2(1600, 48, 25), 1557611200),
}


def count(config):
    """The parameters of a model with this config, shared ones counted once."""
    import torch
    from transformers import AutoConfig, AutoModelForCausalLM

    values = dict(config)
    with torch.device("meta"):
        model = AutoModelForCausalLM.from_config(
            AutoConfig.for_model(values.pop("model_type"), **values))
    return sum(parameter.numel() for parameter in model.parameters())


def write(path):
    table = {}
    for name, (source, config, published) in PUBLISHED.items():
        parameters = count(config)
        if published is not None and parameters != published:
            raise SystemExit(f"{name}: its page says {published} parameters, but this config "
                             f"makes {parameters}")
        table[name] = {"source": source, "parameters": parameters, "config": config}
    lines = (f" {json.dumps(name)}: {json.dumps(entry)}" for name, entry in table.items())
    path.write_text("{\n" + ",\n".join(lines) + "\n}\n")
    return len(table)
