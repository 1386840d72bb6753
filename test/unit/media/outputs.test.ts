import { describe, expect, test } from "vitest";
import { blend, COLOURS } from "../../../media/chart/colours.ts";
import { readableText } from "../../../media/chart/format.ts";
import { tooltipLines } from "../../../media/chart/tooltip.ts";
import { readFindings } from "../../../media/findings/read.ts";
import { toRgba, zoomOf } from "../../../media/gallery/pixels.ts";
import { readGallery } from "../../../media/gallery/read.ts";

test("findings stand in the order of their severity, and unknown ones are left out", () => {
  const finding = (rule: string, severity: string) => ({ rule, severity, title: rule, saw: "", why: "", tries: [] });
  const list = [finding("a", "pass"), finding("b", "warning"), finding("c", "fatal"), finding("d", "error"), null];
  const { findings } = readFindings({ id: "f", title: "t", findings: [...list, finding("e", "info")] });
  expect(findings.map(({ rule }) => rule)).toEqual(["d", "b", "e", "a"]);
  expect(() => readFindings({ id: "f" })).toThrow("not a list of findings");
});

test("what to try keeps its words when its button cannot be understood", () => {
  const tries = [{ text: "less", action: { label: "x" } }, { text: 3 }];
  const one = { rule: "r", severity: "info", title: "t", saw: "s", why: "w", tries, mark: 2, paper: "p" };
  expect(readFindings({ id: "f", title: "t", findings: [one] }).findings).toEqual([
    { ...one, tries: [{ text: "less" }] },
  ]);
});

describe("a gallery", () => {
  const picture = { caption: "7", detail: "a seven", width: 2, height: 1, channels: 1, pixels: btoa("\x00\xff") };
  const read = (...pictures: unknown[]) => readGallery({ id: "g", title: "t", text: "x", pictures }).pictures;

  test("leaves out pictures that have not as many bytes as pixels", () => {
    const wrong = [{ ...picture, width: 3 }, { ...picture, channels: 3 }, { ...picture, pixels: "?" }, null];
    expect(read(picture, ...wrong, { ...picture, width: 1e9 })).toHaveLength(1);
    expect(read({ ...picture, heat: btoa("\x00") })[0]?.heat).toBe(null);
    expect(() => readGallery({ id: "g", title: "t" })).toThrow("not a gallery");
  });

  test("shows bytes as they are, and warmth over them only where there is some", () => {
    const [grey] = read({ ...picture, heat: btoa("\x00\xff") });
    if (grey === undefined) throw new Error("no picture");
    expect([...toRgba(grey, false)]).toEqual([0, 0, 0, 255, 255, 255, 255, 255]);
    // 0.8 of the warmest colour over white
    expect([...toRgba(grey, true)]).toEqual([0, 0, 0, 255, 255, 231, 113, 255]);
    const [colour] = read({ ...picture, width: 1, channels: 3, pixels: btoa("\x01\x02\x03") });
    expect([...toRgba(colour as NonNullable<typeof colour>, true)]).toEqual([1, 2, 3, 255]);
  });

  test.each([
    [8, 8, 8],
    [28, 28, 2],
    [32, 32, 2],
    [64, 64, 1],
    [300, 200, 1],
  ])("of %d x %d pixels is magnified %d times", (width, height, zoom) => {
    expect(zoomOf(width, height)).toBe(zoom);
  });
});

test.each([
  ["0.123456789", "0.1235"],
  ["−1234.5678", "-1235"],
  ["1.2345678e-7", "1.23e-7"],
  ["0.0010", "0.0010"],
  ["1,234.56", "1,234.56"],
  ["12345678", "12345678"],
  ["3.conv.weight", "3.conv.weight"],
  [0.000123456, "1.23e-4"],
  [true, "true"],
])("in a tooltip, %s reads %s", (value, text) => {
  expect(readableText(value)).toBe(text);
});

test("a tooltip has a line per channel, or one, or none", () => {
  expect(tooltipLines({ layer: "0.relu", std: "0.123456789" })).toEqual([
    { name: "layer", text: "0.relu" },
    { name: "std", text: "0.1235" },
  ]);
  expect(tooltipLines("here")).toEqual([{ name: "", text: "here" }]);
  expect(tooltipLines({ a: 1, nested: {}, none: null, __count: 3 })).toEqual([{ name: "a", text: "1" }]);
  expect(tooltipLines(undefined)).toEqual([]);
});

describe.each(Object.entries(COLOURS))("colours of the %s theme", (kind, { heatmap, ramp }) => {
  const background = {
    light: "#ffffff",
    dark: "#1f1f1f",
    "high-contrast": "#000000",
    "high-contrast-light": "#ffffff",
  };
  const luminance = ([r, g, b]: readonly number[]) => {
    const linear = [r, g, b].map((c = 0) =>
      c / 255 <= 0.04045 ? c / 255 / 12.92 : ((c / 255 + 0.055) / 1.055) ** 2.4,
    );
    return 0.2126 * linear[0]! + 0.7152 * linear[1]! + 0.0722 * linear[2]!;
  };
  const contrast = (a: number, b: number) => (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
  const behind = luminance(blend([background[kind as keyof typeof background], "#000000"], 0));

  test("grow lighter from low to high, so that they are told apart without hue", () => {
    for (const stops of [heatmap, ramp]) {
      const steps = Array.from({ length: 20 }, (_, i) => luminance(blend(stops, i / 19)));
      expect(steps.every((value, i) => i === 0 || value > steps[i - 1]!)).toBe(true);
    }
  });

  test("are seen on its background as lines", () => {
    for (const stop of ramp) expect(contrast(luminance(blend([stop, stop], 0)), behind)).toBeGreaterThan(2);
  });
});

test("colours between two stops are mixed evenly", () => {
  expect(blend(["#000000", "#ff8000"], 0.5)).toEqual([128, 64, 0]);
  expect(blend(["#000000", "#ff8000"], 7)).toEqual([255, 128, 0]);
});
