import { describe, expect, test } from "vitest";
import { readFromCompare, readState } from "../../../src/compare/messages.ts";
import { readMessage } from "../../../src/controller/messages.ts";
import { notify } from "../../../src/notify/index.ts";
import { readAction, readFindings, readGallery } from "../../../src/outputs/read.ts";
import { readCellError, readChart } from "../../../src/outputs/readChart.ts";
import { parseSavedCell } from "../../../src/outputs/saved.ts";
import { readPicked } from "../../../src/pickers/messages.ts";
import { readRunMessage } from "../../../src/runs/messages.ts";
import { window } from "../../fake/vscode.ts";

const READERS = {
  readMessage,
  readRunMessage,
  readFromCompare,
  readPicked,
  readAction,
  readFindings,
  readGallery,
  readChart,
  readCellError,
  parseSavedCell,
} as const;
const KEYS =
  "type do kind name base64 chart cell line column run change value points action label title options experiment text how file step key keys view figure x bands smoothing hidden section edit now before what as serial values id datasets spec findings tries pictures version outputs items mime data __proto__ constructor toString".split(
    " ",
  );
const WORDS =
  "ready sync open reveal act control save notes earlier copy checkpoint view insert preview set-lr set-schedule go-back set-option insert-cell checkpoints/../../../x ../../x.svg x.svg <img> curves json restore folder step".split(
    " ",
  );

/** The same every time. */
function noise(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

function anything(random: () => number, depth = 0): unknown {
  const pick = <T>(from: readonly T[]) => from[Math.floor(random() * from.length)] as T;
  const kind = random() * (depth > 4 ? 6 : 10);
  if (kind < 3) return pick(WORDS);
  if (kind < 4) return pick([0, -1, 1e12, 0.5, Number.NaN, Number.POSITIVE_INFINITY, 3]);
  if (kind < 5) return pick([null, undefined, true, false]);
  if (kind < 6) return "x".repeat(Math.floor(random() * 20_000));
  if (kind < 7) return Array.from({ length: random() * 4 }, () => anything(random, depth + 1));
  return JSON.parse(
    JSON.stringify(
      Object.fromEntries(Array.from({ length: random() * 8 }, () => [pick(KEYS), anything(random, depth + 1) ?? null])),
    ),
  );
}

describe("what pages and files say", () => {
  test.each(Object.keys(READERS) as (keyof typeof READERS)[])("%s takes it or leaves it, and never throws", (name) => {
    const random = noise(7);
    for (let i = 0; i < 5000; i++) {
      const given = anything(random);
      const typed = typeof given === "object" && given !== null && !Array.isArray(given);
      const message = typed ? { type: WORDS[i % WORDS.length], ...given } : given;
      expect(() => READERS[name](message)).not.toThrow();
    }
    expect(({} as { type?: unknown }).type).toBe(undefined);
  });

  test.each(["../x.svg", "a/b.svg", "a\\b.png", "/etc/x.png", "x.svg\n", "x.html", "x", "C:\\x.png"])(
    "no file is saved under the name %j",
    (name) => {
      const message = { type: "save", name, base64: "" };
      for (const read of [readMessage, readRunMessage, readFromCompare]) expect(read(message)).toBe(null);
    },
  );

  test("a kept state of anything is a state", () => {
    const random = noise(11);
    for (let i = 0; i < 2000; i++) {
      const { keys } = readState(anything(random));
      expect(keys.every((key) => typeof key === "string")).toBe(true);
    }
  });
});

test("a name is no link in the editor's messages, whatever it is called", async () => {
  for (const show of Object.values(notify)) {
    window.said.length = 0;
    await show("[Details](command:workbench.action.terminal.new) is gone");
    expect(window.said).toHaveLength(1);
    expect(window.said[0]).not.toMatch(/\[([^\]]+)\]\(((?:https?:\/\/|command:|file:)[^)\s]+)/i);
    expect(window.said[0]?.replaceAll("\u2060", "")).toBe("[Details](command:workbench.action.terminal.new) is gone");
  }
});
