import type { ts } from "@ts-morph/common";
import type { World } from "./world.ts";

/** The call that a place is in, and where in it. */
export interface Call {
  readonly node: ts.CallExpression;
  /** `optim.adamw`, `exp.inspect.batchNorm`. */
  readonly chain: string;
  /** Which argument, from 0. */
  readonly argument: number;
  /** The object of options that the place is in, where that is one argument. */
  readonly options: ts.ObjectLiteralExpression | null;
}

/** The innermost call with `position` among its arguments, where the library declares it; null when there is none. */
export function callAt(world: World, program: ts.Program, file: string, position: number): Call | null {
  const { ts } = world;
  const source = program.getSourceFile(file);
  if (!source) return null;
  let found: ts.CallExpression | null = null;
  const visit = (node: ts.Node): void => {
    if (position < node.pos || position > node.end) return;
    if (ts.isCallExpression(node) && isWithin(source, node, position)) found = node;
    // what a function does is no argument of the call that it is given to
    else if (ts.isFunctionLike(node) && node.pos < position) found = null;
    ts.forEachChild(node, visit);
  };
  visit(source);
  return found && describe(world, program, source, found, position);
}

function describe(
  world: World,
  program: ts.Program,
  source: ts.SourceFile,
  node: ts.CallExpression,
  position: number,
): Call | null {
  const { ts } = world;
  const chain = chainOf(ts, node.expression);
  if (chain === null || !isLibrary(world, program, node.expression)) return null;
  const index = node.arguments.findIndex(({ end }) => position <= end);
  const argument = index < 0 ? node.arguments.length : index;
  const given = node.arguments[argument];
  const inside = given && ts.isObjectLiteralExpression(given) && position > given.getStart(source);
  return { node, chain, argument, options: inside && position <= given.end ? given : null };
}

/** Whether `position` is between the parentheses of a call. */
function isWithin(source: ts.SourceFile, node: ts.CallExpression, position: number): boolean {
  const closed = source.text[node.end - 1] === ")";
  return position >= node.arguments.pos && (closed ? position < node.end : position <= node.end);
}

/** The names of `a.b.c`; null for anything else. */
export function chainOf(ts: World["ts"], node: ts.Node): string | null {
  if (ts.isIdentifier(node)) return node.text;
  if (!ts.isPropertyAccessExpression(node)) return null;
  const before = chainOf(ts, node.expression);
  // of any value, methods are known by their own names
  return `${before ?? ""}.${node.name.text}`;
}

/** Whether what stands there is declared by the library, and is not a name of the notebook's own. */
export function isLibrary({ ts, types }: World, program: ts.Program, node: ts.Node): boolean {
  const checker = program.getTypeChecker();
  const name = ts.isPropertyAccessExpression(node) ? node.name : node;
  const symbol = checker.getSymbolAtLocation(name);
  const place = types.replaceAll("\\", "/");
  return symbol?.declarations?.some((one) => one.getSourceFile().fileName.startsWith(place)) ?? false;
}
