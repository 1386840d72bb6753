import { ts } from "@ts-morph/common";
import { afterAll, beforeAll, expect, test } from "vitest";
import { pluginFor } from "../../../src/tsplugin/index.ts";
import { cellFile, makeTypes, system } from "./server.ts";

// The plugin as VS Code has it: in a whole TypeScript server, asked by its protocol.

let types: Awaited<ReturnType<typeof makeTypes>>;
let server: TestServer;
beforeAll(async () => {
  types = await makeTypes();
  server = new TestServer(types.folder);
}, 60_000);
afterAll(() => types.remove());

const nothing = { close: () => {} };

/** A server that loads the plugin by its name, and what it tells by itself. */
class TestServer extends ts.server.Session {
  readonly events: { readonly event: string; readonly body: unknown }[] = [];
  #seq = 0;

  constructor(folder: string, serverMode = ts.LanguageServiceMode.Semantic) {
    const host = {
      ...system,
      getExecutingFilePath: () => "/lib/tsserver.js",
      watchFile: () => nothing,
      watchDirectory: () => nothing,
      setTimeout,
      clearTimeout,
      setImmediate,
      clearImmediate,
      require: () => ({ module: pluginFor(folder), error: undefined }),
    };
    super({
      host: host as unknown as ts.server.ServerHost,
      cancellationToken: ts.server.nullCancellationToken,
      useSingleInferredProject: false,
      useInferredProjectPerProjectRoot: true,
      byteLength: Buffer.byteLength,
      hrtime: process.hrtime,
      logger: {
        close: () => {},
        hasLevel: () => false,
        loggingEnabled: () => false,
        perftrc: () => {},
        info: () => {},
        startGroup: () => {},
        endGroup: () => {},
        msg: () => {},
        getLogFileName: () => undefined,
      },
      canUseEvents: true,
      globalPlugins: ["dlnb-typescript-plugin"],
      pluginProbeLocations: ["/nowhere"],
      serverMode,
    });
  }

  override send(message: ts.server.protocol.Message): void {
    if (message.type === "event") this.events.push(message as never);
  }

