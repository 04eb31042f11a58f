"""One row of weights at a time, in float64, for matrices too long to be worked whole.

Written from the formulas alone and short of any speed: nothing here is shared with the library,
nor with the references for small sizes. A spec is the JSON that the library is given.
"""

import math
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tests.core.plain_masks import Allowed, Positions, Spec, allowed

Numbers = NDArray[np.float64]


class PlainRows:
    """The weights of long inputs, row by row.

    Args:
        spec: What the library is given, with every matrix of numbers spelled out.
        query: ``[score head, query, dim]``, of any float type.
        key: ``[key head, key, dim]``.
    """

    def __init__(self, spec: Spec, query: NDArray[Any], key: NDArray[Any]) -> None:
        self.spec = spec
        self.query: Numbers = query.astype(np.float64)
        self.key: Numbers = key.astype(np.float64)
        position = _part(spec, "position", "none")
        if position["kind"] == "rope":
            self.query, self.key = _turned(self.query), _turned(self.key)
        self.n_queries, self.n_keys = self.query.shape[1], self.key.shape[1]

    def weights(self, head: int, i: int) -> Numbers:
        """Work the weights of query ``i`` for all keys; zero where none may be attended to."""
        heads = _part(self.spec, "heads", "mha")
        match heads["kind"]:
            case "talking_heads":
                scores = np.stack([self.scores(h, i) for h in range(len(self.query))])
                mixed = np.array(heads["premix"]) @ scores
                made = np.stack([self._normal(h, i, mixed[h]) for h in range(len(mixed))])
                found: Numbers = np.array(heads["postmix"])[head] @ made
                return found
            case "differential":
                first, second = (
                    self._normal(h, i, self.scores(h, i)) for h in (2 * head, 2 * head + 1)
                )
                return first - _lambda(heads) * second
            case "mha" | "gqa" | "mqa" | "mla":
                return self._normal(head, i, self.scores(head, i))
            case unknown:
                raise NotImplementedError(unknown)

    def scores(self, head: int, i: int) -> Numbers:
        """Work the scores of query ``i``, capped and with the bias of positions, unmasked."""
        q, keys = self.query[head, i], self.key[self._key_head(head)]
        if _part(self.spec, "normalizer", "softmax")["kind"] == "linear":
            phi = FEATURES[self.spec["normalizer"].get("feature_map", "elu1")]
            product: Numbers = phi(keys) @ phi(q)
            return product
        score, heads = _part(self.spec, "score", "scaled_dot"), _part(self.spec, "heads", "mha")
        dim = len(q)
        if heads["kind"] == "mla":
            dim = heads["qk_nope_head_dim"] + heads["qk_rope_head_dim"]
        found = SCORES[score["kind"]](score, q, keys, dim)
        if (cap := self.spec.get("softcap")) is not None:
            found = cap * np.tanh(found / cap)
        bias = POSITIONS[(position := _part(self.spec, "position", "none"))["kind"]]
        return found + bias(position, head, i, np.arange(self.n_keys))

    def allowed(self, i: int) -> Allowed:
        """Tell which keys query ``i`` may attend to: those that every mask allows."""
        found = np.ones(self.n_keys, dtype=np.bool_)
        for mask in self.spec.get("mask", []):
            found &= allowed(mask, i, self.n_queries, self.n_keys)
        return found

    def _normal(self, head: int, i: int, scores: Numbers) -> Numbers:
        normalizer = _part(self.spec, "normalizer", "softmax")
        weights, may = np.zeros(self.n_keys), self.allowed(i)
        if may.any():
            kept = scores[may]
            if normalizer["kind"] != "linear":
                kept = kept / normalizer.get("temperature", 1.0)
            weights[may] = NORMALIZERS[normalizer["kind"]](normalizer, kept, self.n_keys, head)
        return weights

    def _key_head(self, head: int) -> int:
        return head // (len(self.query) // len(self.key))


def _part(spec: Spec, name: str, default: str) -> Spec:
    part: Spec = spec.get(name, {"kind": default})
    return part


def _lambda(heads: Spec) -> float:
    first, second = (
        math.exp(np.dot(heads[f"lambda_q{n}"], heads[f"lambda_k{n}"]))
        if "lambda_q1" in heads
        else 1
        for n in (1, 2)
    )
    start = heads.get("lambda_init")
    if start is None:
        start = 0.8 - 0.6 * math.exp(-0.3 * heads.get("layer", 0))
    return float(first - second + start)


