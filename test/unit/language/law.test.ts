import { describe, expect, test } from "vitest";
import { exampleOf } from "../../../engine/language/examples.ts";
import { Analyst } from "../../../engine/language/index.ts";
import { registries } from "../../../engine/library.ts";
import { type Param, range } from "../../../engine/params/index.ts";
import { analyzed } from "./analyzed.ts";

/** A whole number or number outside of an option's range; null where none is. */
function outside({ kind, range: text }: Param): number | null {
  if (text === undefined || !/^(?:num|int)\??$/.test(kind)) return null;
  const { contains } = range(text);
  return [-1, -1e9, 0, 1e12, 1e300].find((x) => !contains(x)) ?? null;
}

const entries = registries.flatMap(({ global, all }) =>
  Object.entries(all).flatMap(([name, { params, positional }]) => {
    const call = `${global}.${name}`;
    const must = Object.entries(params).filter(([, { required }]) => required);
    const written = must.map(([option, param]) => [option, exampleOf(call, option, param) ?? "null"] as const);
    return Object.entries(params).flatMap(([option, param]) => {
      const wrong = outside(param);
      return wrong === null ? [] : [{ call, option, wrong, positional, written }];
    });
  }),
);

const analyst = new Analyst();

describe("an option outside of its range is marked at its value", () => {
  test.each(entries)("$call $option", async ({ call, option, wrong, written }) => {
    const others = written.filter(([name]) => name !== option).map(([name, text]) => `${name}: ${text}, `);
    const head = `const sets = data.moons().split({ valid: 0.1 });\nconst made = ${call}({ ${others.join("")}${option}: `;
    const [cell] = await analyzed([`${head}${wrong} });`], analyst);
    expect(cell?.problems).toEqual([
      expect.objectContaining({ start: head.length, end: head.length + String(wrong).length, code: "range" }),
    ]);
  });
});

describe("an option that there is not is marked at its name", () => {
  const all = registries.flatMap(({ global, all }) =>
    Object.entries(all)
      // a surface's options are those of the one that is named
      .filter(([name, { params }]) => Object.keys(params).length > 0 && name !== "surface")
      .map(([name, { params }]) => ({ call: `${global}.${name}`, params })),
  );
  test.each(all)("$call", async ({ call, params }) => {
    const must = Object.entries(params).filter(([, { required }]) => required);
    const others = must.map(([name, param]) => `${name}: ${exampleOf(call, name, param) ?? "null"}, `);
    const head = `const sets = data.moons().split({ valid: 0.1 });\nconst made = ${call}({ ${others.join("")}`;
    const [cell] = await analyzed([`${head}zzzz: 1 });`], analyst);
    expect(cell?.problems).toEqual([
      expect.objectContaining({ start: head.length, end: head.length + 4, code: "option" }),
    ]);
  });
});
