import { currentContext } from "../../context/index.ts";
import { Dataset, Splits } from "../../data/index.ts";
import { checkData, type DataCheck } from "./check.ts";
import { type Components, showComponents } from "./components.ts";

interface Looks {
  /**
   * Missing values, class balance, constant and unequal features, duplicates, leakage, doubtful labels: findings, and a chart of the classes.
   *
   * @example sets.check()
   */
  check(): DataCheck;
  /**
   * Variance along the principal components of the (training) features, and examples as they are, decorrelated and whitened.
   *
   * @example sets.components()
   */
  components(): Components;
}

declare module "../../data/dataset.ts" {
  interface Dataset extends Looks {}
  interface Splits extends Looks {}
}

const attach = (prototype: object, methods: { [K in keyof Looks]: (self: never) => unknown }): void => {
  for (const [name, method] of Object.entries(methods)) {
    Object.defineProperty(prototype, name, {
      value(this: never) {
        return method(this);
      },
    });
  }
};

attach(Dataset.prototype, {
  check: (self: Dataset) => checkData({ train: self, valid: undefined, test: undefined }, currentContext()),
  components: (self: Dataset) => showComponents(self, currentContext()),
});
attach(Splits.prototype, {
  check: (self: Splits) => checkData(self, currentContext()),
  components: (self: Splits) => showComponents(self.train, currentContext()),
});
