/** What package.json calls the notebooks of `.dlnb` files. */
export const NOTEBOOK_TYPE = "dlnb";
