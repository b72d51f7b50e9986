// Reads a JUnit file and reports it. Plain Node: nothing to install, nothing to bundle.
const fs = require("node:fs");

const input = (name) => (process.env[`INPUT_${name.toUpperCase()}`] || "").trim();
const append = (file, text) => fs.appendFileSync(process.env[file], text);
const data = (text) => text.replace(/%/g, "%25").replace(/\r/g, "%0D").replace(/\n/g, "%0A");
const property = (text) => data(text).replace(/:/g, "%3A").replace(/,/g, "%2C");
const plain = (text) =>
  text.replace(/&(lt|gt|quot|apos|amp);/g, (_, name) => ({ lt: "<", gt: ">", quot: '"', apos: "'", amp: "&" })[name]);

/** The test cases of a JUnit file: class, name, seconds, and the failure's message if there is one. */
function cases(xml) {
  const found = [];
  for (const [, attributes, , body] of xml.matchAll(/<testcase\b([^>]*?)(\/>|>([\s\S]*?)<\/testcase>)/g)) {
    const read = (text, name) => plain((text.match(new RegExp(`\\b${name}="([^"]*)"`)) || ["", ""])[1]);
    const failure = (body || "").match(/<(?:failure|error)\b([^>]*)/);
    found.push({
      class: read(attributes, "classname"),
      name: read(attributes, "name"),
      seconds: Number(read(attributes, "time")),
      failure: failure ? read(failure[1], "message") : null,
    });
  }
  return found;
}

const file = input("file");
const all = cases(fs.readFileSync(file, "utf8"));
const failed = all.filter((test) => test.failure !== null);
for (const test of failed) {
  const path = `${test.class.replace(/\./g, "/")}.py`;
  console.log(`::error file=${property(path)},title=${property(test.name)}::${data(test.failure)}`);
}
const seconds = all.reduce((sum, test) => sum + test.seconds, 0);
const slowest = [...all].sort((a, b) => b.seconds - a.seconds).slice(0, 3);
append(
  "GITHUB_STEP_SUMMARY",
  `### ${input("title")}\n\n${all.length} tests, ${failed.length} failed, ${seconds.toFixed(2)} s\n\n` +
    `| slowest | seconds |\n|---|---|\n` +
    slowest.map((test) => `| ${test.name} | ${test.seconds.toFixed(2)} |\n`).join(""),
);
append("GITHUB_OUTPUT", `tests=${all.length}\nfailures=${failed.length}\n`);
append("GITHUB_STATE", `file=${file}\n`);
console.log(`${all.length} tests, ${failed.length} failed`);
