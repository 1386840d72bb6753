import protobuf from "protobufjs/light.js";

/*
 * The messages of onnx.proto that an exported model is made of, with their field numbers.
 * https://github.com/onnx/onnx/blob/main/onnx/onnx.proto
 */

type Field = readonly [id: number, type: string];

const optional = (id: number, type: string) => ({ id, type });
const repeated = (id: number, type: string) => ({ id, type, rule: "repeated" });
const fields = (own: Readonly<Record<string, Field>>, lists: Readonly<Record<string, Field>> = {}) => ({
  fields: Object.fromEntries([
    ...Object.entries(own).map(([name, [id, type]]) => [name, optional(id, type)]),
    ...Object.entries(lists).map(([name, [id, type]]) => [name, repeated(id, type)]),
  ]),
});

const root = protobuf.Root.fromJSON({
  nested: {
    ModelProto: fields(
      {
        irVersion: [1, "int64"],
        producerName: [2, "string"],
        docString: [6, "string"],
        graph: [7, "GraphProto"],
      },
      { opsetImport: [8, "OperatorSetIdProto"], metadataProps: [14, "StringStringEntryProto"] },
    ),
    OperatorSetIdProto: fields({ domain: [1, "string"], version: [2, "int64"] }),
    StringStringEntryProto: fields({ key: [1, "string"], value: [2, "string"] }),
    GraphProto: fields(
      { name: [2, "string"] },
      {
        node: [1, "NodeProto"],
        initializer: [5, "TensorProto"],
        input: [11, "ValueInfoProto"],
        output: [12, "ValueInfoProto"],
      },
    ),
    NodeProto: fields(
      { name: [3, "string"], opType: [4, "string"] },
      { input: [1, "string"], output: [2, "string"], attribute: [5, "AttributeProto"] },
    ),
    AttributeProto: fields(
      { name: [1, "string"], f: [2, "float"], i: [3, "int64"], s: [4, "bytes"], type: [20, "int32"] },
      { ints: [8, "int64"] },
    ),
    TensorProto: fields({ dataType: [2, "int32"], name: [8, "string"], rawData: [9, "bytes"] }, { dims: [1, "int64"] }),
    ValueInfoProto: fields({ name: [1, "string"], type: [2, "TypeProto"] }),
    TypeProto: fields({ tensorType: [1, "TensorTypeProto"] }),
    TensorTypeProto: fields({ elemType: [1, "int32"], shape: [2, "TensorShapeProto"] }),
    TensorShapeProto: fields({}, { dim: [1, "Dimension"] }),
    Dimension: fields({ dimValue: [1, "int64"], dimParam: [2, "string"] }),
  },
});

/** What a node's attribute may be. Whole numbers are integers: a float is given as `{ float }`. */
export type Attribute = number | string | readonly number[] | { readonly float: number };

export interface NodeProto {
  readonly name: string;
  readonly opType: string;
  readonly input: readonly string[];
  readonly output: readonly string[];
  readonly attributes: Readonly<Record<string, Attribute>>;
}

/** Element types by ONNX's numbers. */
export const TYPES = { f32: 1, i32: 6, i64: 7, bool: 9, u32: 12 } as const;
export type ElementType = keyof typeof TYPES;

export interface TensorProto {
  readonly name: string;
  readonly type: ElementType;
  readonly dims: readonly number[];
  /** Little-endian, row-major. */
  readonly bytes: Uint8Array;
}

export interface ValueProto {
  readonly name: string;
  readonly type: ElementType;
  /** A length, or the name of one that is not known before. */
  readonly dims: readonly (number | string)[];
}

export interface ModelProto {
  readonly opset: number;
  readonly name: string;
  readonly doc: string;
  readonly metadata: Readonly<Record<string, string>>;
  readonly nodes: readonly NodeProto[];
  readonly initializers: readonly TensorProto[];
  readonly inputs: readonly ValueProto[];
  readonly outputs: readonly ValueProto[];
}

/** The bytes of a .onnx file. */
export function encodeModel(model: ModelProto): Uint8Array {
  const { opset, name, doc, metadata, nodes, initializers, inputs, outputs } = model;
  const message = {
    irVersion: opset < 19 ? 8 : 9,
    producerName: "dlnb",
    docString: doc,
    opsetImport: [{ domain: "", version: opset }],
    metadataProps: Object.entries(metadata).map(([key, value]) => ({ key, value })),
    graph: {
      name,
      node: nodes.map(({ attributes, ...node }) => ({ ...node, attribute: Object.entries(attributes).map(attribute) })),
      initializer: initializers.map(({ name, type, dims, bytes }) => ({
        ...{ name, dims, dataType: TYPES[type], rawData: bytes },
      })),
      input: inputs.map(valueInfo),
      output: outputs.map(valueInfo),
    },
  };
  return root.lookupType("ModelProto").encode(message).finish();
}

function attribute([name, value]: readonly [string, Attribute]) {
  if (typeof value === "number") return { name, type: 2, i: value };
  if (typeof value === "string") return { name, type: 3, s: new TextEncoder().encode(value) };
  return "float" in value ? { name, type: 1, f: value.float } : { name, type: 7, ints: value };
}

const valueInfo = ({ name, type, dims }: ValueProto) => ({
  name,
  type: {
    tensorType: {
      elemType: TYPES[type],
      shape: { dim: dims.map((d) => (typeof d === "string" ? { dimParam: d } : { dimValue: d })) },
    },
  },
});
