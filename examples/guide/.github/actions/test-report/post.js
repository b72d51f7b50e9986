// Runs when the job is over, even if a step has failed: the report's file is not left behind.
const fs = require("node:fs");

fs.rmSync(process.env.STATE_file, { force: true });
console.log(`Removed ${process.env.STATE_file}`);
