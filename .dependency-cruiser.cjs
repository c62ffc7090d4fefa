/** The walls between the runtimes (docs/architecture.md). `test/unit/walls.test.ts` plants a violation of each. */
const OURS = ['src-main', 'src-renderer', 'src-server']

/** @type {import('dependency-cruiser').IConfiguration} */
module.exports = {
  forbidden: [
    { name: 'no-cycles', severity: 'error', from: {}, to: { circular: true } },
    {
      name: 'resolvable',
      comment: 'An import that leads nowhere.',
      severity: 'error',
      from: {},
      to: { couldNotResolve: true, pathNot: '(^electron$|\\?|^\\$|^virtual:)' },
    },
    ...OURS.map((own) => ({
      name: `${own}-sees-shared-only`,
      comment: 'Main, renderer and server see src-shared and never one another.',
      severity: 'error',
      from: { path: `^${own}/` },
      to: { path: `^(${OURS.filter((other) => other !== own).join('|')})/` },
    })),
    {
      name: 'shared-is-pure',
      comment: 'src-shared imports itself and @noble only: no Node, no DOM, no Electron.',
      severity: 'error',
      from: { path: '^src-shared/' },
      to: { pathNot: '^(src-shared/|node_modules/@noble/)' },
    },
    {
      name: 'headless-core',
      comment: 'The headless participant is built from these: no Electron, and nothing that needs it.',
      severity: 'error',
      from: { path: '^src-main/(account|calls|ice|network|signaling)/' },
      to: { path: '(^electron$|node_modules/electron/|^src-main/(app|preload|ipc)/|^src-main/keychain/os-keychain)' },
    },
    {
      name: 'bridge-only',
      comment:
        'Screens and features reach main through src-renderer/bridge; devices and the media worker know nothing of it.',
      severity: 'error',
      from: { path: '^src-renderer/(devices|media-worker|ui)/' },
      to: { path: '^src-renderer/(app|screens|features|bridge)/' },
    },
    {
      name: 'renderer-layers',
      comment: 'app → screens → features → ui.',
      severity: 'error',
      from: { path: '^src-renderer/features/' },
      to: { path: '^src-renderer/screens/' },
    },
  ],
  options: {
    tsPreCompilationDeps: true,
    doNotFollow: { path: 'node_modules' },
    tsConfig: { fileName: 'tsconfig.base.json' },
    enhancedResolveOptions: {
      extensions: ['.ts', '.svelte', '.js', '.json', '.css'],
      exportsFields: ['exports'],
      conditionNames: ['svelte', 'import', 'types', 'node', 'default'],
    },
  },
}
