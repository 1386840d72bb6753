import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { headingOf } from "../../../src/templates/library.ts";

describe.each(["examples", "media/templates"])("%s", (folder) => {
  const at = new URL(`../../../${folder}/`, import.meta.url);
  const files = readdirSync(at).filter((name) => /.\.dlnb$/.test(name));

  test.each(files)("%s says in one line what it is", (file) => {
    const { title, description } = headingOf(readFileSync(new URL(file, at), "utf8"), "");
    expect(title.length).toBeGreaterThan(3);
    // what ends in a colon goes on below it
    expect(description).toMatch(/[^:][.?!]$/);
    expect(description.length).toBeLessThan(170);
  });

  test("no two have the same title", () => {
    const titles = files.map((file) => headingOf(readFileSync(new URL(file, at), "utf8"), "").title);
    expect(new Set(titles).size).toBe(files.length);
  });
});

test("templates read no files", () => {
  const at = new URL("../../../media/templates/", import.meta.url);
  for (const file of readdirSync(at)) {
    const code = readFileSync(new URL(file, at), "utf8")
      .match(/^```ts[\s\S]*?^```$/gm)
      ?.join("\n");
    expect(code, file).not.toMatch(/data\.(csv|images|idx|cifar|npy|npz|parquet|json)\(/);
  }
});

test("a notebook without prose goes by its file's name", () => {
  expect(headingOf("---\ndlnb: 1\n---\n\n```ts {#a}\n1\n```\n", "mine")).toEqual({ title: "mine", description: "" });
});
