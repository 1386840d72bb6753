import { writeFileSync } from "node:fs";
import { format } from "node:util";
import Mocha from "mocha";

/** Called by VS Code in its extension host; rejects when a test fails. Leaves the counts in the file of DLNB_SUITE_RESULT. */
export async function run(): Promise<void> {
  // the host picks our lines out of all that the window logs
  Mocha.reporters.Base.consoleLog = (...args: unknown[]) => {
    for (const line of format(...args).split("\n")) console.log(`suite|${line}`);
  };
  const mocha = new Mocha({ ui: "bdd", timeout: 90_000, color: false, reporter: "spec" });
  if (process.env.DLNB_SUITE_GREP) mocha.grep(process.env.DLNB_SUITE_GREP);
  mocha.suite.emit("pre-require", globalThis, "suite", mocha);
  await import("./notebook.ts");
  await import("./diagnostics.ts");
  await import("./twoNotebooks.ts");
  await import("./commands.ts");
  let passed = 0;
  const failed = await new Promise<number>((resolve) => {
    mocha.run(resolve).on("pass", () => passed++);
  });
  const result = process.env.DLNB_SUITE_RESULT;
  if (result) writeFileSync(result, JSON.stringify({ passed, failed }));
  if (failed > 0) throw new Error(`${failed} of ${passed + failed} tests failed`);
}
