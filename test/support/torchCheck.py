"""Runs what was written for PyTorch, and says where its numbers are not ours: cases.json -> a list of complaints."""
import importlib.util
import json
import re
import sys
import warnings
from collections import OrderedDict

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn

warnings.filterwarnings("ignore")
torch.set_num_threads(1)


def snake(name):
    return re.sub(r"[A-Z]", lambda m: "_" + m.group(0).lower(), name)


def tensor(value):
    kind = {"f32": torch.float32, "bool": torch.bool}.get(value["dtype"], torch.int64)
    return torch.tensor(value["data"], dtype=torch.float64).to(kind).reshape(value["shape"])


def names(code, tables=None):
    found = dict(torch=torch, nn=nn, F=F, OrderedDict=OrderedDict, np=np, device="cpu")
    for name, value in (tables or {}).items():
        found[name] = tensor(value)
    exec(code, found)
    return found


def apart(got, want, tolerance=1e-5):
    got = torch.as_tensor(got).detach().double().flatten()
    want = torch.tensor(want, dtype=torch.float64).flatten()
    if got.shape != want.shape:
        return f"{tuple(got.shape)} against {tuple(want.shape)}"
    far = (got - want).abs() > tolerance * (1 + want.abs())
    far |= got.isnan() != want.isnan()
    return f"{got[far][0]} against {want[far][0]}" if far.any() else None


def model(case):
    found = names(case["code"])
    module = eval(case["expression"], found)
    values = {name: tensor(value) for name, value in case["values"].items()}
    module.load_state_dict({name: values[name] for name in case["state"]})
    module.train(case["training"])
    made = module(values["x"], **{snake(name): values[name] for name in case["given"]})
    return apart(made[0] if isinstance(made, tuple) else made, case["want"])


def function(case):
    found = names(case["code"], case.get("tables"))
    if case.get("noise") is not None:
        real = torch.rand
        torch.rand = lambda *shape, device=None: torch.full(shape, case["noise"])
    try:
        made = found[case["call"]](*map(tensor, case["args"]))
    finally:
        if case.get("noise") is not None:
            torch.rand = real
    made = made if isinstance(made, tuple) else (made,)
    wants = case["want"] if isinstance(case["want"][0], list) else [case["want"]]
    return next((text for text in (apart(got, want, 1e-4 if case.get("noise") else 1e-5) for got, want in zip(made, wants)) if text), None)


def optimizer(case):
    found = names(case["code"])
    p = nn.Parameter(tensor(case["p"]))
    found["model"] = nn.Module()
    found["model"].weight = p
    made = eval(case["call"], found)
    for i, (g, want) in enumerate(zip(case["gradients"], case["want"])):
        p.grad = torch.tensor(g)
        made.step()
        text = apart(p, want)
        if text:
            return f"step {i + 1}: {text}"


def script(case):
    spec = importlib.util.spec_from_file_location("script", case["path"])
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    told = []
    module.report = lambda title, figures: told.append((title, figures))
    module.main()
    for title, figures in case["want"].items():
        got = dict(told).get(title)
        if got is None:
            return f"no {title} among {[title for title, _ in told]}"
        for name, want in figures.items():
            text = apart(got[name], [want], case["tolerance"])
            if text:
                return f"{title} {name}: {text}"
    return None


complaints = []
for case in json.load(open(sys.argv[1])):
    try:
        text = globals()[case["kind"]](case)
    except Exception as error:
        text = f"{type(error).__name__}: {error}"
    if text:
        complaints.append(f"{case['name']}: {text}")
print(json.dumps(complaints))
