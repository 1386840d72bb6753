import { describe, expect, test } from "vitest";
import type { KernelState, RunStatus } from "../../../engine/protocol/index.ts";
import type { Join, Kernel, Rejoined } from "../../../src/controller/kernel.ts";
import { Sessions } from "../../../src/controller/sessions.ts";
import { FakeExecution, fakeNotebook } from "../../fake/notebook.ts";
import { Uri } from "../../fake/vscode.ts";

const info = { protocol: 1, version: "", node: "", pid: 7, runFolder: null };
const idle: KernelState = { info, running: null, queued: [], ran: [], order: 0 };

function kernelThat(answers: (method: string) => unknown): Kernel {
  return {
    info,
    runtime: "packaged",
    request: async (method) => answers(method) as never,
    ended: new Promise(() => {}),
    interrupt: async () => undefined,
    close: async () => ({ how: "closed", lastOutput: "" }),
    leave: () => void answers("left"),
  };
}

/** Notebooks whose kernel is in `another` window, unless that is asked to let it go. */
function setUp({ another, choice = null }: { another: boolean; choice?: "take" | "start" | null }) {
  const notebook = fakeNotebook("1");
  const said: string[] = [];
  const kernel = kernelThat((method) => {
    said.push(method);
    return { ok: true, wallMs: 1, order: 1, state: "idle" };
  });
  const rejoined: Rejoined = { kernel, state: idle };
  const sessions = new Sessions({
    start: async () => {
      said.push("start");
      return kernel;
    },
    rejoin: async (_notebook, _onEvent, how: Join) => {
      said.push(`rejoin ${how}`);
      return another ? (how === "take" ? rejoined : "elsewhere") : null;
    },
    readdress: async (before, after) => void said.push(`readdress ${before} ${after}`),
    choose: async () => {
      said.push("asked");
      return choice;
    },
    createExecution: () => new FakeExecution() as never,
    idOf: (cell) => cell.metadata.id as string,
    event: () => undefined,
    running: () => undefined,
    chart: () => undefined,
  });
  return { notebook, sessions, said, run: () => sessions.ready(notebook) };
}

describe("a notebook whose kernel is in another window", () => {
  test("runs nothing until the user has said which kernel it is to be", async () => {
    const { run, said, sessions, notebook } = setUp({ another: true });
    expect(await run()).toBe(false);
    expect(said).toEqual(["rejoin now", "asked"]);
    await expect(sessions.open(notebook)).rejects.toThrow("in another window");
    expect(said).not.toContain("start");
  });

  test("goes on with that kernel where the user takes it", async () => {
    const { run, said, sessions, notebook } = setUp({ another: true, choice: "take" });
    expect(await run()).toBe(true);
    await sessions.of(notebook).run([notebook.cellAt(0)]);
    expect(said).toEqual(["rejoin now", "asked", "rejoin take", "run"]);
    expect(await run()).toBe(true);
    expect(said.length).toBe(4);
  });

  test("starts another where the user wants that", async () => {
    const { run, said, sessions, notebook } = setUp({ another: true, choice: "start" });
    expect(await run()).toBe(true);
    await sessions.of(notebook).run([notebook.cellAt(0)]);
    expect(said).toEqual(["rejoin now", "asked", "start", "run"]);
  });

  test("asks once for cells that are started together", async () => {
    const { run, said } = setUp({ another: true });
    expect(await Promise.all([run(), run()])).toEqual([false, false]);
    expect(said.filter((word) => word === "asked").length).toBe(1);
  });
});

test("a notebook that no window has a kernel of starts one, and asks nothing", async () => {
  const { run, said, sessions, notebook } = setUp({ another: false });
  expect(await run()).toBe(true);
  await sessions.of(notebook).run([notebook.cellAt(0)]);
  expect(said).toEqual(["rejoin now", "start", "run"]);
});

test("a notebook that has another address goes on there with its kernel, which the old one lets go", async () => {
  const { sessions, notebook, said } = setUp({ another: false });
  const phases: string[] = [];
  sessions.onNews((news) => news.news === "kernel" && phases.push(`${news.notebook} ${news.phase}`));
  await sessions.of(notebook).run([notebook.cellAt(0)]);
  said.length = 0;
  const after = Uri.file("/folder/after.dlnb") as never;
  const moving = sessions.move(notebook.uri, after, { take: true, first: async () => void said.push("first") });
  const other = Object.assign(fakeNotebook("1"), { uri: after });
  // whoever opens the notebook meanwhile waits for its kernel
  const rejoining = sessions.rejoin(other, "wait");
  await moving;
  await rejoining;
  expect(said).toEqual(["first", "relocate", `readdress ${notebook.uri} ${after}`, "left", "rejoin wait"]);
  expect(phases.at(-1)).toBe(`${notebook.uri} none`);
  expect(sessions.get(notebook)).toBeUndefined();
  expect(await sessions.move(notebook.uri, after, { take: true })).toBeNull();
});

test("a session works while a training goes on that no cell awaits", async () => {
  const { sessions, notebook, said } = setUp({ another: false });
  const session = sessions.of(notebook);
  expect(await session.working()).toBe(false);
  await session.run([notebook.cellAt(0)]);
  expect(session.busy).toBe(false);
  expect(await session.working()).toBe(false);
  expect(said.at(-1)).toBe("status");
  const training = { state: "busy", run: { id: "run-1" } as RunStatus };
  ((await session.kernel) as unknown as { request: unknown }).request = async () => training;
  expect(await session.working()).toBe(true);
});
