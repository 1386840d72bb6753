import { mkdirSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { FINDINGS_MIME, type Findings, type RunStatus } from "../../../engine/protocol/index.ts";
import { resumeOffer } from "../../../src/controller/resumeOffer.ts";

const base = mkdtempSync(join(tmpdir(), "dlnb-offer-"));
afterAll(() => rmSync(base, { recursive: true, force: true }));
const runFolder = join(base, ".dlnb", "tour");
let runs = 0;

function left(checkpoints: readonly string[], log: string): RunStatus {
  const folder = join(runFolder, "runs", `r${++runs}`);
  mkdirSync(join(folder, "checkpoints"), { recursive: true });
  writeFileSync(join(folder, "log.jsonl"), log);
  checkpoints.forEach((name, i) => {
    writeFileSync(join(folder, "checkpoints", name), "");
    utimesSync(join(folder, "checkpoints", name), i, i);
  });
  return { id: "run-1", name: "Run 1", folder, step: 5000, epochs: 40 } as RunStatus;
}

async function cellOf(run: RunStatus): Promise<string> {
  const offer = await resumeOffer(run, runFolder);
  const findings = offer?.items.find(({ mime }) => mime === FINDINGS_MIME)?.data as Findings;
  const action = findings.findings[0]?.tries[0]?.action;
  return action?.do.kind === "insert-cell" ? action.do.text : "";
}

test("a run whose kernel died can go on from its newest checkpoint, under its experiment's own name", async () => {
  const run = left(
    ["step-100.safetensors", "step-4000.safetensors"],
    '{"event":"start","experiment":"wide"}\n{"event":"st',
  );
  expect(await cellOf(run)).toBe(
    'const run = await wide.fit({ epochs: 40, resume: ".dlnb/tour/runs/r1/checkpoints/step-4000.safetensors" });',
  );
});

test("what a log says for a name is taken as one only where it is one", async () => {
  const run = left(["last.safetensors"], '{"event":"start","experiment":"x); evil("}\n');
  expect(await cellOf(run)).toMatch(/^const run = await exp\.fit\(/);
});

test("without a checkpoint, or a folder, nothing is offered", async () => {
  expect(await resumeOffer(left([], "cut"), runFolder)).toBeNull();
  expect(await resumeOffer({ folder: null } as RunStatus, null)).toBeNull();
  expect(await resumeOffer(null, runFolder)).toBeNull();
});
