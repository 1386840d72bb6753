import type { ts } from "@ts-morph/common";
import { cellName } from "./cellNames.ts";
import type { Module } from "./compose.ts";
import { NotebookService } from "./notebookService.ts";
import type { World } from "./world.ts";

/** The language services of the notebooks that are open. Parsed files are shared between them. */
export class Notebooks {
  readonly #world: World;
  readonly #registry: ts.DocumentRegistry;
  readonly #services = new Map<string, NotebookService>();

  constructor(world: World) {
    this.#world = world;
    this.#registry = world.ts.createDocumentRegistry(world.system.useCaseSensitiveFileNames);
  }

  /** The notebook of a cell, and the cell; null for every other file. */
  of(file: string): { notebook: NotebookService; module: Module } | null {
    const name = cellName(file);
    if (name === null) return null;
    let notebook = this.#services.get(name.notebook);
    if (notebook === undefined) {
      this.#dropClosed();
      notebook = new NotebookService(this.#world, name, this.#registry);
      this.#services.set(name.notebook, notebook);
    }
    const module = notebook.module(file);
    return module ? { notebook, module } : null;
  }

  /** A cell of a notebook that another one was asked about. */
  module(file: string): Module | undefined {
    return this.of(file)?.module;
  }

  #dropClosed(): void {
    for (const [name, service] of this.#services) {
      if (service.isOpen) continue;
      service.dispose();
      this.#services.delete(name);
    }
  }
}
