// Runs the script of a github-script step: node harness.js ORDER OUTCOME.
//
// ORDER is a JSON file with the script, the event and the token; OUTCOME is written before this
// process ends, with all that the script has set. The objects handed to the script have the shape of
// GitHub's toolkit packages, as far as scripts in workflows use them.
"use strict";

const childProcess = require("node:child_process");
const crypto = require("node:crypto");
const fs = require("node:fs");
const { createRequire } = require("node:module");
const os = require("node:os");
const path = require("node:path");

const [orderFile, outcomeFile] = process.argv.slice(2);
const order = JSON.parse(fs.readFileSync(orderFile, "utf8"));
const outcome = { result: "", outputs: {}, env: {}, paths: [], masks: [], summary: "", failed: null };

function finish() {
  fs.writeFileSync(outcomeFile, JSON.stringify(outcome));
}

// ---- core -------------------------------------------------------------------------------------

const asText = (value) => {
  if (value === null || value === undefined) return "";
  return typeof value === "string" || value instanceof String ? String(value) : JSON.stringify(value);
};
const escapeData = (text) =>
  asText(text).replace(/%/g, "%25").replace(/\r/g, "%0D").replace(/\n/g, "%0A");
const escapeProperty = (text) => escapeData(text).replace(/:/g, "%3A").replace(/,/g, "%2C");

function command(name, properties, message) {
  const given = Object.entries(properties).filter(([, value]) => value !== undefined && value !== "");
  const list = given.map(([key, value]) => `${key}=${escapeProperty(value)}`).join(",");
  process.stdout.write(`::${name}${list ? " " + list : ""}::${escapeData(message)}${os.EOL}`);
}

function annotation(level) {
  return (message, about = {}) => {
    const text = message instanceof Error ? message.toString() : message;
    command(
      level,
      {
        title: about.title,
        file: about.file,
        line: about.startLine,
        endLine: about.endLine,
        col: about.startColumn,
        endColumn: about.endColumn,
      },
      text,
    );
  };
}

