import { beforeAll, beforeEach, describe, expect, test } from "vitest";
import type * as api from "vscode";
import { locateOptions } from "../../../engine/kernel/cells/locate.ts";
import { loadStripper } from "../../../engine/kernel/cells/strip.ts";
import type { Action, Params } from "../../../engine/protocol/index.ts";
import { act } from "../../../src/commands/act.ts";
import { fakeNotebook, openNotebook } from "../../fake/notebook.ts";
import { env, window, workspace } from "../../fake/vscode.ts";

beforeAll(loadStripper);
beforeEach(() => {
  workspace.isTrusted = true;
});

const insert: Action = {
  label: "Insert 3.2e-3",
  title: "Trains at 3.2e-3 from now on.",
  do: { kind: "set-option", options: ["maxLr", "lr"], value: 0.00316, experiment: "experiment 1" },
};
const exp = (lr: string) =>
  `const exp = experiment({ data, model, loss: loss.mse(), optimizer: optim.adam({ lr: ${lr} }) });`;
const call = "await exp.findLearningRate()";

/** Presses a button in the output of the last cell. */
function setUp(...texts: string[]) {
  const notebook = fakeNotebook(...texts) as api.NotebookDocument & { text: string[] };
  openNotebook(notebook);
  const kernel = { request: async (_: string, p: Params<"locate">) => ({ found: locateOptions(p.cells, p.options) }) };
  const sessions = { open: async () => kernel };
  const press = (action: Action) => act(sessions as never, notebook.cellAt(notebook.cellCount - 1), action);
  return { notebook, press };
}

describe("a suggested rate", () => {
  test("takes the place of the number in the cell, is selected there, and says so", async () => {
    const { notebook, press } = setUp("const a = 1;", exp("1e-3"), call);
    await press(insert);
    expect(notebook.text).toEqual(["const a = 1;", exp("3.2e-3"), call]);
    expect(window.said).toEqual(["dlnb: lr: 1e-3 → 3.2e-3 in cell 2; undo takes it back"]);
    const { document } = notebook.cellAt(1);
    expect(window.selection?.uri).toBe(document.uri);
    expect(document.getText(window.selection?.range as never)).toBe("3.2e-3");
  });

  test("is asked about where it could go to several places, and then goes to the chosen one", async () => {
    const train = (maxLr: string) => `await exp.fit({\n  schedule: schedule.oneCycle({ maxLr: ${maxLr} }),\n});`;
    const { notebook, press } = setUp(exp("1e-3"), train("0.1"), train("0.2"), call);
    await press(insert);
    expect(window.said).toEqual(["Insert 3.2e-3? maxLr: 0.1, maxLr: 0.2"]);
    expect(notebook.text[2]).toBe(train("0.2"));
    window.answer = (choices) => choices[1];
    await press(insert);
    expect(notebook.text).toEqual([exp("1e-3"), train("0.1"), train("3.2e-3"), call]);
  });

  test("becomes the first option of an optimizer that had none", async () => {
    const { notebook, press } = setUp("const exp = experiment({ data, model, optimizer: optim.adam() });", call);
    await press(insert);
    expect(notebook.text[0]).toBe("const exp = experiment({ data, model, optimizer: optim.adam({ lr: 3.2e-3 }) });");
    expect(window.said[0]).toMatch(/lr: 3\.2e-3, which was the default, in cell 1/);
  });

  test("can be copied where no cell has a place for it", async () => {
    const { notebook, press } = setUp("const exp = experiment({ data, model, optimizer: best });", call);
    let copied = "";
    env.clipboard.writeText = async (text) => {
      copied = text;
      return undefined;
    };
    window.answer = ([first]) => first;
    await press(insert);
    expect(window.said[0]).toMatch(/No cell gives maxLr or lr as a plain number.*optim\.adam\(\{ lr: 3\.2e-3 \}\)/);
    expect(copied).toBe("3.2e-3");
    expect(notebook.text[1]).toBe(call);
  });

  test("that is there already changes nothing", async () => {
    const { notebook, press } = setUp(exp("3.2e-3"), call);
    await press(insert);
    expect(notebook.text[0]).toBe(exp("3.2e-3"));
    expect(window.said).toEqual(["dlnb: cell 1 has 3.2e-3 already"]);
  });

  test("starts no kernel in a workspace that is not trusted", async () => {
    const { notebook, press } = setUp(exp("1e-3"), call);
    workspace.isTrusted = false;
    await press(insert);
    expect(notebook.text[0]).toBe(exp("1e-3"));
    expect(window.said[0]).toMatch(/untrusted/);
  });
});

test("an offered cell comes below the one that offers it, is selected and does not run", async () => {
  const { notebook, press } = setUp(exp("1e-3"), call);
  const text = "await exp.inspect.initialization()";
  await press({ label: "Look closer", title: "Shows every layer.", do: { kind: "insert-cell", text } });
  expect(notebook.text).toEqual([exp("1e-3"), call, text]);
  expect((window.activeNotebookEditor as api.NotebookEditor).selections[0]).toEqual({ start: 2, end: 3 });
  expect(notebook.cellAt(2).metadata.id).toMatch(/^\w{6}$/);
});
