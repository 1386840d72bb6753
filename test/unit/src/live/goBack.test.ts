import { mkdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { beforeEach, describe, expect, test } from "vitest";
import type * as api from "vscode";
import { trailOf } from "../../../../src/live/checkpoints.ts";
import { goBack, goBackFrom } from "../../../../src/live/goBack.ts";
import { branchText, restoreText } from "../../../../src/live/goBackText.ts";
import { ownOptions } from "../../../../src/runs/configuration.ts";
import { RunStore } from "../../../../src/runs/index.ts";
import { fakeNotebook, openNotebook } from "../../../fake/notebook.ts";
import { commands, Uri, window, workspace } from "../../../fake/vscode.ts";
import { folder, small, text, writeRun } from "../runs/logs.ts";

const back = {
  file: ".dlnb/tour/runs/t/checkpoints/step-4.safetensors",
  step: 4,
  experiment: "exp",
  taken: () => false,
};
const run = { name: "run 1", text: null, steps: 6, epochs: 3, changed: null };

describe("the cell that restores", () => {
  test("loads the checkpoint under a name that is free, and shows it", () => {
    expect(restoreText(back)).toBe('const step4 = exp.load(".dlnb/tour/runs/t/checkpoints/step-4.safetensors")\nstep4');
    expect(restoreText({ ...back, taken: (name) => name === "step4" })).toMatch(/^const step4_2 = /);
  });
});

describe("the cell that branches", () => {
  const call = (given: string | null, more: object = {}) =>
    branchText(back, { ...run, text: given, ...more })
      .split("\n")
      .filter((line) => !line.startsWith("//"))
      .join("\n");
  const resume = 'resume: ".dlnb/tour/runs/t/checkpoints/step-4.safetensors"';

  test.each([
    ["const run = await exp.fit({ epochs: 3 });", `const branch = await exp.fit({ ${resume}, epochs: 3 })`],
    [
      "const run = await exp.fit({\n  epochs: 3,\n  schedule: schedule.cosine(), // (\n});",
      `const branch = await exp.fit({\n  ${resume},\n  epochs: 3,\n  schedule: schedule.cosine(), // (\n})`,
    ],
    ["await exp.fit()", `const branch = await exp.fit({ ${resume}, })`],
    // what cannot go on from a checkpoint, and what is another's
    ["await exp.fit({ from: other })", `const branch = await exp.fit({ ${resume}, epochs: 3 })`],
    ["await wide.fit({ epochs: 9 })", `const branch = await exp.fit({ ${resume}, epochs: 3 })`],
    ["await exp.fit({ epochs: 9", `const branch = await exp.fit({ ${resume}, epochs: 3 })`],
    ["// exp.fit({ epochs: 9 })", `const branch = await exp.fit({ ${resume}, epochs: 3 })`],
    [null, `const branch = await exp.fit({ ${resume}, epochs: 3 })`],
  ])("makes the same call with resume: %j", (given, made) => {
    expect(call(given)).toBe(made);
  });

  test("makes the experiment of a run that trained beside others, with its seed and rate", () => {
    const own = ownOptions({
      config: {
        seed: 4,
        batchSize: 8,
        accumulate: 1,
        optimizer: { type: "adamw", options: { lr: 0.01, betas: [0.9, 0.999] } },
      },
      fit: { schedule: { type: "cosine", options: { etaMin: 0 } } },
    });
    expect(call("const many = await exp.replicas({ seeds: 5 })", { own })).toBe(
      `const branch = await experiment({ ...exp.options, optimizer: optim.adamw({ lr: 0.01, betas: [0.9, 0.999] }), batchSize: 8, seed: 4 }).fit({ ${resume}, epochs: 3, schedule: schedule.cosine({ etaMin: 0 }) })`,
    );
    const hostile = { seed: { type: "x); evil(" }, optimizer: { type: "a b", options: {} } };
    expect(ownOptions({ config: hostile, fit: 5 })).toEqual({ experiment: "", schedule: "" });
  });

  test("is longer when the run had come to its end", () => {
    const ended = { steps: 4, epochs: 1_000 };
    expect(call("await exp.fit({ epochs: 1_000 })", ended)).toContain("epochs: 2000");
    expect(call("await exp.fit({ epochs: n })", ended)).toContain("epochs: n");
    expect(call(null, ended)).toContain("epochs: 2000");
  });

  test("says where it comes from in one line, whatever the run is called, and that rates go with it", () => {
    const made = branchText(back, { ...run, name: "a\nb", changed: 2 });
    expect(made).toContain("// a run of its own, from step 4 of a b on:\n");
    expect(made).toContain("replay: [] leaves them out");
    expect(branchText(back, { ...run, changed: 5 })).not.toContain("replay");
  });
});

let root: string;
let store: RunStore;

beforeEach(() => {
  root = folder();
  workspace.workspaceFolders = [{ uri: Uri.file(root) }];
  workspace.isTrusted = true;
  store = new RunStore(() => undefined);
  return () => {
    store.dispose();
    workspace.workspaceFolders = undefined;
  };
});

/** A run of "tour" on disk with these lines beside those of a small one, and these files. */
function kept(lines: readonly unknown[], files: readonly string[]): string {
  const path = writeRun(root, "tour", "20261121-052410", text([...small(), ...lines]));
  for (const file of files) {
    mkdirSync(dirname(join(path, file)), { recursive: true });
    writeFileSync(join(path, file), "");
  }
  return path;
}

const line = (file: string, step: number, event = "checkpoint", why = "epoch") => ({ event, file, step, why });
const four = "checkpoints/step-4.safetensors";
const last = "checkpoints/last.safetensors";

describe("the checkpoints of a run", () => {
  test("are those of its log that are on disk, with epoch and loss, oldest first", async () => {
    const path = kept(
      [line(four, 4), line("checkpoints/step-2.safetensors", 2), line("checkpoints/gone.safetensors", 2)],
      [four, last, "checkpoints/step-2.safetensors"],
    );
    await store.ready();
    const trail = await trailOf(store, store.get(path) as never);
    expect(trail?.checkpoints).toEqual([
      { file: "checkpoints/step-2.safetensors", step: 2, epoch: 1, why: "epoch", loss: 0.9 },
      { file: four, step: 4, epoch: 2, why: "epoch", loss: 0.7 },
      { file: last, step: 6, epoch: 3, why: "last", loss: 0.5 },
    ]);
    expect([trail?.steps, trail?.epochs, trail?.changed]).toEqual([6, 3, null]);
  });

  test("are not those that made room, that lie elsewhere, or that a damaged log makes up", async () => {
    const path = kept(
      [
        line(four, 4),
        line(four, 4, "removed"),
        line("../../../secret.safetensors", 4),
        line("checkpoints/../../x.safetensors", 4),
        line("/etc/passwd", 4),
        line("checkpoints/link.safetensors", 4),
        line("checkpoints/odd.safetensors", -1),
        { event: "checkpoint" },
        { event: "control", step: 3, change: { do: "set-lr", value: 1 } },
        null,
      ],
      [four, last, "checkpoints/odd.safetensors"],
    );
    symlinkSync("/etc/passwd", join(path, "checkpoints/link.safetensors"));
    await store.ready();
    const trail = await trailOf(store, store.get(path) as never);
    expect(trail?.checkpoints.map(({ file }) => file)).toEqual([last]);
    expect(trail?.changed).toBe(3);
  });
});

describe("going back", () => {
  const exp = "const exp = experiment({ data, model });";
  const fit = "const run = await exp.fit({ epochs: 3 });";

  function open(live: boolean) {
    const notebook = fakeNotebook(exp, fit, "// the rest") as api.NotebookDocument & { text: string[] };
    Object.assign(notebook, { uri: Uri.file(join(root, "tour.dlnb")) });
    openNotebook(notebook);
    workspace.openNotebookDocument = async () => notebook;
    const variables = live ? [{ name: "exp", type: "Experiment", summary: "" }] : [];
    const kernel = { request: async () => ({ variables }) };
    const sessions = { at: () => ({ kernel: Promise.resolve(kernel) }) } as never;
    const executed: unknown[] = [];
    commands.executeCommand = async (command: string, argument: unknown) => {
      executed.push([command, (argument as { ranges: unknown }).ranges]);
    };
    return { notebook, sessions, executed, cell: notebook.cellAt(1) };
  }
  const asked = { file: `runs/20261121-052410/${four}`, step: 4 };

  test("from a click puts the cell below and runs what restores", async () => {
    kept([line(four, 4)], [four, last]);
    const { notebook, sessions, executed, cell } = open(true);
    await goBackFrom(sessions, store, cell, { how: "restore", ...asked });
    expect(notebook.text[2]).toBe(
      'const step4 = exp.load(".dlnb/tour/runs/20261121-052410/checkpoints/step-4.safetensors")\nstep4',
    );
    expect(executed).toEqual([["notebook.cell.execute", [{ start: 2, end: 3 }]]]);
  });

  test("runs the cell of the experiment first when the kernel does not have it", async () => {
    kept([line(four, 4)], [four, last]);
    const { sessions, executed, cell } = open(false);
    await goBackFrom(sessions, store, cell, { how: "restore", ...asked });
    const ranges = [
      { start: 0, end: 1 },
      { start: 2, end: 3 },
    ];
    expect(executed).toEqual([["notebook.cell.execute", ranges]]);
  });

  test("leaves a branch to be looked over", async () => {
    kept([line(four, 4)], [four, last]);
    const { notebook, sessions, executed, cell } = open(true);
    await goBackFrom(sessions, store, cell, { how: "branch", ...asked });
    expect(notebook.text[2]).toContain("const branch = await exp.fit({ resume: ");
    expect(executed).toEqual([]);
  });

  test.each([
    "runs/20261121-052410/checkpoints/step-9.safetensors",
    "runs/20261121-052410/../../../../x.safetensors",
    "runs/../../x/checkpoints/last.safetensors",
    "checkpoints/last.safetensors",
    "runs/20990101-000000/checkpoints/last.safetensors",
  ])("says that a checkpoint is gone, and opens nothing else: %s", async (file) => {
    kept([line(four, 4)], [four, last]);
    const { notebook, sessions, cell } = open(true);
    await goBackFrom(sessions, store, cell, { how: "restore", file, step: 4 });
    expect(window.said).toEqual(["The checkpoint of step 4 is not on disk any more."]);
    expect(notebook.cellCount).toBe(3);
  });

  test("from the palette asks which run and which checkpoint", async () => {
    kept([line(four, 4)], [four, last]);
    const { notebook, sessions } = open(true);
    window.answer = (choices) => choices[choices.length - 1];
    await goBack(sessions, store, "branch", undefined);
    expect(window.said).toEqual(["Branch from Checkpoint? small", "Branch from Checkpoint: small? step 6, step 4"]);
    expect(notebook.text[2]).toContain("step-4.safetensors");
  });

  test("from the Runs view asks for the checkpoint alone", async () => {
    const key = kept([line(four, 4)], [four, last]);
    const { notebook, sessions } = open(true);
    await store.ready();
    window.answer = (choices) => choices[0];
    await goBack(sessions, store, "restore", { key });
    expect(window.said).toEqual(["Restore from Checkpoint: small? step 6, step 4"]);
    expect(notebook.text[2]).toContain("const step6 = exp.load(");
  });

  test("from a run's panel asks for nothing", async () => {
    const key = kept([line(four, 4)], [four, last]);
    const { notebook, sessions } = open(true);
    await store.ready();
    await goBack(sessions, store, "branch", { key, file: four, step: 4 });
    expect(window.said).toEqual([]);
    expect(notebook.text[2]).toContain("step-4.safetensors");
    await goBack(sessions, store, "branch", { key, file: "../../x.safetensors", step: 9 });
    expect(window.said).toEqual(["The checkpoint of step 9 is not on disk any more."]);
    expect(notebook.cellCount).toBe(4);
  });

  test("says that there is nothing to go back to", async () => {
    const { sessions } = open(true);
    await goBack(sessions, store, "restore", undefined);
    expect(window.said).toEqual(["There are no runs to go back to: train an experiment in a cell with fit."]);
    const key = kept([], []);
    rmSync(join(key, "checkpoints"), { recursive: true, force: true });
    await store.refresh();
    window.said = [];
    await goBack(sessions, store, "restore", { key });
    expect(window.said).toEqual(["small has no checkpoints on disk."]);
  });
});
