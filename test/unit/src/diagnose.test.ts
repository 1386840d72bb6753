import { readFileSync } from "node:fs";
import { beforeEach, describe, expect, test } from "vitest";
import type * as api from "vscode";
import { diagnostics } from "../../../engine/library.ts";
import type { Variable } from "../../../engine/protocol/index.ts";
import { diagnose } from "../../../src/commands/diagnose.ts";
import { type DiagnosticCommand, diagnosticCommands } from "../../../src/commands/diagnostics.ts";
import { declared } from "../../../src/notebook/cellCode.ts";
import { fakeNotebook, openNotebook } from "../../fake/notebook.ts";
import { window, workspace } from "../../fake/vscode.ts";

const {
  "dlnb.findLearningRate": find,
  "dlnb.diagnoseRun": look,
  "dlnb.inspectActivations": activations,
} = diagnosticCommands as Record<string, DiagnosticCommand>;

const exp = "const exp = experiment({ data, model });";
const train = "const run = await exp.fit({ epochs: 1 });";

/** A notebook with a kernel that defines what the cells it runs declare; cells that hold "fails" fail. */
function setUp(texts: string[], { selected = 0, live = [] }: { selected?: number; live?: readonly Variable[] } = {}) {
  const notebook = fakeNotebook(...texts);
  const editor = openNotebook(notebook, selected);
  const ran = new Map<unknown, string>();
  const order: string[] = [];
  const variables = [...live];
  let kernel = live.length > 0;
  const session = {
    get kernel() {
      return kernel ? Promise.resolve({ request: async () => ({ variables }) }) : null;
    },
    ran: (cell: api.NotebookCell) => ran.get(cell) === cell.document.getText(),
  };
  const controller = {
    sessions: { of: () => session },
    run: async (cells: readonly api.NotebookCell[]) => {
      for (const cell of cells) {
        const text = cell.document.getText();
        order.push(text);
        if (text.includes("fails")) return;
        ran.set(cell, text);
        for (const { name, kind } of declared(text)) {
          variables.push(variable(name, kind === "run" ? "Run" : "Experiment"));
        }
        kernel = true;
      }
    },
  };
  const ask = (command: DiagnosticCommand | undefined) => diagnose(controller as never, command as DiagnosticCommand);
  return { notebook: notebook as api.NotebookDocument & { text: string[] }, editor, order, ask, run: controller.run };
}

const variable = (name: string, type: string): Variable => ({
  name,
  type,
  summary: `${name} as it is`,
  shape: null,
  bytes: 0,
  atLeast: false,
  parts: true,
});

beforeEach(() => {
  workspace.isTrusted = true;
});

