// Calls the published clients as an action would: commands as JSON in COMMANDS, one answer each to
// the file RESULTS. What the clients print goes to standard output.
import fs from 'node:fs'
import * as cache from '@actions/cache'
import {getIDToken} from '@actions/core'
import {DefaultArtifactClient} from '@actions/artifact'

const artifacts = new DefaultArtifactClient()

const operations = {
  save: ({paths, key}) => cache.saveCache(paths, key),
  restore: ({paths, key, prefixes = [], lookupOnly = false}) =>
    cache.restoreCache(paths, key, prefixes, {lookupOnly}),
  upload: ({name, files, root, options = {}}) => artifacts.uploadArtifact(name, files, root, options),
  list: async () => (await artifacts.listArtifacts()).artifacts,
  get: async ({name}) => (await artifacts.getArtifact(name)).artifact,
  download: ({id, path, digest}) => artifacts.downloadArtifact(id, {path, expectedHash: digest}),
  delete: ({name}) => artifacts.deleteArtifact(name),
  identity: ({audience}) => getIDToken(audience),
}

const answers = []
for (const command of JSON.parse(process.env.COMMANDS)) {
  try {
    answers.push({value: (await operations[command.op](command)) ?? null})
  } catch (error) {
    answers.push({error: error.message})
  }
}
fs.writeFileSync(process.env.RESULTS, JSON.stringify(answers))
