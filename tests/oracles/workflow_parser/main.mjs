// The way in: the hook has to be there before the parser is imported.
import {register} from "node:module";

register("./json-hook.mjs", import.meta.url);
await import("./check.mjs");
