// How values of declarations are written in a cell.

/** A value as it is written in a cell; `registries` tell the global through which an instance is made. */
export function literal(value, registries) {
  const inner = (part) => literal(part, registries);
  if (Array.isArray(value)) return `[${value.map(inner).join(", ")}]`;
  if (typeof value === "string") return JSON.stringify(value);
  if (typeof value === "function") return String(value);
  if (typeof value === "number") return number(value);
  if (typeof value !== "object" || value === null) return String(value);
  const global = registries.find(({ all }) => all[value.type])?.global;
  const given = Object.entries(value.options ?? value).filter(
    ([name, option]) => inner(option) !== inner(value.definition?.params[name]?.default),
  );
  const options = given.map(([name, option]) => `${name}: ${inner(option)}`).join(", ");
  return global ? `${global}.${value.type}(${options && `{ ${options} }`})` : `{ ${options} }`;
}

/** 1e-5, 1 / 3, Math.sqrt(5): as one would write it. */
function number(x) {
  if (String(x).length > 10) {
    const [square, inverse] = [x * x, 1 / x].map((n) => [n, Math.round(n)]);
    if (Math.abs(square[0] - square[1]) < 1e-9) return `Math.sqrt(${square[1]})`;
    if (Math.abs(inverse[0] - inverse[1]) < 1e-9) return `1 / ${inverse[1]}`;
  }
  return x !== 0 && Math.abs(x) < 1e-3 ? x.toExponential() : String(x);
}
