import { describe, expect, test } from "vitest";
import { encodeColumns } from "../../../engine/plots/index.ts";
import { type CellResult, CHART_MIME, ERROR_MIME, type KernelEvent } from "../../../engine/protocol/index.ts";
import type { Kernel } from "../../../src/controller/kernel.ts";
import { type KernelPhase, type Ran, Session } from "../../../src/controller/session.ts";
import type { KernelEnd } from "../../../src/kernel/index.ts";
import { FakeExecution, fakeNotebook } from "../../fake/notebook.ts";

/** A kernel whose cells are functions. */
class FakeKernel implements Kernel {
  readonly runtime = "packaged";
  readonly info = { protocol: 1, version: "", node: "", pid: 1, runFolder: "folder/.dlnb/tour" };
  readonly ended: Promise<KernelEnd>;
  readonly asked: string[] = [];
  exit!: (end: KernelEnd) => void;

  readonly cells: (text: string, kernel: FakeKernel) => Promise<CellResult>;
  readonly emit: (event: KernelEvent) => void;

  constructor(cells: FakeKernel["cells"], emit: FakeKernel["emit"]) {
    this.cells = cells;
    this.emit = emit;
    this.ended = new Promise((resolve) => {
      this.exit = resolve;
    });
  }

  request(method: string, params: unknown): Promise<never> {
    this.asked.push(method);
    if (method === "run") return this.cells((params as { text: string }).text, this) as Promise<never>;
    return Promise.resolve({} as never);
  }

  async interrupt(): Promise<void> {
    this.asked.push("interrupt");
    if (this.asked.filter((method) => method === "interrupt").length > 1) await this.close();
  }

  leave(): void {
    this.asked.push("leave");
  }

  close(): Promise<KernelEnd> {
    this.exit({ how: "was killed", lastOutput: "" });
    return this.ended;
  }
}

function setUp(cells: (text: string, kernel: FakeKernel) => Promise<CellResult>) {
  const kernels: FakeKernel[] = [];
  const executions: FakeExecution[] = [];
  const messages: { type: string }[] = [];
  const runs: Ran[] = [];
  const phases: KernelPhase[] = [];
  const session = new Session({
    start: async (onEvent) => {
      const kernel = new FakeKernel(cells, onEvent);
      kernels.push(kernel);
      return kernel;
    },
    createExecution: () => {
      const execution = new FakeExecution();
      executions.push(execution);
      return execution as never;
    },
    idOf: (cell) => cell.metadata.id as string,
    event: () => undefined,
    running: () => undefined,
    ran: (run) => runs.push(run),
    kernel: (phase) => phases.push(phase),
    explain: (error) => error,
    chart: (message) => messages.push(message),
  });
  return { session, kernels, executions, messages, runs, phases };
}

const ok = (order = 1): CellResult => ({ ok: true, wallMs: 1, order });
const never = new Promise<CellResult>(() => undefined);
const moment = () => new Promise((resolve) => setTimeout(resolve, 5));
const chart = {
  id: "curve",
  title: "",
  kind: "learning-curve" as const,
  spec: {},
  datasets: { train: encodeColumns({ step: [1] }) },
  live: true,
  text: "a curve",
};

