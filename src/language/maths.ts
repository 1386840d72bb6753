/** Formulas as the library writes them, in letters that every keyboard has, as one reads them: `sqrt(nu) + eps` becomes √ν + ε. */

const LETTERS: Readonly<Record<string, string>> = {
  alpha: "α",
  beta: "β",
  delta: "δ",
  eps: "ε",
  gamma: "γ",
  mu: "μ",
  nu: "ν",
  pi: "π",
  rho: "ρ",
  tau: "τ",
};
const SUPERSCRIPTS: Readonly<Record<string, string>> = { "2": "²", "3": "³", T: "ᵀ", t: "ᵗ", x: "ˣ", "-x": "⁻ˣ" };
const SUBSCRIPTS: Readonly<Record<string, string>> = { "0": "₀", "1": "₁", "2": "₂", t: "ₜ", i: "ᵢ", j: "ⱼ" };

/** One line of a rule. */
export function readable(line: string): string {
  return line
    .replace(/<-/g, "←")
    .replace(/->/g, "→")
    .replace(/\^(-?\w)(?![\w.(])/g, (whole, power: string) => SUPERSCRIPTS[power] ?? whole)
    .replace(/(?<=\w)_(\w)(?!\w)/g, (whole, index: string) => SUBSCRIPTS[index] ?? whole)
    .replace(
      /\b(alpha|beta|delta|eps|gamma|mu|nu|pi|rho|tau)(\d?)(?![A-Za-z])/g,
      (_, name: string, index: string) => `${LETTERS[name]}${SUBSCRIPTS[index] ?? index}`,
    )
    .replace(/\bsqrt\(([\wα-ω]+)\)/g, "√$1")
    .replace(/\bsqrt\(/g, "√(")
    .replace(/\bsum(?=[_ ])/g, "Σ");
}
