import type { BackendName } from "./kernel.ts";

/** What `dlnb doctor` says of this machine. */

export interface DoctorReport {
  versions: {
    dlnb: string;
    node: string;
    webgpu: string | null;
    platform: string;
    arch: string;
    cpu: string;
    cores: number;
  };
  backends: readonly BackendReport[];
  auto: { backend: BackendName; why: string };
}

export interface BackendReport {
  backend: BackendName;
  available: boolean;
  adapters: readonly { name: string; vendor: string; kind: "discrete" | "integrated" | "cpu" | "unknown" }[];
  detail: string;
  /** How to mend what is missing; empty when nothing is. */
  mend: string;
}
