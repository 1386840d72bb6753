import assert from "node:assert/strict";
import { chmodSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { before, describe, it } from "mocha";
import { until } from "./browser.ts";
import { digits, writeNotebook } from "./notebooks.ts";
import { server, shot, window } from "./walkWindow.ts";

const path = (name: string) => join(server.workspace, name);
const file = (name: string) => window.page.locator(".explorer-folders-view .monaco-list-row", { hasText: name });

/** What two branches made of one cell, as git leaves it. */
const CONFLICT = `---
dlnb: 1
---

\`\`\`ts {#c1}
const epochs = 3;
\`\`\`

\`\`\`ts {#c2}
<<<<<<< HEAD
const rate = 0.1;
=======
const rate = 0.5;
>>>>>>> other
\`\`\`

The end.
`;

before(() => {
  const [data, fit, end] = digits(2) as [string, string, string];
  writeNotebook(server.workspace, "one.dlnb", [data, fit, end]);
  writeNotebook(server.workspace, "other.dlnb", [
    data.replace("lr: 1e-3", "lr: 3e-3"),
    fit,
    'console.log("another end");',
  ]);
  writeFileSync(path("conflict.dlnb"), CONFLICT);
  writeNotebook(server.workspace, "locked.dlnb", ['console.log("may be read");']);
  chmodSync(path("locked.dlnb"), 0o444);
});

describe("two notebooks", () => {
  it("are compared cell by cell, without their outputs", async () => {
    await window.openNotebook("one.dlnb");
    await window.runAll();
    await window.idle();
    await file("one.dlnb").click();
    await file("other.dlnb").click({ modifiers: ["Control"] });
    await file("other.dlnb").click({ button: "right" });
    await window.page.waitForTimeout(700);
    await window.page.locator(".context-view .action-label", { hasText: "Compare Selected" }).click();
    const diff = window.page.locator(".notebook-text-diff-editor");
    await diff.waitFor({ timeout: 20_000 });
    await diff.getByText("another end").first().waitFor({ timeout: 20_000 });
    await window.page.waitForTimeout(2000);
    await shot("diff 1 compared");
    await window.page.keyboard.press("Control+KeyW").catch(() => {});
  });
});

describe("a notebook with a merge conflict", () => {
  it("shows both sides, says so, and is saved as it was", async () => {
    await window.openNotebook("conflict.dlnb");
    for (const text of ["const rate = 0.1;", "const rate = 0.5;", "const epochs = 3;"]) {
      await window.page.locator(".notebook-editor:visible", { hasText: text }).first().waitFor();
    }
    await window.page.waitForTimeout(1500);
    await shot("diff 2 conflict");
    assert.equal(readFileSync(path("conflict.dlnb"), "utf8"), CONFLICT);
  });
});

describe("a notebook that changes on disk", () => {
  it("shows the new text where it was clean, with its outputs", async () => {
    await window.openNotebook("one.dlnb");
    const text = readFileSync(path("one.dlnb"), "utf8");
    writeFileSync(path("one.dlnb"), text.replace("batchSize: 64", "batchSize: 32"));
    await window.page
      .locator(".notebook-editor:visible", { hasText: "batchSize: 32" })
      .first()
      .waitFor({ timeout: 20_000 });
    await window.page.waitForTimeout(1500);
    await shot("diff 3 from disk");
  });

  it("keeps what was typed where it was dirty, and does not write over the file unasked", async () => {
    await window.codeCell("const digits").locator(".view-line").first().click();
    await window.page.keyboard.press("Control+End");
    await window.page.keyboard.type(" // mine");
    const text = readFileSync(path("one.dlnb"), "utf8");
    // the editor takes a file of the same length for unchanged
    writeFileSync(path("one.dlnb"), text.replace("batchSize: 32", "batchSize: 128"));
    await window.page.waitForTimeout(2500);
    await window.page.keyboard.press("Control+KeyS");
    await window.page.waitForTimeout(2500);
    await shot("diff 4 dirty");
    assert.match(readFileSync(path("one.dlnb"), "utf8"), /batchSize: 128/);
    await window.page.locator(".notebook-editor:visible", { hasText: "// mine" }).first().waitFor();
  });
});

describe("a notebook that is read-only", () => {
  it("runs", async () => {
    await window.openNotebook("locked.dlnb");
    await window.runCell("may be read");
    assert.ok(await until(async () => (await window.outputText()).includes("may be read")));
    await shot("diff 5 read-only");
  });
});
