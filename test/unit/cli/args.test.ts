import { describe, expect, test } from "vitest";
import { readCommand, readOverrides } from "../../../src/cli/args.ts";
import { didYouMean } from "../../../src/cli/suggest.ts";

const run = (...args: string[]) => readCommand(["run", ...args]);

describe("the command line", () => {
  test("runs a notebook with defaults", () => {
    expect(run("a.dlnb")).toEqual({
      command: "run",
      options: {
        file: "a.dlnb",
        backend: "auto",
        threads: 0,
        report: null,
        interactive: false,
        json: null,
        overrides: {},
      },
    });
  });

  test("profiles a notebook, over so many steps as it is told", () => {
    const options = {
      file: "a.dlnb",
      backend: "auto",
      threads: 0,
      report: null,
      interactive: false,
      json: null,
      overrides: {},
    };
    expect(readCommand(["profile", "a.dlnb"])).toEqual({
      command: "profile",
      options: { ...options, profile: { steps: null } },
    });
    expect(readCommand(["profile", "--steps", "40", "a.dlnb"])).toMatchObject({ options: { profile: { steps: 40 } } });
  });

  test("takes options before and after the file", () => {
    const { options } = run("--backend", "wasm", "a.dlnb", "--json=o.json", "--threads", "3", "--set", "a=1") as never;
    expect(options).toMatchObject({ file: "a.dlnb", backend: "wasm", json: "o.json", threads: 3, overrides: { a: 1 } });
  });

  test("helps, also in the middle of a command", () => {
    for (const args of [[], ["--help"], ["-h"], ["help"], ["run", "--help"], ["doctor", "-h"]]) {
      expect(readCommand(args)).toEqual({ command: "help" });
    }
    expect(readCommand(["-v"])).toEqual({ command: "version" });
    expect(readCommand(["doctor", "--json"])).toEqual({ command: "doctor", json: true });
  });

  test.each([
    [["rnu", "a.dlnb"], 'no command "rnu"; did you mean "run"?'],
    [["a.dlnb"], 'no command "a.dlnb"; did you mean: dlnb run a.dlnb'],
    [["run"], "run: which notebook? dlnb run FILE.dlnb"],
    [["run", "a", "b"], 'run: "b" is one argument too many; one notebook at a time'],
    [["run", "a", "--bakend", "wasm"], 'run: no option --bakend; did you mean "--backend"?'],
    [["run", "a", "-x"], "run: no option -x"],
    [["run", "a", "--backend", "wsam"], 'run: --backend wsam is none; did you mean "wasm"?'],
    [["run", "a", "--backend"], "run: --backend needs a value"],
    [["run", "a", "--report", "--json"], "run: --report needs a value"],
    [["run", "a", "--threads", "-1"], "run: --threads needs a value"],
    [["run", "a", "--threads=-1"], "run: --threads -1 is no whole number from 0 to 256"],
    [["run", "a", "--threads", "two"], "run: --threads two is no whole number from 0 to 256"],
    [["run", "a", "--set", "lr"], "run: --set lr is not NAME=VALUE, as in --set epochs=5"],
    [["run", "a", "--interactive"], "run: --interactive is of a report; add --report OUT.html"],
    [["run", "a", "--report", "./a"], "run: --report ./a would overwrite the notebook"],
    [["run", "a", "--json", "src"], "run: --json src is a folder; name a file in it"],
    [["run", "a", "--report", "b", "--json", "b"], "run: --report and --json are both b; give each a file of its own"],
    [["run", "a", "--set", "lr=1", "--set", "lr=2"], "run: --set lr is given twice"],
    [["run", "a", "--steps", "4"], "run: no option --steps"],
    [["profile"], "profile: which notebook? dlnb profile FILE.dlnb"],
    [["profile", "a", "--steps", "1"], "profile: --steps 1 is no whole number from 2 to 100000"],
    [["profile", "a", "--stepz", "4"], 'profile: no option --stepz; did you mean "--steps"?'],
    [["doctor", "--json=x"], "doctor: --json takes no value"],
    [["doctor", "now"], 'doctor: "now" is one argument too many'],
    [["--jsn"], "dlnb: no option --jsn"],
  ])("%j is refused with its reason", (args, message) => {
    expect(() => readCommand(args)).toThrow(message);
  });

  test("values are JSON where they can be, else numbers, else text", () => {
    expect(readOverrides(["a=1e-3", "b=[1,2]", "c=true", "d=fast", "e=", "f=.5", 'g="1"', "h=x=y", "größe=2"])).toEqual(
      {
        a: 1e-3,
        b: [1, 2],
        c: true,
        d: "fast",
        e: "",
        f: 0.5,
        g: "1",
        h: "x=y",
        größe: 2,
      },
    );
  });
});

test("a slip brings the nearest name, anything else the list", () => {
  expect(didYouMean("epcohs", ["maxLr", "epochs"])).toBe('; did you mean "epochs"?');
  expect(didYouMean("zzz", ["maxLr", "epochs"])).toMatch(/^; there is /);
  expect(didYouMean("zzz", [])).toBe("");
});
