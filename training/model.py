"""GLM-4's decoder in torch: what is trained, and the reference its conversion is compared with.

RMSNorm, SwiGLU, grouped KV heads, bias on QKV only, rotary positions on the first half of each head with interleaved
pairs. Parameters map one to one to the published `chatglm` layout (`published_state_dict`).
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from training.recipe import Recipe


def rotate(x: Tensor, cos: Tensor, sin: Tensor) -> Tensor:
    """Apply rotary positions to the first half of the last axis; pairs are neighbours. x: [batch, heads, time,
    head_dim].
    """
    half = x.shape[-1] // 2
    turned, kept = x[..., :half], x[..., half:]
    even, odd = turned[..., 0::2], turned[..., 1::2]
    turned = torch.stack((even * cos - odd * sin, odd * cos + even * sin), dim=-1).flatten(-2)
    return torch.cat((turned, kept), dim=-1)


class Layer(nn.Module):
    def __init__(self, r: Recipe) -> None:
        super().__init__()
        self.heads, self.groups, self.head_dim = r.heads, r.kv_groups, r.head_dim
        self.input_norm = nn.RMSNorm(r.hidden, eps=r.norm_eps)
        self.query = nn.Linear(r.hidden, r.heads * r.head_dim)
        self.key = nn.Linear(r.hidden, r.kv_groups * r.head_dim)
        self.value = nn.Linear(r.hidden, r.kv_groups * r.head_dim)
        self.dense = nn.Linear(r.heads * r.head_dim, r.hidden, bias=False)
        self.post_norm = nn.RMSNorm(r.hidden, eps=r.norm_eps)
        self.gate = nn.Linear(r.hidden, r.ffn, bias=False)
        self.up = nn.Linear(r.hidden, r.ffn, bias=False)
        self.down = nn.Linear(r.ffn, r.hidden, bias=False)

    def forward(self, x: Tensor, cos: Tensor, sin: Tensor) -> Tensor:
        batch, time, _ = x.shape
        h = self.input_norm(x)
        q = self.query(h).view(batch, time, self.heads, self.head_dim).transpose(1, 2)
        k = self.key(h).view(batch, time, self.groups, self.head_dim).transpose(1, 2)
        v = self.value(h).view(batch, time, self.groups, self.head_dim).transpose(1, 2)
        q, k = rotate(q, cos, sin), rotate(k, cos, sin)
        repeat = self.heads // self.groups
        k, v = k.repeat_interleave(repeat, 1), v.repeat_interleave(repeat, 1)
        attended = F.scaled_dot_product_attention(q, k.to(q.dtype), v.to(q.dtype), is_causal=True)
        x = x + self.dense(attended.transpose(1, 2).reshape(batch, time, -1))
        h = self.post_norm(x)
        return x + self.down(F.silu(self.gate(h)) * self.up(h))


class Glm(nn.Module):
    def __init__(self, r: Recipe) -> None:
        super().__init__()
        self.recipe = r
        self.embedding = nn.Embedding(r.vocab, r.hidden)
        self.layers = nn.ModuleList(Layer(r) for _ in range(r.layers))
        self.final_norm = nn.RMSNorm(r.hidden, eps=r.norm_eps)
        for name, parameter in self.named_parameters():
            if parameter.ndim == 2:
                residual = name.endswith(("dense.weight", "down.weight"))
                nn.init.normal_(parameter, std=0.02 / (2 * r.layers) ** 0.5 if residual else 0.02)
            elif name.endswith("bias"):
                nn.init.zeros_(parameter)

    def forward(self, tokens: Tensor) -> Tensor:
        """tokens: [batch, time] -> logits: [batch, time, vocab], in the embedding's type. The head is tied."""
        rotary = self.recipe.head_dim // 2
        frequency = self.recipe.rope_base ** -(torch.arange(0, rotary, 2, device=tokens.device).float() / rotary)
        angle = torch.arange(tokens.shape[1], device=tokens.device).float()[:, None] * frequency
        cos, sin = angle.cos(), angle.sin()
        x = self.embedding(tokens)
        for layer in self.layers:
            x = layer(x, cos, sin)
        return F.linear(self.final_norm(x), self.embedding.weight)

    def published_state_dict(self) -> dict[str, Tensor]:
        """Return the weights under the names, and fused as, in a published GLM-4 (`chatglm`) checkpoint."""
        out = {
            "transformer.embedding.word_embeddings.weight": self.embedding.weight,
            "transformer.encoder.final_layernorm.weight": self.final_norm.weight,
        }
        for i, layer in enumerate(self.layers):
            assert isinstance(layer, Layer)
            p = f"transformer.encoder.layers.{i}."
            qkv = (layer.query, layer.key, layer.value)
            out[p + "input_layernorm.weight"] = layer.input_norm.weight
            out[p + "self_attention.query_key_value.weight"] = torch.cat([m.weight for m in qkv])
            out[p + "self_attention.query_key_value.bias"] = torch.cat([m.bias for m in qkv])
            out[p + "self_attention.dense.weight"] = layer.dense.weight
            out[p + "post_attention_layernorm.weight"] = layer.post_norm.weight
            out[p + "mlp.dense_h_to_4h.weight"] = torch.cat([layer.gate.weight, layer.up.weight])
            out[p + "mlp.dense_4h_to_h.weight"] = layer.down.weight
        return {name: tensor.detach().float().clone() for name, tensor in out.items()}

    def published_config(self) -> dict[str, object]:
        r = self.recipe
        return {
            "model_type": "chatglm", "num_layers": r.layers, "hidden_size": r.hidden, "num_attention_heads": r.heads,
            "multi_query_attention": True, "multi_query_group_num": r.kv_groups, "kv_channels": r.head_dim,
            "ffn_hidden_size": r.ffn, "padded_vocab_size": r.vocab, "rmsnorm": True, "post_layer_norm": True,
            "layernorm_epsilon": r.norm_eps, "rope_ratio": r.rope_base / 10_000, "seq_length": r.long_context,
            "add_qkv_bias": True, "add_bias_linear": False, "apply_residual_connection_post_layernorm": False,
            "tie_word_embeddings": True, "eos_token_id": 0, "pad_token_id": 0,
        }  # fmt: skip
