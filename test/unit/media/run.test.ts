import { expectTypeOf, test } from "vitest";
import type * as page from "../../../media/run/payload.ts";
import type * as editor from "../../../src/runs/messages.ts";

test("a run's page and its panel speak of the same messages", () => {
  expectTypeOf<page.FromRunPage>().toEqualTypeOf<editor.FromRunPage>();
  expectTypeOf<page.RunHead>().toEqualTypeOf<editor.RunHead>();
  expectTypeOf<page.ConfigurationView>().toEqualTypeOf<editor.ConfigurationView>();
  expectTypeOf<page.EventLine>().toEqualTypeOf<editor.EventLine>();
  expectTypeOf<page.CheckpointLine>().toEqualTypeOf<editor.CheckpointLine>();
  expectTypeOf<page.ToRunPage["type"]>().toEqualTypeOf<editor.ToRunPage["type"]>();
  // charts have a mirror of their own
  expectTypeOf<editor.ToRunPage>().toExtend<page.ToRunPage>();
});
