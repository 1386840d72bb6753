import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { globals, registries } from "../../engine/library.ts";

describe.each(
  registries.flatMap(({ global, all }) => Object.entries(all).map(([name, d]) => [`${global}.${name}`, d] as const)),
)("%s", (name, { summary, params, positional }) => {
  test("says what it is and what each option means, in sentences", () => {
    expect(summary).toMatch(/^\S.*[.:]?$/s);
    expect(summary.length).toBeGreaterThan(5);
    for (const [option, { doc }] of Object.entries(params)) expect(doc, `${name} ${option}`).toMatch(/\S\.$|\S\.\)$/);
  });

  test("its defaults pass its own checks", () => {
    for (const [option, param] of Object.entries(params)) {
      if (!param.required) expect(param.read(param.default, name, option)).toEqual(param.default);
    }
    if (positional !== undefined) expect(Object.keys(params)).toContain(positional);
  });

  test("has a snippet and its place in docs/library.md", () => {
    const read = (file: string) => readFileSync(new URL(`../../${file}`, import.meta.url), "utf8");
    expect(JSON.parse(read("snippets/dlnb.json")), "run: npm run generate").toHaveProperty([name]);
    expect(read("docs/library.md"), "run: npm run generate").toContain(`### ${name}\n`);
  });
});

test("every registry is called through a global", () => {
  for (const { global, all } of registries) {
    for (const name of Object.keys(all)) expect(globals[global]).toHaveProperty(name);
  }
});
