// Hashes files with GitHub's published glob package, as the runner calls it.
//
// Reads lines {"workspace": ..., "patterns": [...], "follow": bool}, writes for each the hash as a
// string, or {"error": message}.

import {createInterface} from "node:readline";

import {hashFiles} from "@actions/glob";

// The package tells what it does with workflow commands on standard output.
const write = process.stdout.write.bind(process.stdout);
process.stdout.write = () => true;

async function answer({workspace, patterns, follow}) {
  process.chdir(workspace);
  try {
    return await hashFiles(patterns.join("\n"), workspace, {followSymbolicLinks: follow});
  } catch (error) {
    return {error: error.message};
  }
}

for await (const line of createInterface({input: process.stdin})) {
  write(JSON.stringify(await answer(JSON.parse(line))) + "\n");
}
