// Evaluates expressions with GitHub's published expressions package.
//
// Reads lines {"expr": ..., "contexts": {...}}, writes a line for each: {"kind", "value"} as
// `agentmesh eval --batch` does, or {"error", "message"}. A number is also given as its bits'
// meaning in "text", since JSON has no NaN.

import {createInterface} from "node:readline";

import {data, Evaluator, Lexer, Parser} from "@actions/expressions";

const KNOWN = [
  "github", "env", "vars", "job", "jobs", "steps", "runner", "secrets", "strategy", "matrix",
  "needs", "inputs",
];

const FUNCTIONS = [
  {name: "success", minArgs: 0, maxArgs: Number.MAX_SAFE_INTEGER, call: () => new data.BooleanData(true)},
  {name: "failure", minArgs: 0, maxArgs: Number.MAX_SAFE_INTEGER, call: () => new data.BooleanData(false)},
  {name: "always", minArgs: 0, maxArgs: 0, call: () => new data.BooleanData(true)},
  {name: "cancelled", minArgs: 0, maxArgs: 0, call: () => new data.BooleanData(false)},
];

const KINDS = new Map([
  [data.Kind.Null, "Null"],
  [data.Kind.Boolean, "Boolean"],
  [data.Kind.Number, "Number"],
  [data.Kind.String, "String"],
  [data.Kind.Array, "Array"],
  [data.Kind.Dictionary, "Object"],
]);

function evaluate({expr, contexts}) {
  const known = new data.Dictionary();
  for (const [name, value] of Object.entries(contexts)) {
    known.add(name, JSON.parse(JSON.stringify(value), data.reviver));
  }
  for (const name of KNOWN) {
    known.add(name, new data.Null());
  }
  let stage = "lexing";
  try {
    const {tokens} = new Lexer(expr).lex();
    stage = "parsing";
    const names = [...new Set([...KNOWN, ...Object.keys(contexts)])];
    const tree = new Parser(tokens, names, FUNCTIONS).parse();
    stage = "evaluation";
    if (tree === undefined) {
      return {kind: "Null", value: null};
    }
    const functions = new Map(FUNCTIONS.map(f => [f.name, f]));
    const result = new Evaluator(tree, known, functions).evaluate();
    return {kind: KINDS.get(result.kind), value: JSON.stringify(result, data.replacer)};
  } catch (error) {
    return {error: stage, message: error.message};
  }
}

for await (const line of createInterface({input: process.stdin})) {
  process.stdout.write(JSON.stringify(evaluate(JSON.parse(line))) + "\n");
}
