"""PyTorch, for npm run bench: trains the job it is given, as a PyTorch user would write it. Messages are JSON lines; see protocol.ts."""

import inspect
import json
import math
import resource
import sys
import time

import numpy as np
import torch
import torch.nn as nn
import torch.nn.functional as F


def tensors(path):
    """The tensors of a safetensors file by name."""
    with open(path, "rb") as file:
        length = int.from_bytes(file.read(8), "little")
        header = json.loads(file.read(length))
        data = file.read()
    dtypes = {"F32": np.float32, "I32": np.int32}
    return {
        name: torch.from_numpy(
            np.frombuffer(data[t["data_offsets"][0] : t["data_offsets"][1]], dtypes[t["dtype"]]).reshape(t["shape"]).copy()
        )
        for name, t in header.items()
        if name != "__metadata__"
    }


class MeanPool(nn.Module):
    def forward(self, x):
        return x.mean((2, 3))


class Position(nn.Module):
    def __init__(self, length, features):
        super().__init__()
        self.weight = nn.Parameter(torch.zeros(length, features))

    def forward(self, x):
        return x + self.weight


class Attention(nn.Module):
    """Causal self-attention with nn.MultiheadAttention's parameters, without what that does besides."""

    def __init__(self, features, heads):
        super().__init__()
        self.heads = heads
        self.in_proj_weight = nn.Parameter(torch.zeros(3 * features, features))
        self.in_proj_bias = nn.Parameter(torch.zeros(3 * features))
        self.out_proj = nn.Linear(features, features)
        self.mask = None

    def forward(self, x):
        n, length, features = x.shape
        qkv = F.linear(x, self.in_proj_weight, self.in_proj_bias)
        q, k, v = (t.view(n, length, self.heads, -1).transpose(1, 2) for t in qkv.split(features, -1))
        if hasattr(F, "scaled_dot_product_attention"):
            y = F.scaled_dot_product_attention(q, k, v, is_causal=True)
        else:
            if self.mask is None:
                self.mask = torch.ones(length, length, dtype=torch.bool, device=x.device).triu(1)
            scores = (q @ k.transpose(-2, -1)) * (1 / math.sqrt(q.size(-1)))
            y = scores.masked_fill(self.mask, -math.inf).softmax(-1) @ v
        return self.out_proj(y.transpose(1, 2).reshape(n, length, features))


class Residual(nn.Module):
    def __init__(self, inner):
        super().__init__()
        self.inner = inner

    def forward(self, x):
        return x + self.inner(x)


def module(layer):
    kind = layer["layer"]
    if kind == "linear":
        return nn.Linear(layer["from"], layer["to"])
    if kind == "conv2d":
        return nn.Conv2d(layer["from"], layer["to"], layer["size"], padding=layer["padding"])
    if kind == "batchNorm":
        return (nn.BatchNorm1d if layer["axes"] == 2 else nn.BatchNorm2d)(layer["features"])
    if kind == "layerNorm":
        return nn.LayerNorm(layer["features"])
    if kind == "relu":
        return nn.ReLU()
    if kind == "tanh":
        return nn.Tanh()
    if kind == "gelu":
        return nn.GELU(approximate="tanh")
    if kind == "maxPool":
        return nn.MaxPool2d(layer["size"])
    if kind == "meanPool":
        return MeanPool()
    if kind == "flatten":
        return nn.Flatten()
    if kind == "embedding":
        return nn.Embedding(layer["count"], layer["features"])
    if kind == "position":
        return Position(layer["length"], layer["features"])
    if kind == "attention":
        return Attention(layer["features"], layer["heads"])
    if kind == "residual":
        return Residual(sequential(layer["inner"]))
    raise ValueError(f"no layer {kind}")


def sequential(layers):
    return nn.Sequential(*map(module, layers))


def optimizer(given, parameters, cuda):
    kinds = {"sgd": torch.optim.SGD, "adam": torch.optim.Adam, "adamw": torch.optim.AdamW}
    kind = kinds[given["kind"]]
    options = {"lr": given["lr"]}
    if "momentum" in given:
        options["momentum"] = given["momentum"]
    if "weightDecay" in given:
        options["weight_decay"] = given["weightDecay"]
    # the fastest of those there are
    known = inspect.signature(kind).parameters
    if cuda and "fused" in known:
        options["fused"] = True
    elif "foreach" in known:
        options["foreach"] = True
    return kind(parameters, **options)


class Training:
    def __init__(self, job, state, data, device):
        self.batch = job["batch"]
        self.x, self.y = (data[name].to(device) for name in ("x", "y"))
        if self.y.dtype == torch.int32:
            self.y = self.y.long()
        self.cuda = device == "cuda"
        self.model = sequential(job["layers"])
        self.model.load_state_dict(state)
        self.model.to(device).train()
        self.optimizer = optimizer(job["optimizer"], self.model.parameters(), self.cuda)
        self.loss = F.mse_loss if job["loss"] == "mse" else lambda z, y: F.cross_entropy(z.flatten(0, -2), y.flatten())
        self.cursor = 0
        self.seen = []
        if job["watch"]:
            for layer in self.model.modules():
                if isinstance(layer, (nn.ReLU, nn.Tanh, nn.GELU)):
                    layer.register_forward_hook(self.see)

    def see(self, _layer, _given, output):
        self.seen.append(torch.std_mean(output.detach(), unbiased=False))

    def steps(self, count, each=False):
        """Milliseconds of `count` steps, and the loss of each (of the last, unless `each`)."""
        began = time.perf_counter()
        losses = []
        reports = []
        for _ in range(count):
            rows = slice(self.cursor, self.cursor + self.batch)
            self.cursor = (self.cursor + self.batch) % len(self.x)
            self.optimizer.zero_grad(set_to_none=True)
            loss = self.loss(self.model(self.x[rows]), self.y[rows])
            loss.backward()
            self.optimizer.step()
            if each:
                losses.append(loss.item())
            if self.seen:
                reports.append(torch.stack([number for pair in self.seen for number in pair]))
                self.seen.clear()
        if not each:
            losses.append(loss.item())
        if reports:
            torch.stack(reports).cpu()
        if self.cuda:
            torch.cuda.synchronize()
        return (time.perf_counter() - began) * 1000, losses


def main():
    job = state = data = device = training = None

    def answer(message):
        nonlocal job, state, data, device, training
        if message["do"] == "open":
            job, device = message["job"], message["device"]
            if device == "cuda" and not torch.cuda.is_available():
                raise ValueError("there is no CUDA device")
            torch.set_num_threads(message["threads"])
            state, data = tensors(message["state"]), tensors(message["data"])
            adapter = torch.cuda.get_device_name() if device == "cuda" else f"{torch.get_num_threads()} threads"
            return {"version": torch.__version__, "adapter": adapter}
        if message["do"] == "begin":
            began = time.perf_counter()
            training = Training(job, state, data, device)
            _, losses = training.steps(message["steps"], each=True)
            return {"ms": (time.perf_counter() - began) * 1000, "losses": losses}
        if message["do"] == "window":
            ms, losses = training.steps(message["steps"])
            return {"steps": message["steps"], "ms": ms, "loss": losses[-1]}
        if message["do"] == "plan":
            return {"plan": None}
        raise ValueError(f"no message {message['do']}")

    for line in sys.stdin:
        message = json.loads(line)
        try:
            reply = answer(message)
        except Exception as error:  # whatever it is, the benchmark says it and goes on
            reply = {"error": f"{type(error).__name__}: {error}"}
        reply["rssBytes"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)
        print(json.dumps(reply), flush=True)


main()