describe("a diagnostic from the palette", () => {
  test("runs the cells up to the experiment, puts its call below, runs and shows it", async () => {
    const { notebook, order, ask, editor } = setUp(["const a = 1;", exp, train], { selected: 0 });
    await ask(find);
    const call = "await exp.findLearningRate()";
    expect(notebook.text).toEqual(["const a = 1;", exp, call, train]);
    expect(order).toEqual(["const a = 1;", exp, call]);
    expect(editor.selections[0]).toEqual({ start: 2, end: 3 });
    expect(editor.revealed).toBe(2);
    expect(window.said).toEqual([]);
  });

  test("stands below the chosen cell where that comes after the experiment", async () => {
    const { notebook, ask } = setUp([exp, "1 + 1", "2 + 2"], { selected: 1 });
    await ask(find);
    expect(notebook.text).toEqual([exp, "1 + 1", "await exp.findLearningRate()", "2 + 2"]);
  });

  test("runs nothing again that ran, and the experiment again when its cell was edited", async () => {
    const { notebook, order, ask, run } = setUp(["const a = 1;", exp]);
    await run(notebook.getCells());
    order.length = 0;
    await ask(find);
    expect(order).toEqual(["await exp.findLearningRate()"]);
    order.length = 0;
    (notebook.cellAt(1).document as unknown as { text: string }).text = `${exp} // better`;
    await ask(find);
    expect(order).toEqual([`${exp} // better`, "await exp.findLearningRate()"]);
  });

  test("takes the cell with its call that is there already, options and all", async () => {
    const { notebook, order, ask, editor } = setUp([exp, "await exp.findLearningRate({ steps: 50 });"]);
    await ask(find);
    expect(notebook.cellCount).toBe(2);
    expect(order.at(-1)).toBe("await exp.findLearningRate({ steps: 50 });");
    expect(editor.revealed).toBe(1);
    await ask(find); // it is the selected one now
    expect(notebook.cellCount).toBe(2);
    const other = setUp([exp, "const found = await exp.findLearningRate();\nawait found"]);
    await other.ask(find);
    expect(other.notebook.cellCount).toBe(3);
  });

  test("asks which of several, by name and what they are, those without a cell included", async () => {
    const live = [variable("exp", "Experiment"), variable("made", "Experiment"), variable("n", "number")];
    const { notebook, ask } = setUp([exp, "const wide = experiment({ data, model });"], { live });
    await ask(find);
    expect(window.said).toEqual(["Find Learning Rate? exp, wide, made"]);
    expect(notebook.cellCount).toBe(2);
    window.answer = (choices) => choices.find(({ label }) => label === "made");
    await ask(find);
    expect(notebook.text[1]).toBe("await made.findLearningRate()");
  });

  test("looks at the run rather than at the experiment that it trained", async () => {
    const live = [variable("exp", "Experiment"), variable("run", "Run")];
    const { notebook, ask } = setUp([exp, train], { live });
    await ask(activations);
    expect(notebook.text[2]).toBe("await run.inspect.activations()");
    const before = setUp([exp], { live: live.slice(0, 1) });
    await before.ask(activations);
    expect(before.notebook.text[1]).toBe("await exp.inspect.activations()");
  });

  test("asks before cells train", async () => {
    const { notebook, order, ask } = setUp([exp, train]);
    await ask(look);
    expect(window.said).toEqual(['The run "run" has not been made yet. Run the cells up to it first?']);
    expect(order).toEqual([]);
    window.answer = ([first]) => first;
    await ask(look);
    expect(order).toEqual([exp, train, "await run.diagnose()"]);
    expect(notebook.text).toEqual([exp, train, "await run.diagnose()"]);
  });

  test("stops at a cell that fails, and shows it", async () => {
    const { notebook, order, ask, editor } = setUp(["fails", exp]);
    await ask(find);
    expect(notebook.cellCount).toBe(2);
    expect(order).toEqual(["fails"]);
    expect(editor.revealed).toBe(0);
    expect(window.said[0]).toMatch(/^Find Learning Rate: there is no exp yet, because cell 1 did not run to its end/);
  });

  test("says what to write where there is nothing to look at, and writes it", async () => {
    const empty = setUp(["1 + 1"]);
    window.answer = ([first]) => first;
    await empty.ask(find);
    expect(window.said[0]).toMatch(/^Find Learning Rate: this notebook has no experiment yet\. Write one/);
    expect(empty.notebook.text[1]).toMatch(/const exp = experiment\(\{/);
  });

  test("says that it needs a notebook, and does nothing in a workspace that is not trusted", async () => {
    const { notebook, ask } = setUp([exp]);
    workspace.isTrusted = false;
    await ask(find);
    expect(notebook.cellCount).toBe(1);
    expect(window.said[0]).toMatch(/runs no cells in an untrusted workspace/);
    window.activeNotebookEditor = undefined;
    window.said = [];
    await ask(find);
    expect(window.said).toEqual(["Find Learning Rate: open a .dlnb notebook first."]);
  });
});

describe("the commands", () => {
  const { commands, menus } = JSON.parse(
    readFileSync(new URL("../../../package.json", import.meta.url), "utf8"),
  ).contributes;
  const words = JSON.parse(readFileSync(new URL("../../../package.nls.json", import.meta.url), "utf8"));

  test.each(Object.entries(diagnosticCommands))(
    "%s is in the palette and in the toolbar of notebooks",
    (id, { title }) => {
      const named = id.replace("dlnb.", "%command.").concat("%");
      expect(commands).toContainEqual(expect.objectContaining({ command: id, title: named, category: "dlnb" }));
      expect(words[named.replaceAll("%", "")]).toBe(title);
      expect(menus["dlnb.diagnostics"]).toContainEqual(expect.objectContaining({ command: id }));
    },
  );

  test.each(Object.entries(diagnosticCommands))("%s calls a diagnostic that there is", (_, { path, of }) => {
    const definition = (diagnostics as Record<string, { of: readonly string[]; inspects: boolean }>)[
      path.replace("inspect.", "")
    ];
    expect(definition?.inspects).toBe(path.startsWith("inspect."));
    expect(definition?.of).toEqual(expect.arrayContaining([...of]));
  });
});
