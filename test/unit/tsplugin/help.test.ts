import { ts } from "@ts-morph/common";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { closingOf } from "./closing.ts";
import { makeTypes, Server } from "./server.ts";

let types: Awaited<ReturnType<typeof makeTypes>>;
let server: Server;
let file: string;
let other: string;

beforeAll(async () => {
  types = await makeTypes();
  server = new Server(types.folder);
  [file, other] = server.notebook(
    "/n/a.dlnb",
    "",
    "const net = nn.linear(3); let rate = 1; function half(n: number) { return n / 2; } class Own {} type Named = string;",
  ) as [string, string];
}, 60_000);
afterAll(() => types.remove());

const offered = (marked: string) => server.completions(file, marked);
const names = (marked: string) => offered(marked).map(({ name }) => name);
const details = (marked: string, name: string) => {
  const found = server.service.getCompletionEntryDetails(
    file,
    server.mark(file, marked),
    name,
    {},
    undefined,
    {},
    undefined,
  );
  const text = (parts: ts.SymbolDisplayPart[] | undefined) => ts.displayPartsToString(parts);
  return { head: text(found?.displayParts), doc: text(found?.documentation) };
};
/** The first of what is offered, as the editor sorts them, with what stands beside each. */
const list = (marked: string, count: number) =>
  [...offered(marked)]
    .sort((a, b) => (a.sortText < b.sortText ? -1 : a.sortText > b.sortText ? 1 : 0))
    .slice(0, count)
    .map(({ name, labelDetails }) => `${name} ${labelDetails?.description ?? ""}`);
const help = (marked: string) => {
  const found = server.service.getSignatureHelpItems(file, server.mark(file, marked), {});
  if (!found) return null;
  const [item] = found.items as [ts.SignatureHelpItem];
  const text = ts.displayPartsToString;
  const shown = item.parameters.map(({ displayParts }) => text(displayParts));
  const active = item.parameters[found.argumentIndex];
  return {
    label: `${text(item.prefixDisplayParts)}${shown.join(text(item.separatorDisplayParts))}${text(item.suffixDisplayParts)}`,
    active: text(active?.displayParts),
    option: text(active?.documentation),
    doc: text(item.documentation),
  };
};

describe("completions", () => {
  test("of options come first, in the order of their declaration, with their defaults", () => {
    expect(list("optim.adamw({ | })", 4)).toEqual([
      "lr = 0.001",
      "betas = [0.9, 0.999]",
      "eps = 1e-8",
      "weightDecay = 0.01",
    ]);
    expect(list("optim.adamw({ lr: 1, |", 2)).toEqual(["betas = [0.9, 0.999]", "eps = 1e-8"]);
    expect(list("nn.conv2d({ |", 2)).toEqual(["outChannels required", "kernelSize required"]);
  });

  test("of options say what they mean, and within what they are", () => {
    expect(details("optim.adamw({ | })", "lr")).toEqual({
      head: "lr?: number",
      doc: "Step size; a schedule may drive it.\n\ndefault `0.001`, in `[0, inf)`",
    });
  });

  test("of the library's entries say what they are", () => {
    const adamw = offered("optim.|").find(({ name }) => name === "adamw");
    expect(adamw?.labelDetails?.description).toBe("Adam with weight decay kept out of the moments.");
    expect(adamw?.kind).toBe("method");
    expect(details("optim.|", "adamw").doc).toContain("Loshchilov & Hutter 2019");
  });

  test("of what an experiment and a run can do say what that is", () => {
    const given = "const exp = experiment({} as any); ";
    const words = (marked: string, name: string) =>
      offered(marked).find((one) => one.name === name)?.labelDetails?.description;
    expect(words(`${given}exp.|`, "fit")).toMatch(/^Trains the experiment/);
    expect(words(`${given}exp.inspect.|`, "initialization")).toMatch(/\S/);
    expect(words(`${given}const run = await exp.fit(); run.|`, "diagnose")).toMatch(/\S/);
    expect(list(`${given}await exp.fit({ |`, 2)).toEqual(["epochs = null", "steps = null"]);
  });

  test("of what experiments, runs and tensors can do say it in words, with the options of methods", () => {
    const given = "const exp = experiment({} as any); const run = await exp.fit(); ";
    expect(details(`${given}run.|`, "exportOnnx").doc).toContain("Writes the model as an ONNX file");
    expect(details(`${given}exp.|`, "exportPyTorch").doc).toContain("Writes a script that trains this in PyTorch");
    expect(details("tensor([1]).|", "cumsum").doc).toContain("Sums of the elements up to each along");
    expect(details("tensor([1]).|", "mean").doc).toContain("Arithmetic mean");
    expect(list(`${given}await exp.exportPyTorch("a.py", { |`, 2)).toEqual(["epochs = null", "schedule = null"]);
  });

  test("of the words that an option takes are those words", () => {
    expect(names('init.kaimingNormal({ mode: "|" })')).toEqual(["fanIn", "fanOut"]);
  });

  test("have the names of other cells as what they are, and nothing of how they come", () => {
    const found = new Map(offered("|").map(({ name, kind }) => [name, kind]));
    expect(["net", "rate", "half", "Own", "optim"].map((name) => found.get(name))).toEqual([
      "const",
      "let",
      "function",
      "class",
      "const",
    ]);
    expect(details("|", "half").head).toBe("function half(n: number): number");
    expect(names("const x: |")).toEqual(expect.arrayContaining(["Named", "Layer", "Run"]));
  });

  test("that import something write the import into the cell", () => {
    const position = server.mark(file, "readFileSyn|");
    const preferences = { includeCompletionsForModuleExports: true, includeCompletionsWithInsertText: true };
    const entries = server.service.getCompletionsAtPosition(file, position, preferences)?.entries ?? [];
    const entry = entries.find(
      ({ name, source }) => name === "readFileSync" && source === "node:fs",
    ) as ts.CompletionEntry;
    const found = server.service.getCompletionEntryDetails(
      file,
      position,
      entry.name,
      {},
      entry.source,
      preferences,
      entry.data,
    );
    expect(found?.codeActions?.[0]?.changes).toEqual([
      {
        fileName: file,
        textChanges: [{ span: { start: 0, length: 0 }, newText: 'import { readFileSync } from "node:fs";\n' }],
      },
    ]);
    expect(entries.filter(({ source }) => source?.startsWith("dlnb-cell:"))).toEqual([]);
  });
});

