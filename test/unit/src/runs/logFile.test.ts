import { appendFileSync, mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { RunDigest, remarkOn } from "../../../../src/runs/digest.ts";
import { LogFile } from "../../../../src/runs/logFile.ts";
import { folder, small, start, text } from "./logs.ts";

async function digestOf(log: string | Buffer, history = true) {
  const path = join(folder(), "log.jsonl");
  writeFileSync(path, log);
  const file = new LogFile(path);
  const digest = new RunDigest(history);
  await file.follow((line) => digest.take(line));
  return { digest, file, path };
}

/** Bytes that are the same in every run of the tests. */
function noise(count: number, seed: number): Buffer {
  let state = seed;
  return Buffer.from(
    Array.from({ length: count }, () => {
      state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
      return state >>> 24;
    }),
  );
}

describe("a log", () => {
  test("comes to the figures, the history and the end of its run", async () => {
    const { digest } = await digestOf(text(small()));
    expect(digest).toMatchObject({
      id: "run-c2-1-1",
      name: "small",
      experiment: "exp",
      step: 6,
      epoch: 3,
      parameters: 42,
    });
    expect(digest.ended).toBe("finished");
    expect(digest.metric).toEqual({ name: "accuracy", value: 0.9, better: "higher" });
    expect(digest.figures).toEqual({ trainLoss: 0.4, validLoss: 0.5, validAccuracy: 0.9 });
    expect(digest.spark).toEqual([0.9, 0.7, 0.5]);
    expect(digest.history).toEqual({
      step: [1, 2, 3, 4, 5, 6],
      trainLoss: [1, 0.9, 0.75, 0.65, 0.5, 0.4],
      lr: Array(6).fill(0.1),
      gradientNorm: [1, 2, 1, 2, 1, 2],
      epoch: [1, 2, 3],
      epochStep: [2, 4, 6],
      valid: { loss: [0.9, 0.7, 0.5], accuracy: [0.6, 0.725, 0.85] },
      train: { loss: [0.75, 0.5, 0.25], accuracy: [0.5, 0.625, 0.75] },
      thinned: false,
    });
  });

  test("that is cut at any byte gives what stands before the cut, and the rest when it comes", async () => {
    const whole = Buffer.from(text(small({ name: "klein · größer 🙂" })));
    const complete = (await digestOf(whole)).digest;
    for (let cut = 0; cut <= whole.length; cut += 1) {
      const path = join(folder(), "log.jsonl");
      writeFileSync(path, whole.subarray(0, cut));
      const [file, digest] = [new LogFile(path), new RunDigest(true)];
      await file.follow((line) => digest.take(line));
      const lines = whole.subarray(0, cut).toString().split("\n").length - 1;
      expect([file.damaged, digest.known, digest.ended]).toEqual([0, lines > 0, lines >= 9 ? "finished" : null]);
      appendFileSync(path, whole.subarray(cut));
      await file.follow((line) => digest.take(line));
      expect([file.damaged, digest.history]).toEqual([0, complete.history]);
    }
  }, 60_000);

  test("of bytes that mean nothing is read without an error, and said to be damaged", async () => {
    for (let seed = 1; seed <= 40; seed++) {
      const { digest, file } = await digestOf(noise(20_000, seed));
      expect(digest.known).toBe(false);
      expect(remarkOn(digest, file.damaged)).toMatch(/has no first line.*damaged line/);
    }
  });

  test("whose lines have the right events and wrong contents harms nothing", async () => {
    const wrong: unknown[] = [null, 1, "x", [], {}, [[[]]], { loss: "x" }, -1, 1e300, "NaN", true];
    const names = [
      "loss",
      "lr",
      "from",
      "epoch",
      "train",
      "valid",
      "config",
      "fit",
      "curve",
      "steps",
      "final",
      "change",
      "error",
      "process",
      "name",
      "time",
      "run",
      "metrics",
    ];
    const events = [
      "start",
      "steps",
      "epoch",
      "end",
      "failed",
      "control",
      "look",
      "looks",
      "checkpoint",
      "drop",
      "else",
    ];
    for (const [i, event] of events.entries()) {
      const lines = wrong.flatMap((value, j) =>
        names.map((name, k) => ({
          event,
          [name]: value,
          [names[(i + j + k) % names.length] as string]: wrong[k % wrong.length],
        })),
      );
      const { digest, file } = await digestOf(text([start(), ...lines, ...lines]));
      expect(file.damaged).toBe(0);
      expect(digest.spark.every((value) => typeof value === "number")).toBe(true);
      expect(digest.history.step.every((step) => typeof step === "number")).toBe(true);
      expect(Number.isSafeInteger(digest.step)).toBe(true);
    }
    const { digest } = await digestOf(
      `{"event":"start","__proto__":{"known":true},"config":{"__proto__":{"polluted":1}},"fit":{}}\n{"event":"epoch","epoch":1,"step":1,"train":{"__proto__":1,"constructor":2,"loss":1}}\n`,
    );
    expect(digest.known).toBe(true);
    expect(({} as Record<string, unknown>).polluted).toBe(undefined);
  });

  test("of a newer version is read as far as it is known, with a word", async () => {
    const { digest, file } = await digestOf(text([...small({ version: 7 }), { event: "dream", of: "sheep" }]));
    expect(digest.figures.validLoss).toBe(0.5);
    expect(remarkOn(digest, file.damaged)).toBe(
      "was written by a newer version of dlnb (log version 7): what is not known of it is left out",
    );
  });

  test("from before logs had versions tells its metrics by the figures of its epochs", async () => {
    const { version: _, curve: __, experiment: ___, process: ____, ...old } = start() as Record<string, unknown>;
    const { digest, file } = await digestOf(text([old, ...small().slice(1)]));
    expect(digest.metric).toEqual({ name: "accuracy", value: 0.9, better: "higher" });
    expect(digest.experiment).toBe(null);
    expect(remarkOn(digest, file.damaged)).toBe(null);
  });

  test("of numbers that are none keeps them apart from zero", async () => {
    const lines = [
      start(),
      { event: "steps", from: 1, loss: [1, "NaN", "Infinity"], lr: [0.1, 0.1, 0.1], gradientNorm: [] },
    ];
    const { digest } = await digestOf(text(lines));
    expect(digest.history.trainLoss).toEqual([1, Number.NaN, Number.POSITIVE_INFINITY]);
    expect(digest.history.gradientNorm).toEqual([Number.NaN, Number.NaN, Number.NaN]);
  });

  test("of 50,000 steps comes to at most 2,000 points, which lie on it", async () => {
    const lines: unknown[] = [start({ fit: { steps: 50_000, epochs: 500, stepsPerEpoch: 100, resumedAt: 0 } })];
    for (let from = 1; from <= 50_000; from += 100) {
      const steps = Array.from({ length: 100 }, (_, i) => from + i);
      lines.push({
        event: "steps",
        from,
        loss: steps.map((s) => 1 / s),
        lr: steps.map(() => 0.1),
        gradientNorm: steps,
      });
      lines.push({ event: "epoch", epoch: (from + 99) / 100, step: from + 99, train: { loss: 1 / from } });
    }
    const { digest } = await digestOf(text(lines));
    const { step, trainLoss, epoch, thinned } = digest.history;
    expect(thinned).toBe(true);
    expect(step.length).toBeLessThanOrEqual(2000);
    expect(step.length).toBeGreaterThan(1000);
    expect(step.at(-1)).toBe(50_000);
    expect(epoch.length).toBe(500);
    expect(digest.spark.length).toBeLessThanOrEqual(24);
    expect(digest.spark.length).toBeGreaterThan(11);
    // a bin of 32 steps: the mean of 1/1 ... 1/32 by hand (harmonic number 4.0585 over 32)
    expect(step[0]).toBe(32);
    expect(trainLoss[0]).toBeCloseTo(4.0585 / 32, 4);
  });

  test("that is large is skimmed: its beginning, its end and places between, and what comes later", async () => {
    const lines: string[] = [text([start({ fit: { steps: 1e6, epochs: 0, stepsPerEpoch: 0, resumedAt: 0 } })])];
    let from = 1;
    for (let size = 0; size < 8 * 2 ** 20; from += 200) {
      const loss = Array.from({ length: 200 }, (_, i) => 1000 - (from + i) / 1000);
      const line = text([{ event: "steps", from, loss, lr: loss, gradientNorm: loss }]);
      size += line.length;
      lines.push(line);
    }
    const path = join(folder(), "log.jsonl");
    writeFileSync(path, lines.join(""));
    const [file, digest] = [new LogFile(path), new RunDigest(false)];
    let taken = 0;
    const take = (line: unknown) => {
      taken++;
      digest.take(line);
    };
    expect(await file.skim(take)).toEqual({ sampled: true });
    expect(file.damaged).toBe(0);
    expect(taken).toBeLessThan(lines.length / 3);
    expect(digest.step).toBe(from - 1);
    expect([...digest.spark].sort((a, b) => b - a)).toEqual(digest.spark);
    appendFileSync(path, text(small().slice(-1)));
    await file.follow(take);
    expect(digest.ended).toBe("finished");
  });

  test("with a line beyond all measure goes on behind it", async () => {
    const long = Buffer.alloc(17 * 2 ** 20, "x");
    const { digest, file } = await digestOf(
      Buffer.concat([Buffer.from(text([start()])), long, Buffer.from("\n"), Buffer.from(text(small().slice(1)))]),
    );
    expect([file.damaged, digest.ended]).toEqual([1, "finished"]);
  });

  test("that became shorter is another one", async () => {
    const { file, path } = await digestOf(text(small()));
    writeFileSync(path, text([start()]));
    expect(await file.follow(() => undefined)).toBe(false);
  });

  test("is no link and no folder", async () => {
    const at = folder();
    writeFileSync(join(at, "secret.jsonl"), text(small()));
    symlinkSync(join(at, "secret.jsonl"), join(at, "log.jsonl"));
    mkdirSync(join(at, "folder.jsonl"));
    for (const name of ["log.jsonl", "folder.jsonl"]) {
      await expect(new LogFile(join(at, name)).follow(() => undefined)).rejects.toThrow(/is no file/);
    }
  });
});
