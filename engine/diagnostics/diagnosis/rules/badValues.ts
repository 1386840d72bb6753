import { defineRule } from "../rule.ts";

export const badValues = defineRule({
  name: "bad-values",
  title: "the features hold values that are not finite",
  summary: "Any feature of a training example that is NaN or infinite.",
  why: "One such value makes every sum it enters, and with it the loss and all gradients, not a number.",
  explains: ["*"],
  judge: ({ data: { features } }) =>
    features.nonFinite === 0
      ? null
      : {
          severity: "error",
          saw: `${features.nonFinite} of the values looked at are NaN or infinite`,
          tries: [
            { text: "find the rows and leave them out, or fill them with the feature's mean" },
            { text: "look for a division by 0 or a logarithm of 0 in what made the features" },
          ],
        },
});