describe("signature help", () => {
  test("explains the option that is being given", () => {
    const found = help("optim.adamw({ lr: |");
    expect(found?.label).toMatch(/^optim\.adamw\(\{ lr\?: number, betas\?: readonly \[number, number\], .* \}\)$/);
    expect(found?.active).toBe("{ lr?: number");
    expect(found?.option).toContain("Step size; a schedule may drive it.");
    expect(found?.doc).toBe("Adam with weight decay kept out of the moments.");
  });

  test("goes on to the first option that is not given yet", () => {
    expect(help("optim.adamw({ lr: 1e-3, |")?.active).toBe("betas?: readonly [number, number]");
    expect(help("optim.adamw({ |")?.active).toBe("{ lr?: number");
  });

  test("has what may come without its name before the others", () => {
    expect(help("nn.linear(|")?.active).toBe("outFeatures: number");
    expect(help("nn.linear(8, { bias: |")?.active).toMatch(/^bias\?: /);
  });

  test("of a call within a call is that one's", () => {
    expect(help("nn.sequential(nn.dropout(|")?.label).toMatch(/^nn\.dropout\(/);
    expect(help("experiment({ optimizer: optim.sgd({ lr: 1 }), |")?.label).toMatch(/^experiment\(/);
  });

  test("of other functions is TypeScript's own", () => {
    expect(help("half(|")?.label).toBe("half(n: number): number");
    expect(help("console.log(nn.relu(), |")?.label).toMatch(/^log\(/);
  });
});

describe("a hover", () => {
  test.each([
    ["const exp| = experiment({} as any)", "const exp: Experiment"],
    ["const run| = await experiment({} as any).fit()", "const run: Run"],
    ["const s| = schedule.oneCycle({ maxLr: 1 })", 'const s: Schedule<"step">'],
    ["const l| = nn.lstm(3)", "const l: Layer"],
    ["const sets| = (await data.csv('a.csv')).split()", "const sets: Splits"],
    ["net|", "const net: Layer"],
    ["rate|", "let rate: number"],
    ["half|", "function half(n: number): number"],
    ["new Own|()", "constructor Own(): Own"],
    ["const r: Run| = null", "type Run"],
    ["optim|.sgd()", "const optim"],
  ])("on %s says %s", (marked, said) => {
    expect(server.hover(file, marked)).toBe(said);
  });

  test("leaves to the library's own hover what that one tells", () => {
    for (const marked of ["optim.adamw|()", "optim.adamw({ lr|: 1 })", "experiment|({} as any)"]) {
      expect(server.hover(file, marked)).toBeNull();
    }
    expect(server.hover(file, "const optim = { adamw: 1 }; optim.adamw|")).toBe("(property) adamw: number");
  });
});

describe("changes of code", () => {
  test("show the uses of a name in all cells, and not how it comes there", () => {
    server.write(file, "net; net");
    const uses = server.service
      .findReferences(other, server.text(other).indexOf("net"))
      ?.flatMap(({ references }) => references);
    expect(uses?.map(({ fileName, textSpan }) => [fileName === file, textSpan.start])).toEqual(
      expect.arrayContaining([
        [false, 6],
        [true, 0],
        [true, 5],
      ]),
    );
    expect(uses?.every(({ fileName, textSpan }) => textSpan.start < server.text(fileName).length)).toBe(true);
  });

  test("that a fix makes stay within the cell", () => {
    server.write(file, "basename('a/b')");
    const fixes = server.service.getCodeFixesAtPosition(file, 0, 8, [2304], ts.getDefaultFormatCodeSettings(), {});
    const added = fixes.flatMap(({ changes }) => changes).flatMap(({ textChanges }) => textChanges);
    expect(added.map(({ newText }) => newText)).toContain('import { basename } from "node:path";\n');
    expect(added.every(({ span }) => span.start + span.length <= "basename('a/b')".length)).toBe(true);
  });

  test("hints at what is not used within a function, and never at a name of the cell", () => {
    server.write(file, "const spare = 1; function f() { const inner = 1; }");
    const hints = server.service.getSuggestionDiagnostics(file);
    expect(hints.map(({ start, length }) => server.text(file).slice(start, start + length))).toEqual(["inner"]);
  });
});

test.each([
  ["f({ a: [1, ", "]})"],
  ["const t = `a ${b", "`".replace("`", "}`")],
  ["const t = `a", "`"],
  ["/* a", "*/"],
  ["a = /[(]/.test(", ")"],
  ["a / (b", ")"],
  ["const s = '(", ""],
  ["done({})", ""],
])("what is open at the end of %j is closed by %j", (text, closing) => {
  expect(closingOf(text)).toBe(closing);
});
