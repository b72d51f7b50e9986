// Reads {"name", "content"} a line and answers with what @actions/workflow-parser finds wrong.
// A line of the answer: [{"line", "column", "message"}, …]; place 0:0 where the parser names none.
import readline from "node:readline";
import {parseWorkflow, convertWorkflowTemplate, NoOperationTraceWriter} from "@actions/workflow-parser";
import {TemplateContext, TemplateValidationErrors} from "@actions/workflow-parser/templates/template-context";
import {getWorkflowSchema} from "@actions/workflow-parser/workflows/workflow-schema";
import {FeatureFlags} from "@actions/expressions/features";

const featureFlags = new FeatureFlags({allowBackgroundSteps: true});

async function check({name, content}) {
  const context = new TemplateContext(
    new TemplateValidationErrors(), getWorkflowSchema(), new NoOperationTraceWriter());
  context.state.featureFlags = featureFlags;
  const result = parseWorkflow({name, content}, context);
  if (result.value) {
    // Converts only what its schema accepts; its converters stumble over the rest.
    await convertWorkflowTemplate(context, result.value, undefined, {featureFlags});
  }
  return context.errors.getErrors().map(error => {
    // The place of the value stands in the prefix; the range may be that of an expression in it.
    const place = /\(Line: (\d+), Col: (\d+)\)$/.exec(error.prefix ?? "");
    const start = place
      ? {line: Number(place[1]), column: Number(place[2])}
      : (error.range?.start ?? {line: 0, column: 0});
    return {line: start.line, column: start.column, message: error.rawMessage};
  });
}

for await (const line of readline.createInterface({input: process.stdin})) {
  let answer;
  try {
    answer = await check(JSON.parse(line));
  } catch (error) {
    answer = [{line: 0, column: 0, message: `crash: ${error}`}];
  }
  process.stdout.write(JSON.stringify(answer) + "\n");
}
