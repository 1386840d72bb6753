/** All words of the picker. */
export const WORDS = {
  schedule: { title: "Insert Schedule", search: "Search schedules", list: "Schedules" },
  init: { title: "Insert Initializer", search: "Search initializers", list: "Initializers" },
  found: (count: number) => (count === 0 ? "none found" : `${count} found`),
  insert: "Insert",
  cancel: "Cancel",
  code: "Code: change it in the cell after inserting",
  notGiven: "not given",
  details: "Chosen",
} as const;
