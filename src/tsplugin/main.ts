import { join } from "node:path";
import { pluginFor } from "./index.ts";

/** What VS Code's TypeScript server loads: the types lie beside the bundle. */
export default pluginFor(join(__dirname, "types"));
