import assert from "node:assert/strict";
import { readdirSync, readFileSync, statSync } from "node:fs";
import { basename, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { before, describe, it } from "mocha";
import { until } from "./browser.ts";
import { digits, writeNotebook } from "./notebooks.ts";
import { kernelsUnder, residentBytes } from "./processes.ts";
import { charts, reopen, server, shot, window } from "./walkWindow.ts";

/** When the newest file of that name was written, in ms since 1970. */
const newest = (folder: string, name: string) =>
  Math.max(
    ...readdirSync(folder, { recursive: true, encoding: "utf8" })
      .filter((path) => basename(path) === name)
      .map((path) => statSync(join(folder, path)).mtimeMs),
  );

before(() => {
  writeNotebook(server.workspace, "stop.dlnb", digits(100_000));
  writeNotebook(server.workspace, "edit.dlnb", digits(1));
  writeNotebook(server.workspace, "long.dlnb", [...digits(2500), "// somewhere to type"]);
});

describe("the tour", () => {
  it("opens as a notebook with the dlnb kernel", async () => {
    await window.openNotebook("tour.dlnb");
    await shot("tour opened");
  });

  it("runs all its cells", async () => {
    await window.reveal("exp.fit");
    await window.runAll();
    await charts().first().waitFor({ timeout: 60_000 });
    await shot("tour while it trains");
    await window.idle();
    await shot("tour finished");
  });

  it("ends with the accuracy it promises and every cell done", async () => {
    await window.reveal("confusion");
    await shot("tour confusion");
    const text = await window.outputText();
    const accuracy = Number(/test accuracy\D*(0?\.\d+)/i.exec(text)?.[1]);
    assert.ok(accuracy >= 0.96, text);
    assert.equal(await charts().and(window.outputs.locator('[data-live="true"]')).count(), 0);
    assert.equal(await window.page.locator(".notebookOverlay .codicon-notebook-state-error").count(), 0);
  });

  it("is drawn in the editor's theme, also when that changes", async () => {
    await window.reveal("exp.fit");
    const ink = () =>
      charts()
        .first()
        .locator(".dlnb-title")
        .evaluate((e) => getComputedStyle(e).color);
    const light = await ink();
    await window.theme("Dark Modern");
    await shot("tour dark");
    assert.notEqual(await ink(), light);
    await window.theme("Light 2026");
  });

  it("shows its outputs again after it was closed and opened", async () => {
    const before = await window.outputText();
    await window.openNotebook("tour.dlnb");
    await window.reveal("exp.fit");
    await charts().first().waitFor({ timeout: 20_000 });
    await shot("tour reopened");
    await window.reveal("confusion");
    const accuracy = /test accuracy\D*(0?\.\d+)/i;
    assert.equal(accuracy.exec(await window.outputText())?.[1], accuracy.exec(before)?.[1]);
  });
});

describe("a long training", () => {
  it("moves its curve", async () => {
    await window.openNotebook("stop.dlnb");
    await window.runCell("const digits");
    await window.outputs.getByText("defined").waitFor({ timeout: 30_000 });
    await window.runCell("const run");
    const chart = charts().last();
    await chart.waitFor({ timeout: 30_000 });
    const seen: number[] = [];
    for (let i = 0; i < 20; i++, await sleep(150)) {
      const step = Number(/step ([\d,]+)/.exec(await chart.innerText())?.[1]?.replaceAll(",", ""));
      if (step !== seen.at(-1)) seen.push(step);
    }
    await shot("curve while it trains");
    assert.ok(seen.length >= 5, `steps seen: ${seen}`);
    assert.deepEqual(
      seen,
      seen.toSorted((a, b) => a - b),
    );
    assert.equal(await chart.getAttribute("data-live"), "true");
  });

  it("stops within a second of an interrupt, and the next cell still sees the run", async () => {
    const { clickedAt, idleAt } = await window.interrupt();
    const checkpoint = newest(server.workspace, "last.safetensors");
    await shot("interrupted");
    console.log(
      `      checkpoint after ${(checkpoint - clickedAt).toFixed(0)} ms, cell ended after ${idleAt - clickedAt} ms`,
    );
    assert.ok(checkpoint - clickedAt < 1000, `the checkpoint was written ${checkpoint - clickedAt} ms after the click`);
    assert.ok(idleAt - clickedAt < 3000, `the cell ended ${idleAt - clickedAt} ms after the click`);
    await window.runCell("steps so far");
    await window.outputs.getByText(/steps so far \d/).waitFor({ timeout: 10_000 });
    const steps = Number(/steps so far (\d+)/.exec(await window.outputText())?.[1]);
    assert.ok(steps >= 50, await window.outputText());
  });

  it("ends with an error when its kernel is killed, and the next run works", async () => {
    await window.runCell("const run");
    await charts().last().waitFor({ timeout: 30_000 });
    await sleep(1500);
    const kernels = kernelsUnder(server.pid);
    assert.ok(kernels.length > 0, "no kernel process found");
    for (const pid of kernels) process.kill(pid, "SIGKILL");
    await window.idle(10_000);
    await shot("kernel killed");
    assert.match(await window.outputText(), /kernel (exited|was killed|died|ended)[^.]*SIGKILL/i);
    await window.runCell("const digits");
    await window.outputs.getByText("defined").waitFor({ timeout: 30_000 });
  });
});

describe("50,000 steps", () => {
  it("leave the editor responsive, the kernel's memory flat and the output small", async function () {
    this.timeout(600_000);
    await window.openNotebook("long.dlnb");
    await window.runAll();
    const chart = charts().last();
    await chart.waitFor({ timeout: 60_000 });
    await sleep(2000);
    const kernel = kernelsUnder(server.pid).at(-1) as number;
    const start = residentBytes(kernel);
    const delays: number[] = [];
    const cell = window.codeCell("somewhere to type");
    await cell.locator(".view-lines").click();
    await window.page.keyboard.press("End");
    for (let i = 0; i < 10; i++) {
      const begin = performance.now();
      await window.page.keyboard.type(`${i}`);
      await cell.locator(".view-lines", { hasText: "0123456789".slice(0, i + 1) }).waitFor({ timeout: 5000 });
      delays.push(performance.now() - begin);
      await sleep(300);
    }
    await window.idle(300_000);
    await shot("50,000 steps");
    await window.page.keyboard.press("Control+S");
    const grown = residentBytes(kernel) - start;
    const outputs = readdirSync(join(server.workspace, ".dlnb/long/outputs"), { encoding: "utf8" });
    const bytes = outputs.reduce(
      (sum, name) => sum + statSync(join(server.workspace, ".dlnb/long/outputs", name)).size,
      0,
    );
    const median = delays.toSorted((a, b) => a - b)[5] as number;
    console.log(
      `      typing: median ${median.toFixed(0)} ms; kernel grew by ${(grown / 2 ** 20).toFixed(1)} MiB; outputs ${(bytes / 1024).toFixed(0)} KiB`,
    );
    assert.ok(median < 200, `typing took ${delays.map(Math.round)} ms`);
    assert.ok(bytes > 0 && bytes < 2 ** 20, `the outputs have ${bytes} bytes`);
    assert.ok(grown < 64 * 2 ** 20, `the kernel grew by ${grown} bytes`);
  });
});

describe("editing", () => {
  it("changes one line of the file for one line of a cell", async () => {
    const file = join(server.workspace, "edit.dlnb");
    const before = readFileSync(file, "utf8").split("\n");
    await window.openNotebook("edit.dlnb");
    await window.codeCell("steps so far").locator(".view-lines").click();
    await window.page.keyboard.press("End");
    await window.page.keyboard.type(" // seen");
    await window.page.keyboard.press("Control+S");
    assert.ok(await until(() => readFileSync(file, "utf8").includes("// seen")), "the file was not saved");
    const changed = readFileSync(file, "utf8").split("\n");
    assert.equal(changed.length, before.length);
    assert.deepEqual(
      changed.filter((line, i) => line !== before[i]),
      ['console.log("steps so far", run.steps); // seen'],
    );
  });
});

describe("a workspace that is not trusted", () => {
  it("shows the notebook and its outputs, and runs nothing", async () => {
    await reopen({ workspaceTrust: true });
    await window.openNotebook("tour.dlnb");
    await window.reveal("exp.fit");
    await charts().first().waitFor({ timeout: 20_000 });
    await shot("not trusted");
    assert.match(await window.page.locator("body").innerText(), /restricted mode/i);
    await window.toolbar("Run All").click();
    const question = window.page.locator(".monaco-dialog-box", { hasText: "Do you trust the authors" });
    await question.waitFor();
    await shot("not trusted after Run All");
    await question.getByRole("button", { name: "Cancel" }).click();
    await sleep(2000);
    assert.deepEqual(kernelsUnder(server.pid), []);
  });
});
