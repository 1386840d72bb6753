import { int, num } from "../params/index.ts";
import { defineSchedule, per } from "./definition.ts";

export const constant = defineSchedule({
  summary:
    "lr as it is: good for prototypes, others may win 1 to 2 %. With a factor, lr times it for the first totalIters; PyTorch's factor is 1/3.",
  rule: ["lr_t = lr factor   while t < totalIters, then lr"],
  params: {
    factor: num(1, "[0, 1]", "Multiplies lr until totalIters."),
    totalIters: int(5, "[0, inf)", "How long the factor lasts; with 0 it stays, as PyTorch's."),
    per: per("epoch"),
  },
  at: ({ factor, totalIters }, { t, baseLr }) => (totalIters === 0 || t < totalIters ? baseLr * factor : baseLr),
});
