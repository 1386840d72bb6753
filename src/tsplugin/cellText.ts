import type { ts } from "@ts-morph/common";

type Typescript = typeof ts;

/** How a name came to be. */
export type Kind = "const" | "let" | "function" | "class" | "type" | "import";

/** What a cell's text says by itself. */
export interface CellText {
  readonly text: string;
  /** Names of its top level, which outlive it. */
  readonly declares: ReadonlyMap<string, Kind>;
  /** Every identifier in it: a superset of the names it uses. */
  readonly mentions: ReadonlySet<string>;
  /** What does not parse. */
  readonly problems: readonly ts.DiagnosticWithLocation[];
  /** Closes what is open at the end, so that text put behind it stays apart. */
  readonly closing: string;
}

export function readCell(ts: Typescript, file: string, text: string): CellText {
  const source = parse(ts, file, text);
  const declares = new Map<string, Kind>();
  for (const statement of source.statements) declare(ts, statement, declares);
  const mentions = new Set<string>();
  const visit = (node: ts.Node): void => {
    if (ts.isIdentifier(node)) mentions.add(node.text);
    ts.forEachChild(node, visit);
  };
  visit(source);
  const { parseDiagnostics: problems } = source as unknown as { parseDiagnostics: ts.DiagnosticWithLocation[] };
  return { text, declares, mentions, problems, closing: problems.length ? closing(ts, text) : "" };
}

/** As the module that it is: `await` is for its top level, too. */
function parse(ts: Typescript, file: string, text: string): ts.SourceFile {
  const options = {
    languageVersion: ts.ScriptTarget.ESNext,
    setExternalModuleIndicator: (source: ts.SourceFile) => {
      (source as { externalModuleIndicator?: ts.Node }).externalModuleIndicator = source;
    },
  };
  return ts.createSourceFile(file, text, options, false, ts.ScriptKind.TS);
}

function declare(ts: Typescript, node: ts.Statement, names: Map<string, Kind>): void {
  if (ts.isVariableStatement(node)) {
    const flags = node.declarationList.flags & ts.NodeFlags.BlockScoped;
    // what is used ends with the cell
    if (flags === ts.NodeFlags.Using || flags === ts.NodeFlags.AwaitUsing) return;
    const kind = flags === ts.NodeFlags.Const ? "const" : "let";
    for (const { name } of node.declarationList.declarations) bind(ts, name, kind, names);
  } else if (ts.isFunctionDeclaration(node)) {
    if (node.name) names.set(node.name.text, "function");
  } else if (ts.isClassDeclaration(node) || ts.isEnumDeclaration(node)) {
    if (node.name) names.set(node.name.text, "class");
  } else if (ts.isInterfaceDeclaration(node) || ts.isTypeAliasDeclaration(node)) {
    // a value of that name says more
    if (!names.has(node.name.text)) names.set(node.name.text, "type");
  } else if (ts.isImportDeclaration(node)) {
    const { name, namedBindings } = node.importClause ?? {};
    if (name) names.set(name.text, "import");
    if (namedBindings && ts.isNamespaceImport(namedBindings)) names.set(namedBindings.name.text, "import");
    else if (namedBindings) for (const one of namedBindings.elements) names.set(one.name.text, "import");
  }
}

function bind(ts: Typescript, name: ts.BindingName, kind: Kind, names: Map<string, Kind>): void {
  if (ts.isIdentifier(name)) {
    if (name.text) names.set(name.text, kind);
    return;
  }
  for (const element of name.elements) if (ts.isBindingElement(element)) bind(ts, element.name, kind, names);
}

/** Brackets, a template or a comment that is open at the end of `text`, closed. */
function closing(ts: Typescript, text: string): string {
  const scanner = ts.createScanner(ts.ScriptTarget.ESNext, true, ts.LanguageVariant.Standard, text);
  const open: string[] = [];
  let before = ts.SyntaxKind.Unknown;
  let tail = "";
  for (;;) {
    let token = scanner.scan();
    if (token === ts.SyntaxKind.SlashToken && !endsValue(ts, before)) token = scanner.reScanSlashToken();
    if (token === ts.SyntaxKind.CloseBraceToken && open.at(-1) === "}`") {
      token = scanner.reScanTemplateToken(false);
      if (token === ts.SyntaxKind.TemplateTail) open.pop();
    } else if (token === ts.SyntaxKind.TemplateHead) open.push("}`");
    else if (token === ts.SyntaxKind.OpenBraceToken) open.push("}");
    else if (token === ts.SyntaxKind.OpenParenToken) open.push(")");
    else if (token === ts.SyntaxKind.OpenBracketToken) open.push("]");
    else if (open.at(-1) === ts.tokenToString(token)) open.pop();
    if (scanner.isUnterminated() && token !== ts.SyntaxKind.StringLiteral) {
      // the last token reaches to the end
      if (/^[`}]/.test(scanner.getTokenText())) {
        tail = "`";
        if (open.at(-1) === "}`") open.pop();
      }
      break;
    }
    if (token === ts.SyntaxKind.EndOfFileToken) break;
    before = token;
  }
  if (/\/\*(?:(?!\*\/)[\s\S])*$/.test(text) && lastComment(ts, text)) tail = `*/${tail}`;
  return tail + open.reverse().join("");
}

/** Whether `text` ends within a comment of several lines. */
function lastComment(ts: Typescript, text: string): boolean {
  const scanner = ts.createScanner(ts.ScriptTarget.ESNext, false, ts.LanguageVariant.Standard, text);
  for (let token = scanner.scan(); token !== ts.SyntaxKind.EndOfFileToken; token = scanner.scan()) {
    if (token === ts.SyntaxKind.MultiLineCommentTrivia && scanner.isUnterminated()) return true;
  }
  return false;
}

/** Whether a slash behind this token divides. */
function endsValue(ts: Typescript, token: ts.SyntaxKind): boolean {
  const { SyntaxKind: is } = ts;
  return (
    token === is.Identifier ||
    token === is.NumericLiteral ||
    token === is.BigIntLiteral ||
    token === is.StringLiteral ||
    token === is.NoSubstitutionTemplateLiteral ||
    token === is.TemplateTail ||
    token === is.CloseParenToken ||
    token === is.CloseBracketToken ||
    token === is.ThisKeyword
  );
}
