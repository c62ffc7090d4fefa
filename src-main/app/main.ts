/**
 * This folder is the composition root of the main process: life cycle, windows, menus, tray, notifications, links, and the wiring of
 * all other folders. Rules of the protocol, of calls and of storage stand elsewhere; nothing imports from here.
 *
 * What must be settled before Electron is ready happens in this file, in this order; `application.ts` does the rest.
 */
import { app, dialog } from 'electron'
import * as crypto from 'node:crypto'
import { mkdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import * as v from 'valibot'
import { choosePrimitives } from '../../src-shared/crypto/chosen-primitives.ts'
import { opensslPrimitives } from '../../src-shared/crypto/openssl.ts'
import { choosePasswordStore } from '../keychain/os-keychain.ts'
import { runApplication } from './application.ts'
import { LINK_SCHEME } from './deep-link.ts'
import { endProcess } from './end-process.ts'
import { forbiddenSwitch, launchOptions, linkAmong } from './launch-options.ts'
import { createLog } from './log.ts'
import { ProfileFolder } from './profile.ts'
import { registerAppScheme, secureContents } from './security.ts'
import { textsFor } from './texts.ts'

const out = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..')

/** Written into the packaged package.json of a build for automated tests, which is never published. */
function isTestBuild(): boolean {
  try {
    const manifest: unknown = JSON.parse(readFileSync(path.join(out, '../package.json'), 'utf8'))
    return v.is(v.object({ sightlineTestBuild: v.literal(true) }), manifest)
  } catch {
    return false
  }
}

function openProfile(folder: string | undefined): ProfileFolder | undefined {
  try {
    const profile = new ProfileFolder(folder ?? app.getPath('userData'), folder === undefined)
    app.setPath('userData', profile.folder)
    // Chromium writes there before it would make the folder.
    mkdirSync(profile.at('browser'), { recursive: true, mode: 0o700 })
    app.setPath('sessionData', profile.at('browser'))
    // macOS and Linux name the keychain's entry after the app: each profile has one of its own.
    app.setName(profile.facts.keychainName)
    return profile
  } catch {
    return undefined
  }
}

function start(): void {
  choosePrimitives(opensslPrimitives(crypto))
  // Whatever this process and its children write is its owner's alone.
  process.umask(0o077)
  const texts = textsFor('system', app.getLocale())
  const options = launchOptions(process.argv, process.env)
  const forbidden = forbiddenSwitch(process.argv, (name) => app.commandLine.hasSwitch(name), {
    packaged: app.isPackaged,
    testBuild: isTestBuild(),
  })
  if (forbidden !== undefined) {
    dialog.showErrorBox(texts.notStartedTitle, texts.debuggingBody(forbidden))
    app.exit(1)
    return
  }
  const profile = openProfile(options.profile)
  if (profile === undefined) {
    dialog.showErrorBox(texts.notStartedTitle, texts.profileUnusable.failed)
    app.exit(1)
    return
  }
  // The default profile alone answers to links: another instance under another profile is a person's experiment.
  if (options.profile === undefined) app.setAsDefaultProtocolClient(LINK_SCHEME)
  registerAppScheme()
  secureContents(app.isPackaged)
  choosePasswordStore(profile.facts.passwordStore, process.env)
  // As root (containers, tests) Chromium's sandbox cannot work, and asking for it would override the switch.
  if (!app.commandLine.hasSwitch('no-sandbox')) app.enableSandbox()
  if (!app.requestSingleInstanceLock()) {
    // The instance that runs gets our arguments, and comes to the front.
    app.exit(0)
    return
  }
  const log = createLog(profile.at('logs'))
  process.on('uncaughtException', (error) => {
    log.fatal({ error }, 'an exception reached the top')
    endProcess(1)
  })
  process.on('unhandledRejection', (error) => {
    log.error({ error }, 'a promise was rejected and nobody looked')
  })
  const application = app.whenReady().then(() => runApplication({ options, profile, log, out }))
  app.on('second-instance', (_event, args) => {
    void application.then(({ open }) => {
      open(linkAmong(args))
    })
  })
  app.on('open-url', (event, link) => {
    event.preventDefault()
    void application.then(({ open }) => {
      open(link)
    })
  })
}

start()
