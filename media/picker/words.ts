import { many, words } from "../../l10n/index.ts";

/** All words of the picker. */
export const WORDS = words({
  schedule: { title: "Insert Schedule", search: "Search schedules", list: "Schedules" },
  init: { title: "Insert Initializer", search: "Search initializers", list: "Initializers" },
  none: "none found",
  found: many("{0} found", "{0} found"),
  insert: "Insert",
  cancel: "Cancel",
  code: "{0} Code: change it in the cell after inserting.",
  notGiven: "not given",
  details: "Chosen",
});
