import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

/** Version of this program ("dlnb") or of a package installed with it; null when it is not installed. */
export function packageVersion(name: string): string | null {
  for (let folder = dirname(fileURLToPath(import.meta.url)); ; folder = dirname(folder)) {
    const own = readPackage(join(folder, "package.json"));
    if (own?.name === name) return own.version;
    const installed = readPackage(join(folder, "node_modules", name, "package.json"));
    if (installed) return installed.version;
    if (folder === dirname(folder)) return null;
  }
}

function readPackage(path: string): { name: string; version: string } | undefined {
  return existsSync(path) ? JSON.parse(readFileSync(path, "utf8")) : undefined;
}
