import { describe, expect, test } from "vitest";
import { encodeColumns } from "../../../engine/plots/index.ts";
import {
  type CellResult,
  CHART_MIME,
  ERROR_MIME,
  type KernelEvent,
  type KernelState,
} from "../../../engine/protocol/index.ts";
import type { Kernel, Rejoined } from "../../../src/controller/kernel.ts";
import { type Ran, Session } from "../../../src/controller/session.ts";
import type { KernelEnd } from "../../../src/kernel/index.ts";
import { FakeExecution, fakeNotebook } from "../../fake/notebook.ts";

/** A kernel that is joined; its cells end when the test says so. */
class LeftKernel implements Kernel {
  readonly info = { protocol: 1, version: "", node: "", pid: 7, runFolder: null };
  readonly runtime = "packaged";
  readonly asked: [method: string, params: unknown][] = [];
  readonly answers = new Map<string, PromiseWithResolvers<CellResult>>();
  readonly #end = Promise.withResolvers<KernelEnd>();
  readonly ended = this.#end.promise;

  request(method: string, params: unknown): Promise<never> {
    this.asked.push([method, params]);
    if (method !== "run" && method !== "outcome") return Promise.resolve({} as never);
    return this.answer((params as { cell: string }).cell).promise as Promise<never>;
  }

  answer(cell: string): PromiseWithResolvers<CellResult> {
    const answer = this.answers.get(cell) ?? Promise.withResolvers<CellResult>();
    this.answers.set(cell, answer);
    return answer;
  }

  async interrupt(): Promise<void> {
    this.asked.push(["interrupt", {}]);
  }

  leave(): void {
    this.asked.push(["leave", {}]);
  }

  exit(end: KernelEnd): void {
    this.#end.resolve(end);
  }

  close(): Promise<KernelEnd> {
    this.exit({ how: "exited (code 0)", lastOutput: "" });
    return this.ended;
  }

  methods(): string[] {
    return this.asked.map(([method]) => method);
  }
}

const chart = {
  id: "curve",
  title: "",
  kind: "learning-curve" as const,
  spec: {},
  datasets: { train: encodeColumns({ step: [1, 2, 3] }) },
  live: true,
  text: "a curve",
};
const info = new LeftKernel().info;
const idle: KernelState = { info, running: null, queued: [], ran: [], order: 0 };
const busy: KernelState = {
  info,
  running: {
    cell: "c2",
    index: 2,
    text: "train",
    order: 5,
    startedAt: "2026-01-01T10:00:00.000Z",
    outputs: [
      { id: "stdout-1", items: [{ mime: "text/plain", data: "begins\n" }] },
      { id: "o1", items: [{ mime: CHART_MIME, data: chart }] },
    ],
  },
  queued: [{ cell: "c3", index: 3, text: "after" }],
  ran: [{ cell: "c1", text: "define", order: 4, ok: true }],
  order: 5,
};
const rows = (step: number): KernelEvent => ({
  event: "rows",
  cell: "c2",
  chart: "curve",
  dataset: "train",
  columns: encodeColumns({ step: [step] }),
  replace: false,
});
const moment = () => new Promise((resolve) => setTimeout(resolve, 5));

function setUp() {
  const executions: (FakeExecution & { startedAt?: number })[] = [];
  const started: string[] = [];
  const ran: Ran[] = [];
  const phases: string[] = [];
  const kernel = new LeftKernel();
  const session = new Session({
    start: async () => {
      started.push("another kernel");
      return kernel;
    },
    createExecution: () => {
      const execution: FakeExecution & { startedAt?: number } = new FakeExecution();
      const start = execution.start.bind(execution);
      execution.start = (at?: number) => {
        execution.startedAt = at ?? 0;
        start();
      };
      executions.push(execution);
      return execution as never;
    },
    idOf: (cell) => cell.metadata.id as string,
    event: () => undefined,
    running: () => undefined,
    ran: (run) => ran.push(run),
    kernel: (phase) => phases.push(phase),

    explain: (error) => error,
    chart: () => undefined,
  });
  let emit: (event: KernelEvent) => void = () => undefined;
  const notebook = fakeNotebook("define", "train", "after", "more");
  const rejoin = (joined: (kernel: LeftKernel) => Promise<Rejoined | null>) =>
    session.rejoin(notebook, (onEvent) => {
      emit = onEvent;
      return joined(kernel);
    });
  return {
    session,
    kernel,
    executions,
    started,
    ran,
    phases,
    notebook,
    rejoin,
    emit: (event: KernelEvent) => emit(event),
  };
}

