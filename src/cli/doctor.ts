import type { DoctorReport } from "../../engine/protocol/index.ts";
import { type Program, startKernel } from "./kernel.ts";
import { Terminal } from "./terminal.ts";

/** Prints which backends there are; the exit code is 0 when `auto` takes one that works. */
export async function doctor(program: Program, json: boolean): Promise<number> {
  const kernel = await startKernel(
    program,
    null,
    { backend: "auto", threads: 0, overrides: {}, profile: undefined },
    { event: () => {} },
  );
  try {
    const report = await kernel.request("doctor", {});
    const terminal = new Terminal();
    const mark = (ok: boolean) => (ok ? terminal.style("green", "ok") : terminal.style("red", "--"));
    terminal.write(json ? `${JSON.stringify(report, null, 2)}\n` : doctorText(report, mark));
    return report.backends.some(({ backend, available }) => available && backend === report.auto.backend) ? 0 : 1;
  } finally {
    await kernel.close();
  }
}

/** The report as text. */
export function doctorText({ versions, backends, auto }: DoctorReport, mark: (ok: boolean) => string): string {
  const { dlnb, node, webgpu, platform, arch, cpu, cores } = versions;
  const lines = [
    `dlnb ${dlnb}, Node.js ${node}, webgpu ${webgpu ?? "not installed"}`,
    `${platform} ${arch}, ${cpu}, ${cores} ${cores === 1 ? "core" : "cores"}`,
    "",
  ];
  for (const { backend, available, adapters, detail, mend } of backends) {
    lines.push(`${mark(available)}  ${backend.padEnd(7)} ${detail}`);
    for (const { name, vendor, kind } of adapters) {
      lines.push(
        `            ${[name, vendor !== "" && !name.includes(vendor) ? vendor : "", kind].filter(Boolean).join(", ")}`,
      );
    }
    if (mend !== "") lines.push(`            to mend: ${mend}`);
  }
  lines.push("", `auto takes ${auto.backend}: ${auto.why}`);
  return `${lines.join("\n")}\n`;
}
