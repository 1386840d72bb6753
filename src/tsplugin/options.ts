import type { ts } from "@ts-morph/common";

/**
 * How cells are compiled. Strict, as real files are: what may be undefined is said. Implicit `any` is switched on only because
 * arrays take their types from what is pushed then; its complaints are dropped, for a notebook need not annotate. What
 * the kernel cannot erase is an error, and so is importing a type as a value.
 */
export const cellOptions = ({ ts }: { readonly ts: typeof import("@ts-morph/common").ts }): ts.CompilerOptions => ({
  target: ts.ScriptTarget.ES2024,
  lib: ["lib.es2024.d.ts", "lib.esnext.disposable.d.ts", "lib.esnext.iterator.d.ts", "lib.esnext.float16.d.ts"],
  module: ts.ModuleKind.Preserve,
  moduleResolution: ts.ModuleResolutionKind.Bundler,
  moduleDetection: ts.ModuleDetectionKind.Force,
  types: [],
  strict: true,
  strictNullChecks: false,
  useUnknownInCatchVariables: false,
  strictPropertyInitialization: false,
  allowJs: true,
  checkJs: false,
  resolveJsonModule: true,
  allowSyntheticDefaultImports: true,
  esModuleInterop: true,
  allowImportingTsExtensions: true,
  erasableSyntaxOnly: true,
  verbatimModuleSyntax: true,
  allowNonTsExtensions: true,
  skipLibCheck: true,
  noEmit: true,
  // a teaching notebook may show what is never reached
  allowUnreachableCode: true,
  allowUnusedLabels: true,
});
