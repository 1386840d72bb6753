export { type Bundle, bundle, bundleText, digits, languageOf, number, speak } from "./language.ts";
export { say, translated } from "./sentences.ts";
export { many, words } from "./words.ts";
