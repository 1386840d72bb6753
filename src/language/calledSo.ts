/** Whether a name with `after` behind it is the library's: texts and tensors are split as well, but not by options. */
export const isCalledSo = (name: string, after: string): boolean => name !== ".split" || /^\s*\(\s*[{)]/.test(after);
