import { existsSync, readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";

const root = new URL("../../../", import.meta.url);
const read = (path: string) => readFileSync(new URL(path, root), "utf8");
const text = read("package.json");
const { contributes } = JSON.parse(text);
const words: Record<string, string> = JSON.parse(read("package.nls.json"));

const commands: string[] = contributes.commands.map(({ command }: { command: string }) => command);
const named = (value: unknown): string[] => [...JSON.stringify(value).matchAll(/dlnb\.\w+/g)].map(([name]) => name);

describe("package.json", () => {
  test("has words for every key, and no words that nothing asks for", () => {
    const asked = new Set([...text.matchAll(/"%([\w.]+)%"/g)].map(([, key]) => key));
    expect([...asked].filter((key) => !words[key as string])).toEqual([]);
    expect(Object.keys(words).filter((key) => !asked.has(key))).toEqual([]);
  });

  test("puts only commands into menus and on keys that there are", () => {
    const used = [
      ...Object.values(contributes.menus as Record<string, { command?: string }[]>).flat(),
      ...(contributes.keybindings as { command: string }[]),
    ].flatMap(({ command }) => command ?? []);
    expect(used.filter((command) => command.startsWith("dlnb.") && !commands.includes(command))).toEqual([]);
  });

  test("links from words and walkthroughs to commands that there are", () => {
    const links = Object.values(words).flatMap((said) =>
      [...said.matchAll(/\(command:([\w.]+)\)/g)].map(([, to]) => to),
    );
    expect(links.filter((to) => to?.startsWith("dlnb.") && !commands.includes(to))).toEqual([]);
    const events = contributes.walkthroughs[0].steps.flatMap(
      (step: { completionEvents?: string[] }) => step.completionEvents ?? [],
    );
    const asked = events.flatMap((event: string) => (event.startsWith("onCommand:dlnb.") ? event.slice(10) : []));
    expect(asked.filter((command: string) => !commands.includes(command))).toEqual([]);
  });

  test("shows pictures that there are, with words for those who do not see them", () => {
    for (const { media } of contributes.walkthroughs[0].steps) {
      expect(existsSync(new URL(media.image, root)), media.image).toBe(true);
      expect(words[media.altText.replaceAll("%", "")]).toBeTruthy();
    }
  });

  test("describes every setting, and what each of its values does", () => {
    for (const [name, setting] of Object.entries<Record<string, unknown>>(contributes.configuration.properties)) {
      expect(setting.markdownDescription, name).toMatch(/^%setting\./);
      expect(setting.default, name).toBeDefined();
      expect(["application", "machine-overridable", "resource", "window", "machine"], name).toContain(setting.scope);
    }
  });

  test("takes no program to run from a workspace that is not trusted", () => {
    const { restrictedConfigurations } = JSON.parse(text).capabilities.untrustedWorkspaces;
    expect(restrictedConfigurations).toContain("dlnb.kernel.nodePath");
    expect(named(restrictedConfigurations).length).toBeGreaterThan(0);
  });
});
