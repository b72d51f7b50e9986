const fs = require("fs");
const input = process.env["INPUT_SOME_INPUT"];
console.log(`main ${input}`);
fs.appendFileSync(process.env.GITHUB_OUTPUT, `word=${input}\n`);
fs.appendFileSync(process.env.GITHUB_STATE, `kept=${input}\n`);
