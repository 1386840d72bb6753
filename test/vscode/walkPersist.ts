import assert from "node:assert/strict";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "mocha";
import { digits, writeNotebook } from "./notebooks.ts";
import { charts, server, shot, window } from "./walkWindow.ts";

/** Processes of the kernels that windows have written down. */
function keptKernels(): number[] {
  const storage = join(server.state, "data/User/globalStorage");
  const folders = readdirSync(storage).map((name) => join(storage, name, "kernels"));
  return folders
    .filter((folder) => existsSync(folder))
    .flatMap((folder) =>
      readdirSync(folder)
        .filter((name) => name.endsWith(".json"))
        .map((name) => join(folder, name)),
    )
    .map((path) => JSON.parse(readFileSync(path, "utf8")).pid as number);
}

describe("a window that goes and comes back", () => {
  it("finds its training again, with the curve so far, and can stop it", async function () {
    this.timeout(150_000);
    writeNotebook(server.workspace, "persist.dlnb", digits(100_000));
    await window.openNotebook("persist.dlnb");
    await window.runAll();
    await charts().first().waitFor({ timeout: 30_000 });
    await window.page.waitForTimeout(3000);
    await shot("persist 1 before the reload");
    const before = keptKernels();
    assert.equal(before.length, 1);
    await window.reload();
    await window.page.locator(".notebook-toolbar-container:visible").waitFor({ timeout: 30_000 });
    await window.toolbar("Interrupt").waitFor({ timeout: 30_000 });
    await charts().first().waitFor({ timeout: 30_000 });
    await window.page.waitForTimeout(2000);
    await shot("persist 2 after the reload");
    assert.deepEqual(keptKernels(), before);
    await window.interrupt();
    await window.runCell("steps so far");
    await window.outputs.getByText(/steps so far \d+/).waitFor();
    await shot("persist 3 stopped, and the variables are there");
  });

  it("says what is left when the kernel is killed, and offers to go on from there", async () => {
    await window.runCell("exp.fit");
    await window.toolbar("Interrupt").waitFor();
    await window.page.waitForTimeout(4000);
    const [kernel = 0] = keptKernels();
    process.kill(kernel, "SIGKILL");
    const resume = window.outputs.getByRole("button", { name: /Resume from checkpoint/ });
    await resume.waitFor({ timeout: 20_000 });
    // an output is scrolled by the notebook, not by its own document
    await window.page.mouse.move(780, 600);
    for (let notch = 0; notch < 8; notch++) await window.page.mouse.wheel(0, 120);
    await window.page.waitForTimeout(500);
    await shot("persist 4 the kernel was killed");
    await resume.click();
    await (await window.reveal("resume:")).waitFor();
    await shot("persist 5 a cell that goes on");
  });
});
