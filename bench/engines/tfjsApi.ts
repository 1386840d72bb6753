/** What of TensorFlow.js is used here: it is installed apart from the project, and the project is checked without it. */
export interface Tf {
  readonly version_core: string;
  readonly losses: {
    softmaxCrossEntropy(oneHot: TfTensor, logits: TfTensor): TfTensor;
    meanSquaredError(labels: TfTensor, predictions: TfTensor): TfTensor;
  };
  readonly train: {
    sgd(lr: number): TfOptimizer;
    momentum(lr: number, momentum: number): TfOptimizer;
    adam(lr: number, beta1: number, beta2: number, epsilon: number): TfOptimizer;
  };
  readonly fused: {
    matMul(given: { a: TfTensor; b: TfTensor; bias: TfTensor; activation?: "relu" }): TfTensor;
  };
  setBackend(name: string): Promise<boolean>;
  ready(): Promise<void>;
  tidy<T>(work: () => T): T;
  keep<T extends TfTensor>(x: T): T;
  dispose(tensors: unknown): void;
  tensor(values: ArrayLike<number>, shape: readonly number[], dtype: "float32" | "int32"): TfTensor;
  variable(value: TfTensor, trainable: boolean): TfVariable;
  oneHot(indices: TfTensor, depth: number): TfTensor;
  matMul(a: TfTensor, b: TfTensor, transposeA?: boolean, transposeB?: boolean): TfTensor;
  conv2d(x: TfTensor, filter: TfTensor, strides: number, pad: number): TfTensor;
  maxPool(x: TfTensor, size: number, strides: number, pad: number): TfTensor;
  batchNorm(
    x: TfTensor,
    mean: TfTensor,
    variance: TfTensor,
    offset: TfTensor,
    scale: TfTensor,
    epsilon: number,
  ): TfTensor;
  moments(x: TfTensor, axes?: readonly number[], keepDims?: boolean): { mean: TfTensor; variance: TfTensor };
  relu(x: TfTensor): TfTensor;
  tanh(x: TfTensor): TfTensor;
  softmax(x: TfTensor): TfTensor;
  sqrt(x: TfTensor): TfTensor;
  mean(x: TfTensor, axes: readonly number[]): TfTensor;
  split(x: TfTensor, parts: number, axis: number): TfTensor[];
  stack(tensors: readonly TfTensor[]): TfTensor;
  pad(x: TfTensor, paddings: readonly (readonly [number, number])[]): TfTensor;
  slice(x: TfTensor, begin: readonly number[], size: readonly number[]): TfTensor;
  engine(): { runKernel(name: string, inputs: object, attrs: object): TfTensor };
  unregisterGradient(kernelName: string): void;
  registerGradient(config: {
    kernelName: string;
    inputsToSave: readonly string[];
    gradFunc(
      dy: TfTensor,
      saved: readonly TfTensor[],
      attrs: { strides: unknown; pad: number; dataFormat: unknown },
    ): Record<string, () => TfTensor>;
  }): void;
}

export interface TfTensor {
  readonly shape: readonly number[];
  add(other: TfTensor | number): TfTensor;
  sub(other: TfTensor | number): TfTensor;
  mul(other: TfTensor | number): TfTensor;
  div(other: TfTensor | number): TfTensor;
  reshape(shape: readonly number[]): TfTensor;
  transpose(perm: readonly number[]): TfTensor;
  data(): Promise<ArrayLike<number>>;
  dispose(): void;
}

export interface TfVariable extends TfTensor {
  readonly name: string;
  assign(value: TfTensor): void;
}

export interface TfOptimizer {
  minimize(loss: () => TfTensor, returnCost: true, variables: readonly TfVariable[]): TfTensor;
  dispose(): void;
}
