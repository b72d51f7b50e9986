// What the page shows, as plain functions: the page calls them, and so do the tests.

/** Rows for the table of agents, by name; addresses without a port say so. */
export function rows(agents) {
  return Object.entries(agents)
    .sort(([a], [b]) => a.localeCompare(b))
    .map(([name, address]) => {
      const at = address.lastIndexOf(":");
      return at < 0
        ? { name, host: address, port: "–" }
        : { name, host: address.slice(0, at), port: address.slice(at + 1) };
    });
}

/** One sentence about a node's health. */
export function summary(health) {
  if (health.status !== "ok") return `${health.node} is not well`;
  const count = health.agents === 1 ? "1 agent" : `${health.agents} agents`;
  return `${health.node} (${health.version}) knows ${count}`;
}

/** Text that may stand in HTML. */
export function escape(text) {
  return text.replace(/[&<>"']/g, (c) => `&#${c.charCodeAt(0)};`);
}
