import assert from "node:assert/strict";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "mocha";
import type { Browser } from "playwright-core";
import { server, shot, window } from "./walkWindow.ts";

const PAYLOAD = `<img src=x onerror="window.__pwned=1"><script>window.__pwned=1</script>`;
const ELSEWHERE = "http://elsewhere.invalid";
// what Windows forbids in names cannot arrive there
const NAME = process.platform === "win32" ? "a $(id) %41 é" : `<img src=x onerror=window.__pwned=1> '$(id)' %41 é`;

/** Everything that a stranger's archive may bring along. */
function writeHostile(folder: string): void {
  // the editor itself draws the HTML of Markdown cells where the workspace is trusted
  const prose = `# A stranger's\n\n[run](javascript:window.__pwned=1) [command](command:workbench.action.terminal.new)`;
  const markdown = `${prose}\n\n${PAYLOAD} ![a](${ELSEWHERE}/c.png)\n\n${PAYLOAD}`;
  writeFileSync(
    join(folder, `${NAME}.dlnb`),
    `---\ndlnb: 1\n---\n\n${prose}\n\n\`\`\`ts {#c1}\nconsole.log(${JSON.stringify(PAYLOAD)}, 6 * 7);\n\`\`\`\n\n\`\`\`ts {#c2}\n"never ran"\n\`\`\`\n`,
  );
  const kept = join(folder, ".dlnb", NAME);
  const chart = (spec: object) => ({
    mime: "application/vnd.dlnb.chart+json",
    data: {
      ...{ id: PAYLOAD, title: PAYLOAD, text: PAYLOAD, kind: "plot", live: true },
      spec: { mark: "text", data: { name: "d" }, encoding: { text: { field: "t" }, tooltip: { field: "t" } }, ...spec },
      datasets: { d: { t: { text: [PAYLOAD] } } },
    },
  });
  const action = { label: PAYLOAD, title: PAYLOAD, do: { kind: "insert-cell", text: "0" } };
  const finding = { rule: PAYLOAD, severity: "warning", title: PAYLOAD, saw: PAYLOAD, why: PAYLOAD };
  const items = [
    chart({}),
    chart({ data: { url: `${ELSEWHERE}/data.json` } }),
    {
      mime: "application/vnd.dlnb.findings+json",
      data: { id: "f", title: PAYLOAD, findings: [{ ...finding, tries: [{ text: PAYLOAD, action }] }] },
    },
    { mime: "application/vnd.dlnb.error+json", data: { name: PAYLOAD, message: PAYLOAD, stack: PAYLOAD, line: 1 } },
    { mime: "text/html", data: `${PAYLOAD}<img src="${ELSEWHERE}/a.png">` },
    {
      mime: "image/svg+xml",
      data: `<svg xmlns="http://www.w3.org/2000/svg" onload="window.__pwned=1"><image href="${ELSEWHERE}/b.png"/></svg>`,
    },
    { mime: "text/markdown", data: markdown },
  ];
  const outputs = items.map((item, i) => ({ id: `o${i}`, items: [item, { mime: "text/plain", data: `kept ${i}` }] }));
  mkdirSync(join(kept, "outputs"), { recursive: true });
  writeFileSync(
    join(kept, "outputs", "c2.json"),
    JSON.stringify({
      ...{ version: 1, cell: "c2", textHash: "", order: 1, ok: true, startedAt: "2026-01-01T00:00:00Z", wallMs: 1 },
      outputs,
    }),
  );
  const run = join(kept, "runs", "20260101-000000");
  mkdirSync(run, { recursive: true });
  writeFileSync(join(run, "notes.md"), PAYLOAD);
  writeFileSync(
    join(run, "log.jsonl"),
    [
      {
        ...{ event: "start", version: 1, id: PAYLOAD, name: PAYLOAD, cell: "c2", backend: PAYLOAD, adapter: PAYLOAD },
        ...{ time: "2026-01-01T00:00:00Z", startedAt: "2026-01-01T00:00:00Z" },
        config: { name: PAYLOAD, optimizer: { type: PAYLOAD, options: { [PAYLOAD]: PAYLOAD } }, seed: 1 },
        fit: { steps: 2, epochs: 1 },
      },
      { event: "step", step: 1, epoch: 1, loss: 1, lr: 0.1 },
      { event: "checkpoint", step: 1, file: "checkpoints/../../../../x.safetensors", why: PAYLOAD },
      { event: "end", stopped: "failed", error: PAYLOAD, final: { [PAYLOAD]: 1 } },
    ]
      .map((line) => `${JSON.stringify(line)}\n`)
      .join(""),
  );
}

async function nothingHappened(asked: readonly string[]): Promise<void> {
  for (const frame of window.page.frames()) {
    const pwned = await frame.evaluate(() => (globalThis as { __pwned?: unknown }).__pwned).catch(() => undefined);
    assert.equal(pwned, undefined, frame.url());
  }
  assert.deepEqual(asked, []);
}

describe("a notebook of a stranger", () => {
  it("is shown, run and exported, and nothing in it runs by itself or asks elsewhere", async () => {
    writeHostile(server.workspace);
    const asked: string[] = [];
    window.page.on("request", (request) => {
      if (request.url().includes("elsewhere.invalid")) asked.push(request.url());
    });
    await window.openNotebook(NAME);
    await window.reveal("never ran");
    await window.outputs.locator(".dlnb-findings").first().waitFor({ timeout: 20_000 });
    await window.page.waitForTimeout(1500);
    await shot("hostile outputs");
    const said = await window.outputText();
    assert.match(said, /kept 1/);
    assert.match(said, /kept 4/);
    assert.ok(said.includes(PAYLOAD), said.slice(0, 500));
    await nothingHappened(asked);

    await window.command("dlnb: Export HTML...");
    await window.page.locator(".quick-input-widget:visible input").first().waitFor();
    await window.page.waitForTimeout(700);
    await window.page
      .locator(".quick-input-widget:visible input")
      .first()
      .fill(join(server.workspace, "stranger.html"));
    await window.page.waitForTimeout(300);
    await window.page.keyboard.press("Enter");
    await window.toasts().filter({ hasText: "is written" }).first().waitFor({ timeout: 20_000 });
    const page = await (window.page.context().browser() as Browser).newPage();
    page.on("request", (request) => {
      if (request.url().includes("elsewhere.invalid")) asked.push(request.url());
    });
    await page.goto(`file://${join(server.workspace, "stranger.html")}`);
    await page.waitForTimeout(1500);
    assert.equal(await page.evaluate(() => (globalThis as { __pwned?: unknown }).__pwned), undefined);
    await page.close();

    await window.runCell("6 * 7");
    await window.idle(60_000);
    await window.reveal("6 * 7");
    assert.match(await window.outputText(), /<\/script> 42/);

    await shot("hostile notebook that ran");
    await nothingHappened(asked);
  });
});
