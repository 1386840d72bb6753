/**
 * Methods over the whole training set that torch.optim lacks, as our own are: the closure gives the loss alone, whose gradient and
 * products with the Hessian autograd takes. Line searches are those of `optim/fullBatch`; torch.optim.LBFGS brings the strong Wolfe one.
 */

/** What both methods are made of. */
const base = `class WholeSet(torch.optim.Optimizer):
    """Sees the loss as a function of all parameters as one vector; the closure gives the loss and goes no further."""

    def __init__(self, params, **defaults):
        super().__init__(params, defaults)
        self.params = [p for group in self.param_groups for p in group["params"]]

    def evaluate(self, x):
        """Loss at x, and its gradient, which can be differentiated again."""
        vector_to_parameters(x, self.params)
        with torch.enable_grad():
            loss = self.closure()
            gradient = torch.autograd.grad(loss, self.params, create_graph=True)
        return loss.item(), torch.cat([g.flatten() for g in gradient])

    def product(self, gradient, d):
        """The Hessian times d."""
        return torch.cat([h.flatten() for h in torch.autograd.grad(gradient @ d, self.params, retain_graph=True)])

    def search(self, x, d, t, loss, gradient, how, flat=0.9):
        """How far to go along d."""
        slope = gradient @ d
        if how == "strongWolfe":
            def at(x, t, d):
                loss, gradient = self.evaluate(x + t * d)
                return loss, gradient.detach()

            return _strong_wolfe(at, x, t, d, loss, gradient, slope, c2=flat)[2]
        for _ in range(25):
            if self.evaluate(x + t * d)[0] <= loss + 1e-4 * t * slope:
                return t
            t = t / 2
        return 0.0`;

const conjugate = `class Cg(WholeSet):
    """DOC"""

    def __init__(self, params, lr=1, beta="PR", line_search="strongWolfe", restart=None, tolerance_grad=1e-7):
        super().__init__(params, lr=lr, beta=beta, line_search=line_search, restart=restart, tolerance_grad=tolerance_grad)
        self.since, self.last, self.d, self.previous = 0, 1.0, None, None

    def step(self, closure):
        self.closure = closure
        group = self.param_groups[0]
        x = parameters_to_vector(self.params).detach()
        loss, graph = self.evaluate(x)
        g = graph.detach()
        if g.abs().max() <= group["tolerance_grad"]:
            return torch.tensor(loss)
        d, since = -g, 0
        if self.d is not None and self.since < (group["restart"] or len(x)):
            y = g - self.previous
            beta = {
                "PR": lambda: (g @ y / (self.previous @ self.previous)).clamp(min=0),
                "FR": lambda: g @ g / (self.previous @ self.previous),
                "HS": lambda: g @ y / (self.d @ y),
                "DY": lambda: g @ g / (self.d @ y),
            }[group["beta"]]()
            bent = beta * self.d - g
            if bent @ g < 0:  # a direction that climbs is none
                d, since = bent, self.since
        curvature = d @ self.product(graph, d)
        first = group["lr"] * float(-(g @ d) / curvature if curvature > 0 else self.last)
        t = float(self.search(x, d, first, loss, g, group["line_search"], flat=0.1))
        vector_to_parameters(x + t * d, self.params)
        self.since, self.last, self.d, self.previous = since + 1, t or self.last, d, g
        return torch.tensor(loss)`;

const newton = `class Newton(WholeSet):
    """DOC"""

    def __init__(self, params, lr=1, damping=0, line_search="backtracking", tolerance_grad=1e-7):
        super().__init__(params, lr=lr, damping=damping, line_search=line_search, tolerance_grad=tolerance_grad)

    def step(self, closure):
        self.closure = closure
        group = self.param_groups[0]
        x = parameters_to_vector(self.params).detach()
        loss, graph = self.evaluate(x)
        g = graph.detach().double()
        if g.abs().max() <= group["tolerance_grad"]:
            return torch.tensor(loss)
        eye = torch.eye(len(x), device=x.device)
        hessian = torch.stack([self.product(graph, row) for row in eye]).double()
        hessian = (hessian + hessian.T) / 2
        damping, eye = group["damping"], eye.double()
        if group["line_search"] is None:
            d = torch.linalg.solve(hessian + damping * eye, -g)
            t = group["lr"]
        else:
            factor, bad = torch.linalg.cholesky_ex(hessian + damping * eye)
            while bad:  # not positive definite: towards gradient descent
                damping = max(10 * damping, 1e-4 * float(hessian.diagonal().abs().max()) or 1e-4)
                factor, bad = torch.linalg.cholesky_ex(hessian + damping * eye)
            d = -torch.cholesky_solve(g[:, None], factor)[:, 0]
            t = float(self.search(x, d.float(), group["lr"], loss, g.float(), group["line_search"]))
        vector_to_parameters(x + t * d.float(), self.params)
        return torch.tensor(loss)`;

/** The classes of a method, and the options that they take; undefined for others. */
export const wholeSet: Readonly<
  Record<string, { readonly name: string; readonly text: string; readonly options: readonly string[] }>
> = {
  cg: {
    name: "Cg",
    text: `${base}\n\n\n${conjugate}`,
    options: ["lr", "beta", "lineSearch", "restart", "toleranceGrad"],
  },
  newton: { name: "Newton", text: `${base}\n\n\n${newton}`, options: ["lr", "damping", "lineSearch", "toleranceGrad"] },
};
