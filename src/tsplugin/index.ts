import { dirname } from "node:path";
import type { ts } from "@ts-morph/common";
import { cellName, isAsMade } from "./cellNames.ts";
import { Notebooks } from "./notebooks.ts";
import { serve } from "./serve.ts";
import type { World } from "./world.ts";

/** Cells of notebooks in their order, by the path of the notebook's address without a slash before it: what the extension tells the plugin. */
export interface Configuration {
  readonly order?: Readonly<Record<string, readonly string[]>>;
}

/**
 * The plugin of VS Code's TypeScript server that gives the cells of dlnb notebooks their language service; `types` is the folder
 * of cells.d.ts. It reads code and runs none, so it is safe in a workspace that is not trusted.
 */
export const pluginFor =
  (types: string): ts.server.PluginModuleFactory =>
  ({ typescript }) => {
    // a server makes a plugin for each of its projects, and of an untitled notebook each cell is a project of its own
    let order: Configuration["order"];
    let project: ts.server.Project | undefined;
    return {
      create(info) {
        const { languageService, languageServiceHost: host, serverHost } = info;
        const { projectService } = info.project;
        if (projectService.serverMode !== typescript.LanguageServiceMode.Semantic) return waiting(languageService);
        project = info.project;
        order = (info.config as Configuration).order;
        const known = shared.get(projectService);
        if (known !== undefined) {
          known.order = order;
          return serve(languageService, known.world, known.notebooks);
        }
        const world: World = {
          ts: typescript,
          types,
          libraries: dirname(host.getDefaultLibFileName(host.getCompilationSettings())),
          system: { ...typescript.sys, ...serverHost },
          open: () =>
            [...projectService.openFiles.keys()].flatMap(
              (path) => projectService.getScriptInfoForPath(path)?.fileName ?? [],
            ),
          read: (file) => {
            const script = projectService.getScriptInfo(file);
            if (!script?.isScriptOpen()) return undefined;
            const snapshot = script.getSnapshot();
            return { text: snapshot.getText(0, snapshot.getLength()), version: script.getLatestVersion() };
          },
          order: (address) => shared.get(projectService)?.order?.[address],
          cancellation: host.getCancellationToken?.(),
          log: (text) => projectService.logger.info(`dlnb: ${text}`),
        };
        const notebooks = new Notebooks(world);
        shared.set(projectService, { world, notebooks, order });
        return serve(languageService, world, notebooks);
      },
      onConfigurationChanged(configuration: Configuration) {
        const before = rearranged(order);
        order = configuration.order;
        const known = project && shared.get(project.projectService);
        if (known !== undefined) known.order = order;
        // cells that come or go are asked about anyway
        if (rearranged(order) !== before && !project?.isClosed()) project?.refreshDiagnostics();
      },
    };
  };

/** What the projects of a server share: the notebooks, whose cells may be spread over several. */
const shared = new WeakMap<
  ts.server.ProjectService,
  { readonly world: World; readonly notebooks: Notebooks; order: Configuration["order"] }
>();

/** The notebooks whose cells were moved, as text. */
const rearranged = (order: Configuration["order"] = {}): string =>
  JSON.stringify(Object.entries(order).filter(([, cells]) => !isAsMade(cells)));

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
