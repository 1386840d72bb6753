import { l10n } from "vscode";
import type { BackendName, DoctorReport } from "../../engine/protocol/index.ts";
import type { Runtime } from "../kernel/index.ts";

/** What a short training run on a backend came to. */
export interface Trial {
  backend: BackendName;
  steps: number;
  /** Wall time with compiling. */
  ms: number;
  /** Why it did not train; null when it did. */
  error: string | null;
}

/** Everything that the doctor looked at. */
export interface Examination {
  editor: { name: string; version: string; remote: string | null };
  extension: string;
  trusted: boolean;
  /** Mistakes in the settings, in words. */
  settings: readonly string[];
  /** The runtime that kernels get; null when none was started. */
  runtime: { kind: Runtime; path: string } | null;
  /** Null when no kernel answered; `failure` says why. */
  report: DoctorReport | null;
  failure: string | null;
  trials: readonly Trial[];
}

/** The examination as Markdown: what is wrong and how to mend it first, then what was found. */
export function doctorMarkdown(found: Examination): string {
  const { editor, extension, trusted, settings, runtime, report, failure, trials } = found;
  const complaints = [
    ...(failure === null ? [] : [failure]),
    ...settings,
    ...trials.flatMap(({ backend, error }) =>
      error === null ? [] : [l10n.t("{0} does not train: {1}", backend, error)],
    ),
    ...(report?.backends ?? []).flatMap(({ backend, available, detail, mend }) =>
      available || mend === "" ? [] : [`${backend}: ${detail}. ${l10n.t("To fix it: {0}", mend)}`],
    ),
  ];
  const trained = trials.filter(({ error }) => error === null).map(({ backend }) => backend);
  const verdict =
    trained.length > 0
      ? l10n.t("dlnb works here: a small network was just trained on {0}.", trained.join(l10n.t(" and on ")))
      : trusted
        ? l10n.t("dlnb cannot train here.")
        : l10n.t("This workspace is not trusted, so nothing was started: trust it and ask again.");
  const versions = report?.versions;
  const rows = [
    [l10n.t("Extension"), `dlnb ${extension}`],
    [l10n.t("Editor"), `${editor.name} ${editor.version}${editor.remote === null ? "" : `, ${editor.remote}`}`],
    ...(versions === undefined
      ? []
      : [
          [
            l10n.t("Machine"),
            `${versions.platform} ${versions.arch}, ${versions.cpu}, ${l10n.t("{0} cores", versions.cores)}`,
          ],
          [
            l10n.t("Kernels run on"),
            `Node.js ${versions.node}, ${runtimeWords(runtime?.kind ?? "packaged")}: ${code(runtime?.path ?? "")}`,
          ],
          [
            l10n.t("WebGPU runtime"),
            versions.webgpu === null ? l10n.t("none in this package") : `webgpu ${versions.webgpu}`,
          ],
        ]),
  ];
  return [
    "# dlnb Doctor",
    "",
    `**${verdict}**`,
    "",
    ...(complaints.length === 0
      ? []
      : [`## ${l10n.t("To look at")}`, "", ...complaints.map((one) => `- ${text(one)}`), ""]),
    `## ${l10n.t("What there is")}`,
    "",
    "| | |",
    "| --- | --- |",
    ...rows.map(([name = "", value = ""]) => `| ${name} | ${value.startsWith("Node") ? value : text(value)} |`),
    "",
    ...(report === null ? [] : backends(report, trials)),
  ].join("\n");
}

function backends({ backends, auto }: DoctorReport, trials: readonly Trial[]): string[] {
  const lines = backends.flatMap(({ backend, available, adapters, detail }) => {
    const trial = trials.find((one) => one.backend === backend && one.error === null);
    const trained = trial === undefined ? "" : ` · ${l10n.t("{0} steps in {1} ms", trial.steps, Math.round(trial.ms))}`;
    return [
      `- ${available ? "✓" : "✗"} **${backend}** ${text(detail)}${trained}`,
      ...adapters.map(({ name, vendor, kind }) => `  - ${text([name, vendor, kind].filter(Boolean).join(", "))}`),
    ];
  });
  return [
    `## ${l10n.t("Backends")}`,
    "",
    ...lines,
    "",
    l10n.t("The setting `auto` takes {0}: {1}.", auto.backend, text(auto.why)),
    "",
  ];
}

function runtimeWords(runtime: Runtime): string {
  if (runtime === "packaged") return l10n.t("which comes with the extension");
  if (runtime === "named") return l10n.t("which a setting or DLNB_NODE names");
  return l10n.t("the editor's own");
}

/** Text that Markdown takes for nothing else. */
const text = (words: string): string => words.replace(/[\\`*_{}[\]<>|#]/g, "\\$&").replace(/\s+/g, " ");

const code = (path: string): string => `\`${path.replaceAll("`", "'").replaceAll("|", "\\|")}\``;
