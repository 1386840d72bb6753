import type { ts } from "@ts-morph/common";
import { completions, details } from "./completions.ts";
import { Diagnostics } from "./diagnostics.ts";
import { Edits } from "./edits.ts";
import { slashes } from "./notebookService.ts";
import { Notebooks } from "./notebooks.ts";
import { quickInfo } from "./quickInfo.ts";
import { Reference } from "./reference.ts";
import { signature } from "./signature.ts";
import type { World } from "./world.ts";

type Service = ts.LanguageService;

/** A method of the service that is given the cell, too. */
type Answer<F, C> = F extends ((...args: infer A) => infer R) | undefined ? (cell: C, ...args: A) => R : never;

/** The project's language service, in which cells of dlnb notebooks are answered for by the service of their notebook. */
export function serve(base: Service, world: World, notebooks = new Notebooks(world)): Service {
  const diagnostics = new Diagnostics();
  const reference = Reference.read(world);
  const edits = new Edits(notebooks);

  /** Whether someone who sees the cells' own text can see this. */
  const visible = (file: string, { start }: ts.TextSpan): boolean => {
    const module = notebooks.module(file);
    return module === undefined || start < module.cell.text.length;
  };
  const seen = <T extends { readonly fileName: string; readonly textSpan: ts.TextSpan }>(
    list: readonly T[] | undefined,
  ) => list?.filter(({ fileName, textSpan }) => visible(fileName, textSpan));
  /** Where the library declares what it only names there: a folder's list of its entries is of no use to a reader. */
  const source = (service: Service, one: ts.DefinitionInfo): ts.DefinitionInfo => {
    if (!one.fileName.startsWith(slashes(world.types))) return one;
    return service.getDefinitionAtPosition(one.fileName, one.textSpan.start)?.[0] ?? one;
  };
  const at = (file: string) => {
    const found = notebooks.of(file);
    return found && { ...found, service: found.notebook.service };
  };

  /** What is asked about the cell `file`, in place of what the project would answer. */
  const cells: { [M in keyof Service]?: Answer<Service[M], NonNullable<ReturnType<typeof at>>> } = {
    getSyntacticDiagnostics: ({ notebook, module }) => diagnostics.of(notebook, module) as ts.DiagnosticWithLocation[],
    getSemanticDiagnostics: () => [],
    getSuggestionDiagnostics: ({ notebook, module }) => diagnostics.hints(notebook, module),

    getCompletionsAtPosition: (cell, ...args) => completions(world, reference, cell, ...args),
    getCompletionEntryDetails: (cell, ...args) => edits.details(cell.module, details(world, reference, cell, ...args)),
    getQuickInfoAtPosition: (cell, ...args) => quickInfo(world, reference, cell, ...args),
    getSignatureHelpItems: (cell, ...args) => signature(world, reference, cell, ...args),

    getDefinitionAtPosition: ({ service }, ...args) =>
      seen(service.getDefinitionAtPosition(...args))?.map((one) => source(service, one)),
    getDefinitionAndBoundSpan: ({ service }, ...args) => {
      const found = service.getDefinitionAndBoundSpan(...args);
      return found && { ...found, definitions: seen(found.definitions)?.map((one) => source(service, one)) ?? [] };
    },
    getTypeDefinitionAtPosition: ({ service }, ...args) => seen(service.getTypeDefinitionAtPosition(...args)),
    getImplementationAtPosition: ({ service }, ...args) => seen(service.getImplementationAtPosition(...args)),
    getReferencesAtPosition: ({ service }, ...args) => seen(service.getReferencesAtPosition(...args)),
    findReferences: ({ service }, ...args) =>
      service
        .findReferences(...args)
        ?.map((symbol) => ({ ...symbol, references: seen(symbol.references) ?? [] }))
        .filter(({ references }) => references.length > 0),
    getDocumentHighlights: ({ service }, ...args) =>
      service.getDocumentHighlights(...args)?.map((one) => ({
        ...one,
        highlightSpans: one.highlightSpans.filter(({ textSpan }) => visible(one.fileName, textSpan)),
      })),
    getRenameInfo: ({ service }, file, position) => {
      const found = service.getRenameInfo(file, position, {});
      const ours = service
        .getDefinitionAtPosition(file, position)
        ?.some(({ fileName }) => fileName.startsWith(slashes(world.types)));
      if (found.canRename && ours) {
        return { canRename: false, localizedErrorMessage: `${found.displayName} is a name of the library.` };
      }
      return found;
    },
    // by its name in every cell, not by another one for it where it is imported
    findRenameLocations: ((
      { service }: { service: Service },
      file: string,
      position: number,
      strings: boolean,
      comments: boolean,
    ) =>
      seen(
        service.findRenameLocations(file, position, strings, comments, { providePrefixAndSuffixTextForRename: false }),
      )) as never,

    getCodeFixesAtPosition: ({ service, module }, ...args) =>
      edits.fixes(module, service.getCodeFixesAtPosition(...args)),
    getCombinedCodeFix: ({ service }, scope, ...args) => edits.combined(service.getCombinedCodeFix(scope, ...args)),
    getApplicableRefactors: ({ service }, ...args) =>
      // to other files: there are none beside a cell
      service.getApplicableRefactors(...args).filter(({ name }) => !/^Move to/.test(name)),
    getEditsForRefactor: ({ service }, ...args) => edits.refactor(service.getEditsForRefactor(...args)),
    organizeImports: ({ service }, ...args) => edits.kept(service.organizeImports(...args)),

    provideInlayHints: ({ service, module }, file, span, ...args) =>
      service.provideInlayHints(file, span, ...args).filter(({ position }) => position <= module.cell.text.length),
    getEncodedSemanticClassifications: ({ service }, ...args) => service.getEncodedSemanticClassifications(...args),
    getSemanticClassifications: (({ service }: { service: Service }, file: string, span: ts.TextSpan) =>
      service.getSemanticClassifications(file, span)) as never,
    prepareCallHierarchy: ({ service }, ...args) => service.prepareCallHierarchy(...args),
    provideCallHierarchyIncomingCalls: ({ service }, ...args) =>
      service.provideCallHierarchyIncomingCalls(...args).filter(({ from }) => visible(from.file, from.span)),
    provideCallHierarchyOutgoingCalls: ({ service }, ...args) => service.provideCallHierarchyOutgoingCalls(...args),
  };

  const all = Object.entries(base).map(([name, method]) => {
    const own = cells[name as keyof Service] as ((cell: unknown, ...args: unknown[]) => unknown) | undefined;
    const plain = method as (...args: unknown[]) => unknown;
    if (own === undefined) return [name, method];
    return [
      name,
      (...args: unknown[]) => {
        const [first] = args;
        const file = typeof first === "string" ? first : (first as { fileName?: string } | undefined)?.fileName;
        const cell = file === undefined ? null : at(file);
        return cell ? own(cell, ...args) : plain.apply(base, args);
      },
    ];
  });
  return Object.fromEntries(all) as Service;
}
