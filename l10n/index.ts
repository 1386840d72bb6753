export { type Bundle, bundle, bundleText, languageOf, number, speak } from "./language.ts";
export { translated } from "./sentences.ts";
export { many, words } from "./words.ts";