describe("a session", () => {
  test("runs cells one after the other and shows their text in order", async () => {
    const { session, executions } = setUp(async (text, kernel) => {
      kernel.emit({ event: "text", cell: text, stream: "stdout", text: `${text} a\n` });
      await moment();
      kernel.emit({ event: "text", cell: text, stream: "stdout", text: `${text} b\n` });
      kernel.emit({ event: "text", cell: text, stream: "stderr", text: `${text} c\n` });
      return ok();
    });
    await session.run(fakeNotebook("c1", "c2").getCells());
    expect(executions.map(({ state }) => state)).toEqual(["ok", "ok"]);
    expect(executions[1]?.shown).toEqual([
      "application/vnd.code.notebook.stdout: c2 a\nc2 b\n",
      "application/vnd.code.notebook.stderr: c2 c\n",
    ]);
  });

  test("drops the cells behind one that failed", async () => {
    const error = { name: "ShapeError", message: "sizes differ", line: 2, stack: "" };
    const { session, executions } = setUp(async () => ({ ok: false, wallMs: 1, order: 1, error }));
    await session.run(fakeNotebook("c1", "c2").getCells());
    expect(executions.map(({ state }) => state)).toEqual(["failed", "dropped"]);
    expect(executions[0]?.json(ERROR_MIME)).toEqual(error);
  });

  test("ends the running cell with an error when the kernel dies, and starts a fresh kernel for the next", async () => {
    const { session, kernels, executions } = setUp((text) => (text === "die" ? never : Promise.resolve(ok())));
    const running = session.run(fakeNotebook("die").getCells());
    await moment();
    kernels[0]?.exit({ how: "exited (code 134)", lastOutput: "out of memory" });
    await running;
    const error = executions[0]?.json(ERROR_MIME);
    expect(error?.name).toBe("KernelExited");
    expect(error?.message).toMatch(/kernel exited \(code 134\) while running cell 1; its last output is below/);
    expect(error?.message).toMatch(/folder\/\.dlnb\/tour/);
    expect(error?.stack).toBe("out of memory");
    await session.run(fakeNotebook("fine").getCells());
    expect(kernels.length).toBe(2);
    expect(executions[1]?.state).toBe("ok");
  });

  test("says so when the kernel does not start, and tries again with the next cell", async () => {
    let tries = 0;
    const executions: FakeExecution[] = [];
    const session = new Session({
      start: async () => {
        tries++;
        throw new Error("no Node here");
      },
      createExecution: () => {
        const execution = new FakeExecution();
        executions.push(execution);
        return execution as never;
      },
      idOf: () => "c1",
      event: () => undefined,
      running: () => undefined,
      ran: () => undefined,
      kernel: () => undefined,
      explain: (error) => error,
      chart: () => undefined,
    });
    await session.run(fakeNotebook("a").getCells());
    await session.run(fakeNotebook("a").getCells());
    expect(tries).toBe(2);
    expect(executions[0]?.json(ERROR_MIME).message).toBe("the kernel did not start: no Node here");
  });

  test("asks the kernel to stop at the first interrupt, drops what waits, and ends the process at the second", async () => {
    const { session, kernels, executions } = setUp(() => never);
    const running = session.run(fakeNotebook("a", "b").getCells());
    await moment();
    await session.interrupt();
    expect(kernels[0]?.asked).toContain("interrupt");
    expect(executions[1]?.state).toBe("dropped");
    await session.interrupt();
    await running;
    expect(executions[0]?.json(ERROR_MIME).message).toMatch(/did not stop/);
  });

  test("feeds a chart by messages and writes it whole at the end", async () => {
    const { session, executions, messages } = setUp(async (_, kernel) => {
      const items = [
        { mime: CHART_MIME, data: chart },
        { mime: "text/plain" as const, data: chart.text },
      ] as const;
      kernel.emit({ event: "output", cell: "c1", output: { id: "o1", items } });
      const rows = { cell: "c1", chart: "curve", dataset: "train", replace: false };
      kernel.emit({ event: "rows", ...rows, columns: encodeColumns({ step: [2, 3] }) });
      await moment();
      // the editor's copy is not touched by every row
      expect(executions[0]?.json(CHART_MIME).datasets).toEqual(chart.datasets);
      return ok();
    });
    await session.run(fakeNotebook("c1").getCells());
    expect(messages.map(({ type }) => type)).toEqual(["chart", "rows", "chart"]);
    const final = executions[0]?.json(CHART_MIME);
    expect(final?.live).toBe(false);
    expect(final?.datasets).toEqual({ train: encodeColumns({ step: [1, 2, 3] }) });
    expect(executions[0]?.outputs.length).toBe(1);
  });

  test("keeps what a cell prints below a bound", async () => {
    const { session, executions } = setUp(async (_, kernel) => {
      for (let i = 0; i < 100; i++) {
        kernel.emit({ event: "text", cell: "c1", stream: "stdout", text: "x".repeat(10_000) });
      }
      return ok();
    });
    await session.run(fakeNotebook("c1").getCells());
    expect(executions[0]?.shown.join().length).toBeLessThan(201_000);
    expect(executions[0]?.shown.join()).toMatch(/the rest is in the run log/);
  });

  test("goes on under the new cell when its notebook was closed and opened again", async () => {
    const { session, executions } = setUp(async (_, kernel) => {
      kernel.emit({ event: "output", cell: "c1", output: { id: "o1", items: [{ mime: CHART_MIME, data: chart }] } });
      kernel.emit({
        event: "rows",
        cell: "c1",
        chart: "curve",
        dataset: "train",
        replace: false,
        columns: encodeColumns({ step: [2] }),
      });
      await moment();
      await moment();
      kernel.emit({ event: "text", cell: "c1", stream: "stdout", text: "late\n" });
      return ok();
    });
    const running = session.run(fakeNotebook("c1").getCells());
    await moment();
    session.attach(fakeNotebook("c1"));
    expect(session.has("c1")).toBe(true);
    expect(executions[1]?.json(CHART_MIME).datasets).toEqual({ train: encodeColumns({ step: [1, 2] }) });
    await running;
    expect(executions[1]?.state).toBe("ok");
    expect(executions[1]?.shown.at(-1)).toMatch(/late/);
  });

  test("a restart ends the running cell and says why", async () => {
    const { session, executions } = setUp(() => never);
    const running = session.run(fakeNotebook("a").getCells());
    await moment();
    await session.restart();
    await running;
    expect(executions[0]?.json(ERROR_MIME).message).toBe("the kernel was restarted");
    expect(session.kernel).toBe(null);
  });

  test("counts what ran in its kernel, errors and interrupts too, from 1 again after a restart", async () => {
    const { session, executions, runs, phases } = setUp(async (text, kernel) => {
      const order = kernel.asked.filter((method) => method === "run").length;
      return { ...ok(order), ok: text !== "fails" };
    });
    const cells = fakeNotebook("a", "fails", "dropped").getCells();
    await session.run(cells);
    await session.run([cells[2] as never]);
    await session.restart();
    await session.run([cells[0] as never]);
    expect(executions.map(({ executionOrder }) => executionOrder)).toEqual([1, 2, undefined, 3, 1]);
    expect(runs.map(({ cell, text, order, ok }) => [cell, text, order, ok])).toEqual([
      ["c1", "a", 1, true],
      ["c2", "fails", 2, false],
      ["c3", "dropped", 3, true],
      ["c1", "a", 1, true],
    ]);
    expect(phases).toEqual(["starting", "ready", "none", "starting", "ready"]);
  });

  test("gives no place in the order to a cell that was stopped before it began", async () => {
    const { session, executions, runs } = setUp(async () => ok());
    const running = session.run(fakeNotebook("a").getCells());
    await session.interrupt();
    await running;
    expect(executions.map(({ executionOrder, state }) => [executionOrder, state])).toEqual([[undefined, "failed"]]);
    expect(runs).toEqual([]);
  });
});

test("a running cell that another of its id has taken the place of goes on there, and is not interrupted", async () => {
  const { session, executions } = setUp(() => new Promise(() => {}));
  const [before, after] = [fakeNotebook("await forever"), fakeNotebook("await forever // from disk")];
  void session.run([before.cellAt(0)]);
  await new Promise((resolve) => setTimeout(resolve, 20));
  expect(session.replaced(before)).toBe(false);
  expect(session.replaced(after)).toBe(true);
  session.attach(after);
  expect(session.replaced(after)).toBe(false);
  expect(executions.map(({ state }) => state)).toEqual(["dropped", "running"]);
});
