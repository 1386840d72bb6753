import assert from "node:assert/strict";
import { existsSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "mocha";
import type { Browser } from "playwright-core";
import { until } from "./browser.ts";
import { artifacts } from "./hosts.ts";
import { digits, writeNotebook } from "./notebooks.ts";
import { server, shot, window } from "./walkWindow.ts";

const at = (name: string) => join(server.workspace, name);

/** Waits until a file is there and grows no more. */
async function written(file: string): Promise<void> {
  let before = -1;
  const whole = await until(() => {
    const size = existsSync(at(file)) ? statSync(at(file)).size : -1;
    const same = size > 0 && size === before;
    before = size;
    return same;
  });
  assert.ok(whole, `${file} was not written`);
}

/** Takes the name that a dialog suggests. */
async function accept(file: string): Promise<string> {
  await window.page.locator(".quick-input-widget:visible input").first().waitFor();
  await window.page.waitForTimeout(700);
  await window.page.keyboard.press("Enter");
  await written(file);
  return readFileSync(at(file), "utf8");
}

describe("exports", () => {
  it("write a page with charts that move, a script, and a Jupyter notebook", async () => {
    writeNotebook(server.workspace, "share.dlnb", digits(3));
    await window.openNotebook("share.dlnb");
    await window.runAll();
    await window.idle(60_000);
    await window.command("dlnb: Export HTML...");
    const html = await accept("share.html");
    assert.match(html, /<figcaption>Validation loss/);
    assert.match(html, /steps so far \d+/);
    assert.match(html, /script-src 'sha256-/);
    await window.command("dlnb: Export TypeScript Script...");
    assert.match(
      await accept("share.ts"),
      /^import \{ data, experiment, loss, metrics, nn, optim \} from "dlnb";\n\n\/\/ %% c1\n/,
    );
    await window.command("dlnb: Export Jupyter Notebook...");
    const jupyter = JSON.parse(await accept("share.ipynb"));
    assert.equal(jupyter.cells.length, 3);
    assert.match(JSON.stringify(jupyter.cells[2].outputs), /steps so far/);

    const page = await (window.page.context().browser() as Browser).newPage();
    await page.goto(`file://${at("share.html")}`);
    await page.locator("figure.dlnb-chart").first().waitFor({ timeout: 20_000 });
    await page.locator("figure.dlnb-chart .dlnb-plot").first().hover();
    await page.screenshot({ path: join(artifacts, "exported-page.png") });
    assert.match(await page.locator(".dlnb-values").first().innerText(), /step \d/);
    await page.close();
  });

  it("write the experiment in PyTorch and the model as ONNX, each by a cell", async () => {
    await window.command("dlnb: Export PyTorch Script...");
    await window.page.locator(".tab", { hasText: "share.py" }).waitFor({ timeout: 30_000 });
    await shot("pytorch");
    assert.match(
      readFileSync(at("share.py"), "utf8"),
      /nn\.Sequential\(nn\.Linear\(64, 16\), nn\.ReLU\(\), nn\.Linear\(16, 10\)\)/,
    );
    assert.ok(existsSync(at("share.npz")));
    await window.openNotebook("share.dlnb");
    await window.command("dlnb: Export ONNX Model...");
    await written("share.onnx");
  });

  it("are read back: a Jupyter notebook becomes a notebook beside it", async () => {
    const cells = [
      { cell_type: "markdown", metadata: {}, source: ["# From Jupyter"] },
      { cell_type: "code", metadata: {}, outputs: [], execution_count: null, source: ["import torch"] },
    ];
    writeFileSync(
      at("python.ipynb"),
      JSON.stringify({ nbformat: 4, nbformat_minor: 5, metadata: { language_info: { name: "python" } }, cells }),
    );
    await window.command("dlnb: Import Jupyter Notebook...");
    await window.page.waitForTimeout(700);
    await window.page.locator(".quick-input-widget:visible input").first().fill(at("python.ipynb"));
    await window.page.waitForTimeout(700);
    await window.page.keyboard.press("Enter");
    await window.page.locator(".tab", { hasText: "python.dlnb" }).waitFor({ timeout: 20_000 });
    await shot("imported");
    assert.match(
      readFileSync(at("python.dlnb"), "utf8"),
      /# From Jupyter\n\n(<!-- cell -->\n\n)?```python\nimport torch\n```/,
    );
    await window.command("View: Close All Editors");
  });
});
