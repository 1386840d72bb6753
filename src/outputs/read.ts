import type { Action, Finding, Findings, Gallery, Picture } from "../../engine/protocol/index.ts";

/** Longest texts that are taken: of a button, of its explanation, of a cell, of any other sentence. */
const [MAX_LABEL, MAX_TITLE, MAX_CELL, MAX_TEXT] = [200, 1000, 10_000, 10_000];
const MAX_OPTIONS = 8;
const [MAX_FINDINGS, MAX_TRIES, MAX_PICTURES, MAX_SIDE] = [500, 50, 1000, 2048];
const SEVERITIES = ["error", "warning", "info", "pass"] as const;

/** An action out of JSON that anybody may have written; null when it is none. */
export function readAction(value: unknown): Action | null {
  if (!isRecord(value) || !isRecord(value.do)) return null;
  const { label, title } = value;
  if (!isText(label, MAX_LABEL) || !isText(title, MAX_TITLE)) return null;
  const { kind, options, value: number, experiment, text, how, file, step } = value.do;
  if (kind === "insert-cell") return isText(text, MAX_CELL) ? { label, title, do: { kind, text } } : null;
  if (kind === "go-back") {
    const whole = (how === "restore" || how === "branch") && isText(file, MAX_TITLE) && isNumber(step);
    return whole ? { label, title, do: { kind, how, file, step } } : null;
  }
  if (kind !== "set-option" || !Array.isArray(options) || options.length < 1 || options.length > MAX_OPTIONS)
    return null;
  if (!options.every((option) => isText(option, MAX_LABEL)) || !isNumber(number)) return null;
  if (experiment !== null && !isText(experiment, MAX_LABEL)) return null;
  return { label, title, do: { kind, options, value: number, experiment } };
}

/** Findings out of JSON that anybody may have written; null when any part is not as it should be. */
export function readFindings(value: unknown): Findings | null {
  if (!isRecord(value) || !isText(value.id, MAX_TEXT) || !isText(value.title, MAX_TEXT)) return null;
  const findings = readAll(value.findings, MAX_FINDINGS, readFinding);
  return findings === null ? null : { id: value.id, title: value.title, findings };
}

function readFinding(value: unknown): Finding | null {
  if (!isRecord(value)) return null;
  const { rule, title, saw, why, mark, paper } = value;
  const severity = SEVERITIES.find((known) => known === value.severity);
  if (!isText(rule, MAX_TEXT) || severity === undefined || !isText(title, MAX_TEXT)) return null;
  if (!isText(saw, MAX_TEXT) || !isText(why, MAX_TEXT)) return null;
  const tries = readAll(value.tries, MAX_TRIES, (one): Finding["tries"][number] | null => {
    if (!isRecord(one) || !isText(one.text, MAX_TEXT)) return null;
    if (one.action === undefined) return { text: one.text };
    const action = readAction(one.action);
    return action === null ? null : { text: one.text, action };
  });
  if (tries === null || (mark !== undefined && !isNumber(mark)) || (paper !== undefined && !isText(paper, MAX_TEXT)))
    return null;
  return {
    rule,
    severity,
    title,
    saw,
    why,
    tries,
    ...(mark === undefined ? {} : { mark }),
    ...(paper === undefined ? {} : { paper }),
  };
}

/** A gallery out of JSON that anybody may have written; null when a picture has not as many bytes as pixels. */
export function readGallery(value: unknown): Gallery | null {
  if (!isRecord(value)) return null;
  const { id, title, text, columns } = value;
  if (!isText(id, MAX_TEXT) || !isText(title, MAX_TEXT) || !isText(text, MAX_TEXT)) return null;
  if (columns !== undefined && !isSide(columns)) return null;
  const pictures = readAll(value.pictures, MAX_PICTURES, readPicture);
  return pictures === null ? null : { id, title, text, pictures, ...(columns === undefined ? {} : { columns }) };
}

function readPicture(value: unknown): Picture | null {
  if (!isRecord(value)) return null;
  const { caption, detail, width, height, channels, pixels, heat } = value;
  if (!isText(caption, MAX_TEXT) || !isText(detail, MAX_TEXT) || !isSide(width) || !isSide(height)) return null;
  if ((channels !== 1 && channels !== 3) || !isBytes(pixels, width * height * channels)) return null;
  if (heat !== undefined && !isBytes(heat, width * height)) return null;
  return { caption, detail, width, height, channels, pixels, ...(heat === undefined ? {} : { heat }) };
}

export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function readAll<T>(value: unknown, most: number, read: (one: unknown) => T | null): T[] | null {
  if (!Array.isArray(value) || value.length > most) return null;
  const all = value.map(read);
  return all.every((one) => one !== null) ? all : null;
}

function isText(value: unknown, most: number): value is string {
  return typeof value === "string" && value.length <= most;
}

function isNumber(value: unknown): value is number {
  return typeof value === "number" && Number.isFinite(value);
}

function isSide(value: unknown): value is number {
  return Number.isInteger(value) && (value as number) >= 1 && (value as number) <= MAX_SIDE;
}

/** Base64 of just as many bytes. */
function isBytes(value: unknown, count: number): value is string {
  if (typeof value !== "string" || value.length > 4 * Math.ceil(count / 3)) return false;
  return /^[A-Za-z0-9+/]*={0,2}$/.test(value) && Buffer.from(value, "base64").length === count;
}
