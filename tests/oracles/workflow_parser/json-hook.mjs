// Lets Node 20 import the parser's JSON files, which it wants an attribute for.
export async function load(url, context, next) {
  if (!url.endsWith(".json")) return next(url, context);
  return next(url, {...context, format: "json", importAttributes: {type: "json"}});
}
