import { describe, expect, test } from "vitest";
import type { Evidence } from "../../../../engine/diagnostics/diagnosis/evidence/evidence.ts";
import { judge } from "../../../../engine/diagnostics/diagnosis/judge.ts";
import { defineRule, type Rule } from "../../../../engine/diagnostics/diagnosis/rule.ts";
import { rules } from "../../../../engine/diagnostics/diagnosis/rules/all.ts";
import { nets } from "./nets.ts";

const nothing = {} as Evidence;

const fires = (name: string, severity: "error" | "warning", explains: readonly string[] = []): Rule =>
  defineRule({
    name,
    title: name,
    summary: "Always.",
    why: "Why not.",
    explains,
    judge: () => ({ severity, saw: "1 thing", tries: [{ text: "nothing" }], where: { steps: [1, 2] } }),
  });

describe.each(rules.map((rule) => [rule.name, rule] as const))("rule %s", (name, rule) => {
  test("says what it looks for and why it matters, and explains rules that there are", () => {
    expect(name).toMatch(/^[a-z]+(-[a-z]+)*$/);
    expect(rule.summary.length).toBeGreaterThan(40);
    expect(rule.why.length).toBeGreaterThan(40);
    const names = rules.map((r) => r.name);
    for (const symptom of rule.explains ?? []) if (symptom !== "*") expect(names).toContain(symptom);
  });
});

test("every cause of the matrix is a rule", () => {
  const names = rules.map((r) => r.name);
  for (const { cause } of nets) for (const name of cause ?? []) expect(names).toContain(name);
});

test("a symptom is listed after its cause, as information that names it, without advice of its own", () => {
  const found = judge(nothing, [fires("symptom", "error"), fires("cause", "warning", ["symptom"])]);
  expect(found.map(({ finding, explainedBy }) => [finding.rule, finding.severity, explainedBy])).toEqual([
    ["cause", "warning", null],
    ["symptom", "info", "cause"],
  ]);
  expect(found[1]?.finding.tries).toEqual([]);
  expect(found[1]?.finding.saw).toMatch(/explained by: cause$/);
  expect(found.map(({ finding }) => finding.mark)).toEqual([1, 2]);
});

test("of two rules that explain each other the earlier is the cause", () => {
  const found = judge(nothing, [fires("first", "warning", ["second"]), fires("second", "error", ["first"])]);
  expect(found.map(({ finding, explainedBy }) => [finding.rule, explainedBy])).toEqual([
    ["first", null],
    ["second", "first"],
  ]);
});

test("a symptom of a symptom is laid to the cause of both", () => {
  const found = judge(nothing, [fires("a", "error", ["b"]), fires("b", "error", ["c"]), fires("c", "error")]);
  expect(found.at(-1)).toMatchObject({ finding: { rule: "c" }, explainedBy: "a" });
});

test("errors come before warnings, and otherwise the rules' own order holds", () => {
  const found = judge(nothing, [fires("w", "warning"), fires("e", "error"), fires("f", "error")]);
  expect(found.map(({ finding }) => finding.rule)).toEqual(["e", "f", "w"]);
});