  ask<T>(command: string, args: object): T {
    const request = { seq: ++this.#seq, type: "request" as const, command, arguments: args };
    return this.executeCommand(request).response as T;
  }

  open(...files: readonly (readonly [file: string, text: string])[]): void {
    this.openIn("/n", ...files);
  }

  /** `root`: the folder of the workspace that they are in; the editor gives none for what is untitled. */
  openIn(root: string | undefined, ...files: readonly (readonly [file: string, text: string])[]): void {
    const openFiles = files.map(([file, fileContent]) => ({
      file,
      fileContent,
      scriptKindName: "TS",
      ...(root === undefined ? {} : { projectRootPath: root }),
    }));
    this.ask("updateOpen", { openFiles });
  }

  /** What is shown under a cell once everything was asked for, as the editor does after a change. */
  async errors(file: string): Promise<unknown[]> {
    this.events.length = 0;
    this.ask("geterr", { files: [file], delay: 0 });
    const done = () => this.events.some(({ event }) => event === "requestCompleted");
    await expect.poll(done, { timeout: 10_000 }).toBe(true);
    const shown = this.events.filter(({ event }) => event === "syntaxDiag" || event === "semanticDiag");
    return shown.flatMap(({ body }) => (body as { diagnostics: unknown[] }).diagnostics);
  }
}

test("type errors of cells come once, with code, category and place", async () => {
  const cell = cellFile("/n/a.dlnb", 0);
  server.open([cell, 'const a = 1;\nconst opt = optim.adam({ lr: "fast" });']);
  expect(await server.errors(cell)).toEqual([
    expect.objectContaining({
      start: { line: 2, offset: 26 },
      end: { line: 2, offset: 28 },
      text: "Type 'string' is not assignable to type 'number'.",
      code: 2322,
      category: "error",
    }),
  ]);
  const change = { start: { line: 2, offset: 30 }, end: { line: 2, offset: 36 }, newText: "1" };
  server.ask("updateOpen", { changedFiles: [{ fileName: cell, textChanges: [change] }] });
  expect(await server.errors(cell)).toEqual([]);
});

test("cells of an untitled notebook know each other, though each is a project of its own", async () => {
  const server = new TestServer(types.folder);
  const [one, two, three] = [0, 1, 2].map((handle) => cellFile("Untitled-1.dlnb", handle, "untitled")) as [
    string,
    string,
    string,
  ];
  server.openIn(undefined, [one, "const width = 3;"]);
  server.openIn(undefined, [two, "optim.adamw({ lr: width })"]);
  expect(await server.errors(two)).toEqual([]);
  server.openIn(undefined, [three, "const late: string = width;"]);
  expect(await server.errors(three)).toEqual([
    expect.objectContaining({ text: "Type 'number' is not assignable to type 'string'." }),
  ]);
  const change = { start: { line: 1, offset: 15 }, end: { line: 1, offset: 16 }, newText: '"3"' };
  server.ask("updateOpen", { changedFiles: [{ fileName: one, textChanges: [change] }] });
  expect(await server.errors(three)).toEqual([]);
  expect(await server.errors(two)).toHaveLength(1);
  server.ask("close", { file: one });
  expect(await server.errors(two)).toEqual([expect.objectContaining({ text: "Cannot find name 'width'." })]);
});

test("the order of cells is heard, also before there is a project, and errors are asked for anew", async () => {
  const server = new TestServer(types.folder);
  const [one, two, three] = [0, 1, 2].map((handle) => cellFile("/n/a.dlnb", handle)) as [string, string, string];
  const order = (...cells: string[]) => ({ "n/a.dlnb": cells.map((cell) => cell.slice(cell.indexOf("#") + 1)) });
  const hover = () =>
    server.ask<{ displayString: string }>("quickinfo", { file: two, line: 1, offset: 1 }).displayString;
  server.ask("configurePlugin", {
    pluginName: "dlnb-typescript-plugin",
    configuration: { order: order(three, two, one) },
  });
  server.open([one, "const x = 1;"], [two, "x"], [three, 'const x = "s";']);
  expect(hover()).toBe('const x: "s"');
  server.events.length = 0;
  server.ask("configurePlugin", {
    pluginName: "dlnb-typescript-plugin",
    configuration: { order: order(one, two, three) },
  });
  expect(hover()).toBe("const x: 1");
  expect(server.events.map(({ event }) => event)).toContain("projectsUpdatedInBackground");
});

test("definitions lead to the cell that declares a name, and into the library's declarations", () => {
  const [one, two] = [0, 1].map((handle) => cellFile("/n/defined.dlnb", handle)) as [string, string];
  server.open([one, "const width = 3;"], [two, "optim.adamw({ lr: width })"]);
  const places = (offset: number) =>
    server.ask<{ definitions: ts.server.protocol.FileSpan[] }>("definitionAndBoundSpan", { file: two, line: 1, offset })
      .definitions;
  expect(places(20)).toEqual([
    expect.objectContaining({ file: one, start: { line: 1, offset: 7 }, end: { line: 1, offset: 12 } }),
  ]);
  expect(places(8)[0]?.file).toContain("/engine/optim/adamw.d.ts");
});

test("a name is renamed in all cells of its notebook, and in no other", () => {
  const [one, two] = [0, 1].map((handle) => cellFile("/n/named.dlnb", handle)) as [string, string];
  const other = cellFile("/n/other.dlnb", 0);
  server.open([one, "const width = 3;"], [two, "width + width"], [other, "const width = 4; width"]);
  const found = server.ask<ts.server.protocol.RenameResponseBody>("rename", { file: two, line: 1, offset: 2 });
  expect(found.info.canRename).toBe(true);
  const spans = found.locs.toSorted((a, b) => (a.file < b.file ? -1 : 1));
  expect(
    spans.map(({ file, locs }) => [file, locs.map(({ start, prefixText }) => [start.offset, prefixText])]),
  ).toEqual([
    [one, [[7, undefined]]],
    [
      two,
      [
        [1, undefined],
        [9, undefined],
      ],
    ],
  ]);
  server.open([two, "optim.sgd()"]);
  expect(
    server.ask<ts.server.protocol.RenameResponseBody>("rename", { file: two, line: 1, offset: 2 }).info.canRename,
  ).toBe(false);
});

test("until the project is known, nothing is said of cells", () => {
  const server = new TestServer(types.folder, ts.LanguageServiceMode.PartialSemantic);
  const cell = cellFile("/n/a.dlnb", 0);
  server.open([cell, "const width = 3; wid"], ["/n/plain.ts", "const plain = 3; pla"]);
  const names = (file: string) =>
    server
      .ask<ts.server.protocol.CompletionInfo | undefined>("completionInfo", { file, line: 1, offset: 21 })
      ?.entries.map(({ name }) => name) ?? [];
  expect(names(cell)).toEqual([]);
  expect(names("/n/plain.ts")).toContain("plain");
});