describe("a session that finds the kernel of a window before", () => {
  test("shows the running cell with its outputs, its order and since when it runs, and what comes goes on there", async () => {
    const { rejoin, kernel, executions, emit, session } = setUp();
    // a row that comes before the answer is taken in belongs behind what the answer tells
    const joining = rejoin(async () => {
      emit(rows(4));
      return { kernel, state: busy };
    });
    expect(await joining).toBe(true);
    emit(rows(5));
    emit({ event: "text", cell: "c2", stream: "stdout", text: "still here\n" });
    await moment();
    const [running, queued] = executions;
    expect(running).toMatchObject({ state: "running", executionOrder: 5, startedAt: Date.parse("2026-01-01T10:00Z") });
    expect(queued?.state).toBe("pending");
    expect(session.has("c2")).toBe(true);
    kernel.answer("c2").resolve({ ok: true, wallMs: 1, order: 5 });
    await moment();
    expect(running?.state).toBe("ok");
    expect(running?.json(CHART_MIME).datasets).toEqual({ train: encodeColumns({ step: [1, 2, 3, 4, 5] }) });
    expect(running?.shown[0]).toBe("application/vnd.code.notebook.stdout: begins\n");
    expect(running?.shown[2]).toBe("application/vnd.code.notebook.stdout: still here\n");
    expect(kernel.asked.find(([method]) => method === "run")?.[1]).toEqual({ cell: "c3", index: 3, text: "after" });
  });

  test("knows what has run", async () => {
    const { rejoin, kernel, session, notebook, ran, phases } = setUp();
    await rejoin(async () => ({ kernel, state: { ...busy, running: null, queued: [] } }));
    const [first, second] = notebook.getCells();
    expect(session.ran(first as never)).toBe(true);
    expect(session.ran(second as never)).toBe(false);
    expect(ran).toEqual(busy.ran);
    expect(phases).toEqual(["starting", "ready"]);
  });

  test("stops the running cell and drops what waits when asked to", async () => {
    const { rejoin, kernel, session, executions } = setUp();
    await rejoin(async () => ({ kernel, state: busy }));
    await session.interrupt();
    expect(kernel.methods()).toContain("interrupt");
    expect(executions[1]?.state).toBe("dropped");
  });

  test("runs cells that are started meanwhile after those that run there, and starts no kernel for them", async () => {
    const { rejoin, kernel, session, notebook, started, executions } = setUp();
    const found = Promise.withResolvers<Rejoined | null>();
    const joining = rejoin(() => found.promise);
    const running = session.run([notebook.cellAt(3)]);
    expect(executions[0]?.state).toBe("pending");
    found.resolve({ kernel, state: busy });
    await joining;
    for (const cell of ["c2", "c3", "c4"]) kernel.answer(cell).resolve({ ok: true, wallMs: 1, order: 6 });
    await running;
    const cells = kernel.asked.filter(([method]) => method === "run" || method === "outcome");
    expect(cells.map(([, params]) => (params as { cell: string }).cell)).toEqual(["c2", "c3", "c4"]);
    expect(started).toEqual([]);
  });

  test("starts a kernel of its own when that one is gone", async () => {
    for (const gone of [async () => null, () => Promise.reject(new Error("gone"))]) {
      const { rejoin, session, kernel, notebook, started } = setUp();
      expect(await rejoin(gone)).toBe(false);
      const running = session.run([notebook.cellAt(0)]);
      kernel.answer("c1").resolve({ ok: true, wallMs: 1, order: 1 });
      await running;
      expect(started).toEqual(["another kernel"]);
    }
  });

  test("does not look for one when it has one", async () => {
    const { rejoin, session, kernel } = setUp();
    await session.open();
    let looked = false;
    const joined = rejoin(async () => {
      looked = true;
      return { kernel, state: idle };
    });
    expect(await joined).toBe(false);
    expect(looked).toBe(false);
  });

  test("tells the kernel what is still to run, in case the window goes", async () => {
    const { session, kernel, notebook } = setUp();
    const running = session.run(notebook.getCells().slice(0, 3));
    await moment();
    expect(kernel.asked.findLast(([method]) => method === "queue")?.[1]).toEqual({
      cells: [
        { cell: "c2", index: 2, text: "train" },
        { cell: "c3", index: 3, text: "after" },
      ],
    });
    for (const cell of ["c1", "c2", "c3"]) kernel.answer(cell).resolve({ ok: true, wallMs: 1, order: 1 });
    await running;
  });

  test("leaves the kernel to the next window when this one goes, and does not end it", async () => {
    const { rejoin, kernel, session } = setUp();
    await rejoin(async () => ({ kernel, state: busy }));
    session.leave();
    await moment();
    expect(kernel.methods()).toContain("leave");
  });

  test("says under the cell when another window takes the kernel over", async () => {
    const { rejoin, kernel, executions } = setUp();
    await rejoin(async () => ({ kernel, state: busy }));
    kernel.exit({ how: "was taken over by another window", lastOutput: "", taken: true });
    await moment();
    expect(executions[0]?.state).toBe("failed");
    expect(executions[0]?.json(ERROR_MIME).message).toMatch(/another window has taken the kernel over/);
  });
});
