/**
 * The same change of a group by MLS (RFC 9420), with `ts-mls`: one member commits the Add of another, one that is in processes it. A process
 * and a folder of its own, because it wants other versions of the libraries that the app has.
 * `node measure.mjs <suite> <largest size> <rounds>` prints `[{ size, commitMs, processMs, commitBytes, welcomeBytes }…]`, of all rounds.
 */
import * as mls from 'ts-mls'

const [suite, largest, rounds] = process.argv.slice(2)
const impl = await mls.getCiphersuiteImpl(mls.getCiphersuiteFromName(suite))
const encode = (text) => new TextEncoder().encode(text)

const keyPackage = (name) =>
  mls.generateKeyPackage(
    { credentialType: 'basic', identity: encode(name) },
    mls.defaultCapabilities(),
    mls.defaultLifetime,
    [],
    impl,
  )

async function cpuMs(work) {
  const start = process.cpuUsage()
  const value = await work()
  const { user, system } = process.cpuUsage(start)
  return { value, ms: (user + system) / 1000 }
}

/** The committer is always the first member, the one that processes the second. */
async function round() {
  const figures = []
  const founder = await keyPackage('0')
  let committer = await mls.createGroup(encode('group'), founder.publicPackage, founder.privatePackage, [], impl)
  let second
  for (let size = 2; size <= Number(largest); size++) {
    const newcomer = await keyPackage(String(size))
    const add = { proposalType: 'add', add: { keyPackage: newcomer.publicPackage } }
    const made = await cpuMs(() => mls.createCommit({ state: committer, cipherSuite: impl }, { extraProposals: [add] }))
    const { newState, welcome, commit } = made.value
    committer = newState
    if (second === undefined) {
      const { publicPackage, privatePackage } = newcomer
      const none = mls.emptyPskIndex
      second = await mls.joinGroup(welcome, publicPackage, privatePackage, none, impl, committer.ratchetTree)
      continue
    }
    const processed = await cpuMs(() =>
      mls.processPrivateMessage(second, commit.privateMessage, mls.emptyPskIndex, impl),
    )
    second = processed.value.newState
    const welcomed = mls.encodeMlsMessage({ version: 'mls10', wireformat: 'mls_welcome', welcome })
    figures.push({
      size,
      commitMs: made.ms,
      processMs: processed.ms,
      commitBytes: mls.encodeMlsMessage(commit).length,
      welcomeBytes: welcomed.length,
    })
  }
  return figures
}

const all = []
for (let i = 0; i < Number(rounds); i++) {
  const figures = await round()
  // The first warms up.
  if (i > 0) all.push(...figures)
}
console.log(JSON.stringify(all))
