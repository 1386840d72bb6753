/** All words of the picker. */
export const WORDS = {
  schedule: { search: "Search schedules", list: "Schedules" },
  init: { search: "Search initializers", list: "Initializers" },
  found: (count: number) => (count === 0 ? "none found" : `${count} found`),
  insert: "Insert",
  cancel: "Cancel",
  code: "Code: change it in the cell after inserting",
  computing: "Computing...",
  details: "Chosen",
} as const;