class Summary {
  #text = "";
  #cells(row) {
    return row
      .map((cell) => (typeof cell === "string" ? { data: cell } : cell))
      .map((cell) => {
        const tag = cell.header ? "th" : "td";
        const span = ["colspan", "rowspan"].map((n) => (cell[n] ? ` ${n}="${cell[n]}"` : "")).join("");
        return `<${tag}${span}>${cell.data}</${tag}>`;
      })
      .join("");
  }
  addRaw(text, newline = false) {
    this.#text += text + (newline ? os.EOL : "");
    return this;
  }
  addEOL() {
    return this.addRaw(os.EOL);
  }
  addHeading(text, level = 1) {
    const depth = [1, 2, 3, 4, 5, 6].includes(Number(level)) ? level : 1;
    return this.addRaw(`<h${depth}>${text}</h${depth}>`, true);
  }
  addCodeBlock(code, language) {
    const lang = language ? ` lang="${language}"` : "";
    return this.addRaw(`<pre${lang}><code>${code}</code></pre>`, true);
  }
  addList(items, ordered = false) {
    const tag = ordered ? "ol" : "ul";
    return this.addRaw(`<${tag}>${items.map((i) => `<li>${i}</li>`).join("")}</${tag}>`, true);
  }
  addTable(rows) {
    return this.addRaw(`<table>${rows.map((r) => `<tr>${this.#cells(r)}</tr>`).join("")}</table>`, true);
  }
  addDetails(label, content) {
    return this.addRaw(`<details><summary>${label}</summary>${content}</details>`, true);
  }
  addImage(source, alt, { width, height } = {}) {
    const size = (width ? ` width="${width}"` : "") + (height ? ` height="${height}"` : "");
    return this.addRaw(`<img src="${source}" alt="${alt}"${size}>`, true);
  }
  addLink(text, target) {
    return this.addRaw(`<a href="${target}">${text}</a>`, true);
  }
  addQuote(text, cite) {
    return this.addRaw(`<blockquote${cite ? ` cite="${cite}"` : ""}>${text}</blockquote>`, true);
  }
  addBreak() {
    return this.addRaw("<br>", true);
  }
  addSeparator() {
    return this.addRaw("<hr>", true);
  }
  stringify() {
    return this.#text;
  }
  isEmptyBuffer() {
    return this.#text === "";
  }
  emptyBuffer() {
    this.#text = "";
    return this;
  }
  async write({ overwrite = false } = {}) {
    outcome.summary = (overwrite ? "" : outcome.summary) + this.#text;
    return this.emptyBuffer();
  }
  async clear() {
    return this.emptyBuffer().write({ overwrite: true });
  }
}

const inputVariable = (name) => `INPUT_${name.replace(/ /g, "_").toUpperCase()}`;
const summary = new Summary();
const core = {
  getInput(name, options = {}) {
    const value = process.env[inputVariable(name)] || "";
    if (options.required && !value) throw new Error(`Input required and not supplied: ${name}`);
    return options.trimWhitespace === false ? value : value.trim();
  },
  getMultilineInput(name, options) {
    return core.getInput(name, options).split("\n").filter((line) => line !== "");
  },
  getBooleanInput(name, options) {
    const value = core.getInput(name, options);
    if (["true", "True", "TRUE"].includes(value)) return true;
    if (["false", "False", "FALSE"].includes(value)) return false;
    throw new TypeError(`Input does not meet YAML 1.2 "Core Schema" specification: ${name}`);
  },
  setOutput(name, value) {
    outcome.outputs[name] = asText(value);
  },
  exportVariable(name, value) {
    outcome.env[name] = process.env[name] = asText(value);
  },
  addPath(folder) {
    outcome.paths.push(folder);
    process.env.PATH = `${folder}${path.delimiter}${process.env.PATH}`;
  },
  setSecret(value) {
    outcome.masks.push(asText(value));
    command("add-mask", {}, value);
  },
  setFailed(message) {
    process.exitCode = 1;
    outcome.failed = message instanceof Error ? message.toString() : asText(message);
  },
  isDebug: () => process.env.RUNNER_DEBUG === "1",
  debug: (message) => command("debug", {}, message),
  info: (message) => process.stdout.write(asText(message) + os.EOL),
  notice: annotation("notice"),
  warning: annotation("warning"),
  error: annotation("error"),
  startGroup: (name) => command("group", {}, name),
  endGroup: () => command("endgroup", {}, ""),
  async group(name, work) {
    core.startGroup(name);
    try {
      return await work();
    } finally {
      core.endGroup();
    }
  },
  setCommandEcho: (enabled) => command("echo", {}, enabled ? "on" : "off"),
  saveState: (name, value) => command("save-state", { name }, value),
  getState: (name) => process.env[`STATE_${name}`] || "",
  async getIDToken() {
    throw new Error("There is no identity token: this run is local.");
  },
  toPosixPath: (text) => text.replace(/\\/g, "/"),
  toWin32Path: (text) => text.replace(/\//g, "\\"),
  toPlatformPath: (text) => text.replace(/[/\\]/g, path.sep),
  platform: {
    platform: os.platform(),
    arch: os.arch(),
    isWindows: os.platform() === "win32",
    isMacOS: os.platform() === "darwin",
    isLinux: os.platform() === "linux",
  },
  summary,
  markdownSummary: summary,
  ExitCode: { Success: 0, Failure: 1 },
};

// ---- context ----------------------------------------------------------------------------------

const facts = order.github;
const context = {
  payload: facts.event || {},
  eventName: facts.event_name,
  sha: facts.sha,
  ref: facts.ref,
  workflow: facts.workflow,
  action: facts.action || process.env.GITHUB_ACTION,
  actor: facts.actor,
  job: order.job,
  runAttempt: Number(facts.run_attempt || 1),
  runNumber: Number(facts.run_number || 1),
  runId: Number(facts.run_id || 1),
  apiUrl: facts.api_url || "https://api.github.com",
  serverUrl: facts.server_url || "https://github.com",
  graphqlUrl: facts.graphql_url || "https://api.github.com/graphql",
  get repo() {
    const [owner, repo] = (facts.repository || "/").split("/");
    return { owner, repo };
  },
  get issue() {
    const about = this.payload.issue || this.payload.pull_request || this.payload;
    return { ...this.repo, number: about.number };
  },
};

// ---- io, exec, glob ---------------------------------------------------------------------------

const io = {
  async mkdirP(folder) {
    await fs.promises.mkdir(folder, { recursive: true });
  },
  async rmRF(target) {
    await fs.promises.rm(target, { recursive: true, force: true });
  },
  async cp(source, target, { recursive = false, force = true, copySourceDirectory = true } = {}) {
    const isFolder = (await fs.promises.stat(source)).isDirectory();
    if (isFolder && !recursive) {
      throw new Error(`Failed to copy. ${source} is a directory, but tried to copy without recursive flag.`);
    }
    const into = fs.existsSync(target) && fs.statSync(target).isDirectory() && copySourceDirectory;
    const place = into ? path.join(target, path.basename(source)) : target;
    await fs.promises.cp(source, place, { recursive: isFolder, force });
  },
  async mv(source, target, { force = true } = {}) {
    const into = fs.existsSync(target) && fs.statSync(target).isDirectory();
    const place = into ? path.join(target, path.basename(source)) : target;
    if (fs.existsSync(place)) {
      if (!force) throw new Error("Destination already exists");
      await io.rmRF(place);
    }
    await io.mkdirP(path.dirname(place));
    await fs.promises.rename(source, place);
  },
  async findInPath(tool) {
    const folders = (process.env.PATH || "").split(path.delimiter).filter(Boolean);
    return folders.map((folder) => path.join(folder, tool)).filter((file) => {
      try {
        fs.accessSync(file, fs.constants.X_OK);
        return fs.statSync(file).isFile();
      } catch {
        return false;
      }
    });
  },
  async which(tool, check = false) {
    if (!tool) throw new Error("parameter 'tool' is required");
    const [found] = tool.includes("/") ? [tool] : await io.findInPath(tool);
    if (!found && check) {
      throw new Error(`Unable to locate executable file: ${tool}. Please verify it is on PATH.`);
    }
    return found || "";
  },
};

// Words of a command line, as the toolkit splits them: spaces, double quotes, \" inside of them.
function words(line) {
  const found = [];
  let word = "";
  let quoted = false;
  let started = false;
  for (let i = 0; i < line.length; i += 1) {
    const char = line[i];
    if (char === "\\" && quoted && line[i + 1] === '"') {
      word += '"';
      i += 1;
    } else if (char === '"') {
      quoted = !quoted;
      started = true;
    } else if (char === " " && !quoted) {
      if (word || started) found.push(word);
      word = "";
      started = false;
    } else {
      word += char;
    }
  }
  if (word || started) found.push(word);
  return found;
}

function execute(line, args = [], options = {}) {
  const [program, ...first] = words(line);
  if (!program) return Promise.reject(new Error("Parameter 'commandLine' cannot be null or empty."));
  const all = [...first, ...(args || [])];
  if (!options.silent) process.stdout.write(`[command]${[program, ...all].join(" ")}${os.EOL}`);
  return new Promise((resolve, reject) => {
    const child = childProcess.spawn(program, all, {
      cwd: options.cwd || process.cwd(),
      env: options.env || process.env,
      stdio: [options.input ? "pipe" : "inherit", "pipe", "pipe"],
    });
    const listeners = options.listeners || {};
    let errors = "";
    for (const name of ["stdout", "stderr"]) {
      let rest = "";
      child[name].on("data", (data) => {
        if (name === "stderr") errors += data;
        if (!options.silent) process.stdout.write(data);
        if (listeners[name]) listeners[name](data);
        const lineListener = listeners[name === "stdout" ? "stdline" : "errline"];
        if (lineListener) {
          const lines = (rest + data).split("\n");
          rest = lines.pop();
          for (const one of lines) lineListener(one);
        }
      });
    }
    if (options.input) child.stdin.end(options.input);
    child.on("error", (error) =>
      reject(new Error(`Unable to start the process '${program}': ${error.message}`)));
    child.on("close", (code, signal) => {
      const exit = code === null ? 128 + (os.constants.signals[signal] || 0) : code;
      if (exit !== 0 && !options.ignoreReturnCode) {
        reject(new Error(`The process '${program}' failed with exit code ${exit}`));
      } else if (errors && options.failOnStdErr) {
        reject(new Error(`The process '${program}' failed because one or more lines were written to the STDERR stream`));
      } else {
        resolve(exit);
      }
    });
  });
}

const exec = {
  exec: execute,
  async getExecOutput(line, args, options = {}) {
    const got = { stdout: "", stderr: "" };
    const given = options.listeners || {};
    const listen = (name) => (data) => {
      got[name] += data.toString();
      if (given[name]) given[name](data);
    };
    const listeners = { ...given, stdout: listen("stdout"), stderr: listen("stderr") };
    const exitCode = await execute(line, args, { ...options, listeners });
    return { exitCode, ...got };
  },
};

function segmentPattern(text) {
  let out = "";
  for (let i = 0; i < text.length; i += 1) {
    const end = text[i] === "[" ? text.indexOf("]", i + 2) : -1;
    if (text[i] === "*") out += "[^/]*";
    else if (text[i] === "?") out += "[^/]";
    else if (end > 0) {
      out += `[${text.slice(i + 1, end).replace(/^!/, "^").replace(/\\/g, "\\\\")}]`;
      i = end;
    } else out += text[i].replace(/[.+^${}()|[\]\\]/g, "\\$&");
  }
  return out;
}

// The regular expression of an absolute pattern; a folder stands for all that lies below it.
function pathPattern(pattern) {
  const parts = pattern.split("/").filter(Boolean);
  let out = "";
  parts.forEach((part, i) => {
    if (part !== "**") out += `/${segmentPattern(part)}`;
    else if (i === parts.length - 1) out += "(?:/.*)?";
    else out += "(?:/[^/]+)*";
  });
  return new RegExp(`^${out}(?:/.*)?$`, "s");
}

async function* walk(target, follow, above = new Set()) {
  let stat;
  try {
    stat = await (follow ? fs.promises.stat(target) : fs.promises.lstat(target));
  } catch {
    return;
  }
  yield [target, stat.isDirectory()];
  if (!stat.isDirectory()) return;
  const real = await fs.promises.realpath(target);
  if (above.has(real)) return;
  for (const name of (await fs.promises.readdir(target)).sort()) {
    yield* walk(path.join(target, name), follow, new Set([...above, real]));
  }
}

const glob = {
  async create(patterns, options = {}) {
    const lines = patterns.split("\n").map((l) => l.trim()).filter((l) => l && !l.startsWith("#"));
    const rules = lines.map((line) => {
      const negative = line.startsWith("!");
      const plain = (negative ? line.slice(1) : line).replace(/^~(?=\/|$)/, os.homedir());
      const full = path.resolve(plain);
      const literal = [];
      for (const part of full.split("/").filter(Boolean)) {
        if (/[*?[]/.test(part)) break;
        literal.push(part);
      }
      return { negative, matches: pathPattern(full), start: `/${literal.join("/")}` };
    });
    const starts = [...new Set(rules.filter((r) => !r.negative).map((r) => r.start))].filter(
      (start, _, all) => !all.some((o) => o !== start && start.startsWith(o.replace(/\/?$/, "/"))),
    );
    async function* globGenerator() {
      for (const start of starts) {
        for await (const [file, isFolder] of walk(start, options.followSymbolicLinks !== false)) {
          if (isFolder && options.matchDirectories === false) continue;
          let selected = false;
          for (const rule of rules) if (rule.matches.test(file)) selected = !rule.negative;
          if (selected) yield file;
        }
      }
    }
    return {
      getSearchPaths: () => starts,
      globGenerator,
      async glob() {
        const found = [];
        for await (const file of globGenerator()) found.push(file);
        return found;
      },
    };
  },
  async hashFiles(patterns) {
    const files = await (await glob.create(patterns, { matchDirectories: false })).glob();
    const total = crypto.createHash("sha256");
    for (const file of files) {
      total.update(crypto.createHash("sha256").update(await fs.promises.readFile(file)).digest());
    }
    return files.length ? total.digest("hex") : "";
  },
};

// ---- github -----------------------------------------------------------------------------------

const repository = "/repos/{owner}/{repo}";
const routes = {
  "actions.listJobsForWorkflowRun": `GET ${repository}/actions/runs/{run_id}/jobs`,
  "actions.listWorkflowRunArtifacts": `GET ${repository}/actions/runs/{run_id}/artifacts`,
  "actions.listArtifactsForRepo": `GET ${repository}/actions/artifacts`,
  "actions.downloadArtifact": `GET ${repository}/actions/artifacts/{artifact_id}/{archive_format}`,
  "actions.deleteArtifact": `DELETE ${repository}/actions/artifacts/{artifact_id}`,
  "actions.getWorkflowRun": `GET ${repository}/actions/runs/{run_id}`,
  "actions.listWorkflowRuns": `GET ${repository}/actions/workflows/{workflow_id}/runs`,
  "actions.createWorkflowDispatch": `POST ${repository}/actions/workflows/{workflow_id}/dispatches`,
  "checks.create": `POST ${repository}/check-runs`,
  "checks.update": `PATCH ${repository}/check-runs/{check_run_id}`,
  "checks.listForRef": `GET ${repository}/commits/{ref}/check-runs`,
  "git.createRef": `POST ${repository}/git/refs`,
  "git.getRef": `GET ${repository}/git/ref/{ref}`,
  "git.updateRef": `PATCH ${repository}/git/refs/{ref}`,
  "git.deleteRef": `DELETE ${repository}/git/refs/{ref}`,
  "git.createTag": `POST ${repository}/git/tags`,
  "issues.addAssignees": `POST ${repository}/issues/{issue_number}/assignees`,
  "issues.addLabels": `POST ${repository}/issues/{issue_number}/labels`,
  "issues.create": `POST ${repository}/issues`,
  "issues.createComment": `POST ${repository}/issues/{issue_number}/comments`,
  "issues.deleteComment": `DELETE ${repository}/issues/comments/{comment_id}`,
  "issues.get": `GET ${repository}/issues/{issue_number}`,
  "issues.listComments": `GET ${repository}/issues/{issue_number}/comments`,
  "issues.listForRepo": `GET ${repository}/issues`,
  "issues.listLabelsOnIssue": `GET ${repository}/issues/{issue_number}/labels`,
  "issues.removeLabel": `DELETE ${repository}/issues/{issue_number}/labels/{name}`,
  "issues.setLabels": `PUT ${repository}/issues/{issue_number}/labels`,
  "issues.update": `PATCH ${repository}/issues/{issue_number}`,
  "issues.updateComment": `PATCH ${repository}/issues/comments/{comment_id}`,
  "pulls.create": `POST ${repository}/pulls`,
  "pulls.createReview": `POST ${repository}/pulls/{pull_number}/reviews`,
  "pulls.get": `GET ${repository}/pulls/{pull_number}`,
  "pulls.list": `GET ${repository}/pulls`,
  "pulls.listCommits": `GET ${repository}/pulls/{pull_number}/commits`,
  "pulls.listFiles": `GET ${repository}/pulls/{pull_number}/files`,
  "pulls.listReviews": `GET ${repository}/pulls/{pull_number}/reviews`,
  "pulls.merge": `PUT ${repository}/pulls/{pull_number}/merge`,
  "pulls.requestReviewers": `POST ${repository}/pulls/{pull_number}/requested_reviewers`,
  "pulls.update": `PATCH ${repository}/pulls/{pull_number}`,
  "reactions.createForIssueComment": `POST ${repository}/issues/comments/{comment_id}/reactions`,
  "repos.compareCommitsWithBasehead": `GET ${repository}/compare/{basehead}`,
  "repos.createCommitStatus": `POST ${repository}/statuses/{sha}`,
  "repos.createDispatchEvent": `POST ${repository}/dispatches`,
  "repos.createRelease": `POST ${repository}/releases`,
  "repos.get": `GET ${repository}`,
  "repos.getCollaboratorPermissionLevel": `GET ${repository}/collaborators/{username}/permission`,
  "repos.getCommit": `GET ${repository}/commits/{ref}`,
  "repos.getContent": `GET ${repository}/contents/{path}`,
  "repos.getLatestRelease": `GET ${repository}/releases/latest`,
  "repos.getReleaseByTag": `GET ${repository}/releases/tags/{tag}`,
  "repos.listBranches": `GET ${repository}/branches`,
  "repos.listCommits": `GET ${repository}/commits`,
  "repos.listPullRequestsAssociatedWithCommit": `GET ${repository}/commits/{commit_sha}/pulls`,
  "repos.listReleases": `GET ${repository}/releases`,
  "repos.listTags": `GET ${repository}/tags`,
  "search.issuesAndPullRequests": "GET /search/issues",
  "users.getAuthenticated": "GET /user",
  "users.getByUsername": "GET /users/{username}",
};
const PLAIN_PATHS = new Set(["path", "ref"]); // their slashes stay

class RequestError extends Error {
  constructor(message, status, response) {
    super(message);
    this.name = "HttpError";
    this.status = status;
    this.response = response;
  }
}

function getOctokit(token, options = {}) {
  const base = (options.baseUrl || order.baseUrl || context.apiUrl).replace(/\/$/, "");
  const exempt = new Set((order.exempt || "").split(",").map(Number));

  function refuse(what) {
    throw new Error(
      `${what} was refused: a local run has no token for GitHub's API. ` +
        "Give one with --secret GITHUB_TOKEN, or skip the step where env.ACT is set.",
    );
  }

  async function send(method, address, body, headers) {
    for (let attempt = 0; ; attempt += 1) {
      let response;
      try {
        response = await fetch(address, {
          method,
          body: body === undefined ? undefined : JSON.stringify(body),
          headers: {
            accept: "application/vnd.github+json",
            authorization: `token ${token}`,
            "content-type": "application/json",
            "user-agent": order.userAgent,
            ...headers,
          },
        });
      } catch (error) {
        const cause = error.cause ? `: ${error.cause.message}` : "";
        throw new RequestError(`${method} ${address} could not be sent${cause}`, 500);
      }
      const type = response.headers.get("content-type") || "";
      const data = type.includes("json") ? await response.json() : await response.arrayBuffer();
      const whole = {
        status: response.status,
        url: response.url,
        headers: Object.fromEntries(response.headers),
        data,
      };
      if (response.ok) return whole;
      if (attempt >= order.retries || exempt.has(response.status)) {
        throw new RequestError(data.message || `HTTP ${response.status}`, response.status, whole);
      }
      await new Promise((resolve) => setTimeout(resolve, (attempt + 1) ** 2 * 1000));
    }
  }

  async function request(route, given = {}) {
    if (!token) refuse(typeof route === "string" ? route : route.url);
    const merged = typeof route === "string" ? { ...given } : { ...route };
    const [verb, template] = typeof route === "string" ? route.split(/ (.*)/) : [route.method, route.url];
    const { headers = {}, baseUrl, mediaType, request: _, method, url, ...rest } = merged;
    const accept = mediaType && mediaType.format ? { accept: `application/vnd.github.${mediaType.format}` } : {};
    const place = (template || verb).replace(/\{(\w+)\}|(?<=\/):([a-z_]+)\b/g, (_all, one, two) => {
      const name = one || two;
      if (rest[name] === undefined) throw new Error(`Empty value for parameter '${name}': undefined`);
      const value = String(rest[name]);
      delete rest[name];
      return PLAIN_PATHS.has(name) ? value.split("/").map(encodeURIComponent).join("/") : encodeURIComponent(value);
    });
    const how = (template ? verb : "GET").toUpperCase();
    const address = new URL(place.startsWith("http") ? place : `${(baseUrl || base).replace(/\/$/, "")}${place}`);
    const inQuery = how === "GET" || how === "HEAD" || how === "DELETE";
    if (inQuery) {
      for (const [key, value] of Object.entries(rest)) {
        if (value !== undefined) address.searchParams.set(key, String(value));
      }
    }
    const body = inQuery || !Object.keys(rest).length ? undefined : rest.data || rest;
    return send(how, address, body, { ...accept, ...headers });
  }

  async function graphql(query, variables = {}) {
    if (!token) refuse("A GraphQL query");
    const { headers, ...values } = variables;
    const address = base === context.apiUrl ? context.graphqlUrl : `${base}/graphql`;
    const { data } = await send("POST", address, { query, variables: values }, headers);
    if (data.errors && data.errors.length) {
      const error = new Error(`Request failed due to following response errors:\n${data.errors.map((e) => ` - ${e.message}`).join("\n")}`);
      throw Object.assign(error, { name: "GraphqlResponseError", errors: data.errors, data: data.data });
    }
    return data.data;
  }

  const items = (data) => {
    if (Array.isArray(data)) return data;
    const list = Object.values(data || {}).find(Array.isArray);
    return list || [data];
  };
  const nextPage = (headers) => ((headers.link || "").match(/<([^>]+)>;\s*rel="next"/) || [])[1];

  async function* pages(route, given = {}) {
    let response = typeof route === "function" ? await route(given) : await request(route, given);
    for (;;) {
      yield { ...response, data: items(response.data) };
      const next = nextPage(response.headers);
      if (!next) return;
      response = await request(`GET ${next}`);
    }
  }

  async function paginate(route, given, map) {
    const each = typeof given === "function" ? given : map;
    const all = [];
    let stopped = false;
    for await (const page of pages(route, typeof given === "function" ? {} : given)) {
      all.push(...(each ? each(page, () => (stopped = true)) : page.data));
      if (stopped) break;
    }
    return all;
  }
  paginate.iterator = (route, given) => pages(route, given);

  const area = (name) =>
    new Proxy({}, {
      get(_target, method) {
        if (typeof method !== "string" || method === "then") return undefined;
        const route = routes[`${name}.${method}`];
        return async (given) => {
          if (!token) refuse(`github.rest.${name}.${method}()`);
          if (!route) {
            throw new Error(
              `github.rest.${name}.${method}() is not known to the built-in github-script. ` +
                "Use github.request() with the route, or run with --no-builtin-actions.",
            );
          }
          return request(route, given);
        };
      },
    });
  const rest = new Proxy({}, {
    get: (_target, name) => (typeof name === "string" && name !== "then" ? area(name) : undefined),
  });
  const log = { debug() {}, info() {}, warn: core.warning, error: core.error };
  const own = { rest, request, graphql, paginate, log, auth: async () => ({ type: "token", token }) };
  return new Proxy(own, {
    get(target, name) {
      if (name in target || typeof name !== "string" || name === "then") return target[name];
      return area(name); // octokit.issues.create, as before there was octokit.rest
    },
  });
}

// ---- the script -------------------------------------------------------------------------------

const workspaceRequire = createRequire(path.join(process.cwd(), "script.js"));
const ours = { "@actions/core": core, "@actions/exec": exec, "@actions/glob": glob, "@actions/io": io };
ours["@actions/github"] = { context, getOctokit };

const scriptRequire = new Proxy(workspaceRequire, {
  apply(target, self, [id]) {
    try {
      return Reflect.apply(target, self, [id]);
    } catch (error) {
      if (error.code === "MODULE_NOT_FOUND" && ours[id]) return ours[id];
      throw error;
    }
  },
});

async function main() {
  const github = getOctokit(order.token);
  const names = {
    require: scriptRequire,
    __original_require__: require,
    github,
    octokit: github,
    getOctokit,
    context,
    core,
    exec,
    glob,
    io,
  };
  const AsyncFunction = Object.getPrototypeOf(async () => {}).constructor;
  const script = new AsyncFunction(...Object.keys(names), order.script);
  const result = await script(...Object.values(names));
  const text = order.encoding === "string" ? String(result) : JSON.stringify(result);
  outcome.result = text === undefined ? "" : text;
}

function fail(error) {
  process.stdout.write(`${(error && error.stack) || error}${os.EOL}`);
  core.setFailed(`Unhandled error: ${error}`);
}

process.on("exit", finish); // also where a script ends the process itself
process.on("unhandledRejection", (error) => {
  fail(error);
  process.exit(1);
});
main().catch(fail);
