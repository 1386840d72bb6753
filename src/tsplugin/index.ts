import { dirname, join } from "node:path";
import type { ts } from "@ts-morph/common";
import { cellName } from "./cellNames.ts";
import { serve } from "./serve.ts";
import type { World } from "./world.ts";

/** Cells of notebooks in their order, by the notebook's path: what the extension tells the plugin. */
export interface Configuration {
  readonly order?: Readonly<Record<string, readonly string[]>>;
}

/**
 * The plugin of VS Code's TypeScript server that gives the cells of dlnb notebooks their language service. It reads code and
 * runs none, so it is safe in a workspace that is not trusted.
 */
export default function plugin({ typescript }: { typescript: typeof ts }): ts.server.PluginModule {
  let order: Configuration["order"] = {};
  const projects = new Set<ts.server.Project>();
  return {
    create(info) {
      const { project, languageService, languageServiceHost: host, serverHost } = info;
      if (project.projectService.serverMode !== typescript.LanguageServiceMode.Semantic)
        return waiting(languageService);
      projects.add(project);
      const world: World = {
        ts: typescript,
        types: join(__dirname, "types"),
        libraries: dirname(typescript.getDefaultLibFilePath({})),
        system: { ...typescript.sys, ...serverHost },
        open: () => project.getRootFiles(),
        read: (file) => {
          const script = project.projectService.getScriptInfo(file);
          if (!script?.isScriptOpen()) return undefined;
          const snapshot = script.getSnapshot();
          return { text: snapshot.getText(0, snapshot.getLength()), version: host.getScriptVersion(file) };
        },
        order: (path) => order?.[path],
        log: (text) => project.projectService.logger.info(`dlnb: ${text}`),
      };
      return serve(languageService, world);
    },
    onConfigurationChanged(configuration: Configuration) {
      order = configuration.order ?? {};
      for (const project of projects) {
        if (project.isClosed()) projects.delete(project);
        else project.refreshDiagnostics();
      }
    },
  };
}

/**
 * VS Code asks a second server, which looks at single files, until the first one knows the project. Of cells it would say what
 * is not so: nothing is better for these seconds.
 */
function waiting(service: ts.LanguageService): ts.LanguageService {
  const silent: readonly (keyof ts.LanguageService)[] = [
    "getCompletionsAtPosition",
    "getCompletionEntryDetails",
    "getQuickInfoAtPosition",
    "getSignatureHelpItems",
    "getDefinitionAndBoundSpan",
    "getDefinitionAtPosition",
    "getImplementationAtPosition",
    "findReferences",
    "getDocumentHighlights",
  ];
  const methods = silent.map((name) => {
    const plain = service[name] as (file: string, ...args: unknown[]) => unknown;
    return [
      name,
      (file: string, ...args: unknown[]) => (cellName(file) ? undefined : plain.call(service, file, ...args)),
    ];
  });
  return { ...service, ...Object.fromEntries(methods) };
}