def _turned(vectors: Numbers) -> Numbers:
    """Turn halves (t, t + d/2) by m·10000^(−2t/d), where m counts the tokens."""
    n, dim = vectors.shape[1:]
    angles = np.outer(np.arange(n), 10_000.0 ** (-2 * np.arange(dim // 2) / dim))
    real, imaginary = vectors[..., : dim // 2], vectors[..., dim // 2 :]
    turned = (real + 1j * imaginary) * np.exp(1j * angles)
    return np.concatenate([turned.real, turned.imag], axis=-1)


# Scores: a query and all keys.


def _dot(_: Spec, q: Numbers, keys: Numbers, dim: int) -> Numbers:
    found: Numbers = keys @ q
    return found


def _scaled_dot(score: Spec, q: Numbers, keys: Numbers, dim: int) -> Numbers:
    scale = score.get("scale")
    found: Numbers = keys @ q * (1 / math.sqrt(dim) if scale is None else scale)
    return found


def _general(score: Spec, q: Numbers, keys: Numbers, dim: int) -> Numbers:
    found: Numbers = (keys @ np.array(score["weight"]).T + np.array(score["bias"])) @ q
    return found


def _additive(score: Spec, q: Numbers, keys: Numbers, dim: int) -> Numbers:
    asks, answers = (np.array(score[name]) for name in ("weight_query", "weight_key"))
    hidden = np.tanh(asks @ q + keys @ answers.T + np.array(score["bias"]))
    found: Numbers = hidden @ np.array(score["v"])
    return found


def _cosine(score: Spec, q: Numbers, keys: Numbers, dim: int) -> Numbers:
    lengths = np.linalg.norm(keys, axis=1) * np.linalg.norm(q)
    found: Numbers = score["scale"] * (keys @ q) / lengths
    return found


def _rbf(score: Spec, q: Numbers, keys: Numbers, dim: int) -> Numbers:
    found: Numbers = -score["gamma"] * ((keys - q) ** 2).sum(axis=1)
    return found


SCORES: dict[str, Callable[[Spec, Numbers, Numbers, int], Numbers]] = {
    "dot": _dot,
    "scaled_dot": _scaled_dot,
    "general": _general,
    "additive": _additive,
    "cosine": _cosine,
    "rbf": _rbf,
}


# Positions: what is added to the scores of query i.


def _nothing(_: Spec, head: int, i: int, j: Positions) -> Numbers:
    return np.zeros(len(j))


def _alibi(position: Spec, head: int, i: int, j: Positions) -> Numbers:
    found: Numbers = -position["alibi_slopes"][head] * np.abs(i - j)
    return found


def _adaptive_span(position: Spec, head: int, i: int, j: Positions) -> Numbers:
    span, ramp = position["span"], position["ramp"]
    with np.errstate(divide="ignore"):
        found: Numbers = np.log(np.clip((ramp + span - np.abs(i - j)) / ramp, 0, 1))
    return found


POSITIONS: dict[str, Callable[[Spec, int, int, Positions], Numbers]] = {
    "none": _nothing,
    "rope": _nothing,
    "alibi": _alibi,
    "adaptive_span": _adaptive_span,
}


# Normalisers: the scores that are not masked, over the temperature already; how many keys there
# are in all; and which head of scores it is.


def _softmax(_: Spec, s: Numbers, n_keys: int, head: int) -> Numbers:
    powers = np.exp(s - s.max())
    found: Numbers = powers / powers.sum()
    return found


def _softmax1(_: Spec, s: Numbers, n_keys: int, head: int) -> Numbers:
    return _beside(0.0, s)


def _sink(normalizer: Spec, s: Numbers, n_keys: int, head: int) -> Numbers:
    sink = normalizer["sink"]
    return _beside(sink[head] if isinstance(sink, list) else sink, s)


def _beside(logit: float, s: Numbers) -> Numbers:
    """Share one among the scores and a logit whose share is dropped."""
    return _softmax({}, np.append(s, logit), 0, 0)[:-1]


def _sparsemax(_: Spec, s: Numbers, n_keys: int, head: int) -> Numbers:
    falling = np.sort(s)[::-1]
    sums, counts = np.cumsum(falling), np.arange(1, len(s) + 1)
    support = counts[1 + counts * falling > sums][-1]
    found: Numbers = np.maximum(s - (sums[support - 1] - 1) / support, 0)
    return found


def _entmax15(_: Spec, s: Numbers, n_keys: int, head: int) -> Numbers:
    return _entmax({"alpha": 1.5}, s, n_keys, head)


def _entmax(normalizer: Spec, s: Numbers, n_keys: int, head: int) -> Numbers:
    """Halve the interval that holds the threshold until floats hold nothing between its ends."""
    steep = normalizer["alpha"] - 1
    # Shifted, so that the largest is zero: floats are densest there.
    z = steep * (s - s.max())

    def weights(threshold: float) -> Numbers:
        found: Numbers = np.maximum(z - threshold, 0) ** (1 / steep)
        return found

    low, high = -1.0, 0.0
    while low < (middle := (low + high) / 2) < high:
        low, high = (middle, high) if weights(middle).sum() >= 1 else (low, middle)
    return weights(low)


def _sigmoid(normalizer: Spec, s: Numbers, n_keys: int, head: int) -> Numbers:
    bias = normalizer.get("bias")
    return 1 / (1 + np.exp(-(s + (-math.log(n_keys) if bias is None else bias))))


def _relu(normalizer: Spec, s: Numbers, n_keys: int, head: int) -> Numbers:
    divisor = normalizer.get("divisor")
    found: Numbers = np.maximum(s, 0) / (n_keys if divisor is None else divisor)
    return found


def _topk(normalizer: Spec, s: Numbers, n_keys: int, head: int) -> Numbers:
    largest = np.argsort(-s, kind="stable")[: normalizer["k"]]
    weights = np.zeros(len(s))
    weights[largest] = _softmax({}, s[largest], n_keys, head)
    return weights


def _linear(_: Spec, s: Numbers, n_keys: int, head: int) -> Numbers:
    found: Numbers = s / s.sum()
    return found


def _none(_: Spec, s: Numbers, n_keys: int, head: int) -> Numbers:
    return s


NORMALIZERS: dict[str, Callable[[Spec, Numbers, int, int], Numbers]] = {
    "softmax": _softmax,
    "softmax1": _softmax1,
    "sink": _sink,
    "sparsemax": _sparsemax,
    "entmax15": _entmax15,
    "entmax": _entmax,
    "sigmoid": _sigmoid,
    "relu": _relu,
    "topk": _topk,
    "linear": _linear,
    "none": _none,
}

FEATURES: dict[str, Callable[[Numbers], Numbers]] = {
    "elu1": lambda x: np.where(x > 0, x + 1, np.exp(np.minimum(x, 0))),
    "relu": lambda x: np.maximum(x, 0),
}
