import { describe, expect, test } from "vitest";
import { chosenOf, help, optionsOf, sizesText } from "../../bench/args.ts";
import { draw } from "../../bench/data.ts";
import { initialState } from "../../bench/network.ts";
import { difference, ratioOf, spreadOf } from "../../bench/statistics.ts";
import { markdownTable, plainTable } from "../../bench/table.ts";
import type { Job, Workload } from "../../bench/workload.ts";
import * as all from "../../bench/workloads/all.ts";

const workloads: readonly Workload[] = Object.values(all);
const sizesOf = ({ id }: Workload, changed = "") => chosenOf(`${id}(${changed})`, workloads)[0]!.sizes;
const standard = (workload: Workload): Job => workload.job(sizesOf(workload));

describe("the command line", () => {
  test("without options it is the workloads that have goals, on wasm, against every peer", () => {
    const options = optionsOf([], workloads);
    expect(options).toMatchObject({ backend: "wasm", peers: ["jax-js", "tfjs", "torch"], threads: 0, json: null });
    expect(options !== "help" && options.chosen.map(({ workload }) => workload.id)).toEqual(["W1", "W2", "W3", "W4"]);
  });

  test("sizes stand in parentheses behind a workload, lists with x", () => {
    const [first, second] = chosenOf("W1(batch=256, hidden=512x256x64),w2", workloads);
    expect(first).toMatchObject({
      sizes: { batch: 256, hidden: [512, 256, 64], features: 784 },
      changed: ["batch", "hidden"],
    });
    expect(second).toMatchObject({ workload: { id: "W2" }, changed: [] });
    expect(sizesText({ batch: 256, hidden: [512, 64] })).toBe("batch=256, hidden=512x64");
  });

  test("--peers none leaves ours alone, --workload all takes every workload", () => {
    const options = optionsOf(["--peers", "none", "--workload", "all"], workloads);
    expect(options).toMatchObject({ peers: [] });
    expect(options !== "help" && options.chosen).toHaveLength(workloads.length);
  });

  test.each([
    [["--workload", "W9"], /^no workload "W9"; there are .*W1/],
    [["--workload", "W1(width=3)"], /^no size of W1 "width"; there are features, hidden/],
    [["--workload", "W1(batch=12.5)"], /^W1: batch=12.5: takes a whole number, such as batch=128$/],
    [["--workload", "W1(batch=8x8)"], /takes a whole number/],
    [["--workload", "W2(widths=0)"], /takes whole numbers, such as widths=16x32/],
    [["--backend", "cuda"], /^no backend "cuda"; there are wasm, webgpu$/],
    [["--peers", "jax"], /^no peer "jax"; there are jax-js, tfjs, torch, none$/],
    [["--windows", "0"], /^--windows 0: takes a whole number of at least 1$/],
    [["--seconds", "soon"], /^--seconds soon: takes a number above 0$/],
    [["--quick"], /--quick/],
  ])("%j is refused with what there is", (args, message) => {
    expect(() => optionsOf(args, workloads)).toThrow(message);
  });

  test("the help names every workload with its sizes", () => {
    const text = help(workloads);
    for (const { id, sizes } of workloads) {
      expect(text).toContain(`${id}: `);
      for (const { doc } of Object.values(sizes)) expect(text).toContain(doc);
    }
  });
});

describe("figures", () => {
  test("a spread is the smallest, the middle and the largest", () => {
    expect(spreadOf([3, 1, 2])).toEqual({ min: 1, median: 2, max: 3 });
  });

  test("a ratio is that of the medians, between the extremes of one round", () => {
    expect(ratioOf([10, 20, 30], [10, 10, 5])).toEqual({ min: 1, median: 2, max: 6 });
    // one that sat out the last rounds
    expect(ratioOf([10, 20, 30], [10])).toEqual({ min: 1, median: 2, max: 1 });
  });

  test("losses differ by the largest step, relative to their size", () => {
    expect(difference([2, 1], [2, 1])).toBe(0);
    expect(difference([2, 1], [2, 0.9])).toBeCloseTo(0.1);
  });

  test("a table lines its columns up, for a terminal and as Markdown", () => {
    const columns = [
      { title: "name", align: "left" },
      { title: "n", align: "right" },
    ] as const;
    const rows = [
      ["a", "10"],
      ["longer", "5"],
    ];
    expect(plainTable(columns, rows)).toBe("name     n\na       10\nlonger   5");
    expect(markdownTable(columns, rows)).toBe("| name | n |\n| --- | ---: |\n| a | 10 |\n| longer | 5 |");
  });
});

describe.each(workloads)("$id", (workload) => {
  test("its data fits its job", () => {
    const job = workload.job(sizesOf(workload, "examples=70,batch=32"));
    const { x, y } = draw(job, 1);
    expect(job.examples).toBe(64);
    expect([x.shape[0], y.shape[0]]).toEqual([64, 64]);
    expect(draw(job, 1).x.data).toEqual(x.data);
  });

  test("every parameter has a name of its own and a first value", () => {
    const state = initialState(standard(workload).layers, 1);
    expect(state.size).toBeGreaterThan(3);
    for (const { data } of state.values()) expect(data.every(Number.isFinite)).toBe(true);
  });
});
