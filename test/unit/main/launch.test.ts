import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { formatLink } from '../../../src-shared/group/link.ts'
import { parseLink } from '../../../src-main/app/deep-link.ts'
import { forbiddenSwitch, launchOptions } from '../../../src-main/app/launch-options.ts'
import { isHandle } from '../../../src-shared/identity/handle.ts'

describe('the command line', () => {
  it('goes before the environment, and both may be silent', () => {
    expect(launchOptions(['app'], {})).toEqual({ profile: undefined, service: undefined, link: undefined })
    const environment = { SIGHTLINE_PROFILE: '/tmp/e', SIGHTLINE_SERVICE: 'env.example' }
    expect(launchOptions(['app'], environment)).toMatchObject({ profile: '/tmp/e', service: 'env.example' })
    expect(launchOptions(['app', '--profile=/tmp/a', '--service=arg.example:1'], environment)).toMatchObject({
      profile: '/tmp/a',
      service: 'arg.example:1',
    })
    expect(launchOptions(['app', '--profile='], { SIGHTLINE_PROFILE: '' }).profile).toBeUndefined()
    expect(launchOptions(['app', '--x', 'Sightline:call/ada'], {}).link).toBe('Sightline:call/ada')
  })

  const none = () => false
  const released = { packaged: true, testBuild: false }

  it('refuses every door for a debugger in a released build', () => {
    for (const argument of [
      '--inspect',
      '--inspect=0.0.0.0:9229',
      '--inspect-brk',
      '--remote-debugging-port=0',
      '-remote-debugging-pipe',
      '--js-flags=--expose-gc',
      '--load-extension=/tmp/x',
      '--renderer-cmd-prefix=/bin/sh',
    ]) {
      expect(forbiddenSwitch(['app', argument], none, released), argument).toBeDefined()
    }
    expect(forbiddenSwitch(['app'], (name) => name === 'remote-debugging-port', released)).toBe('remote-debugging-port')
  })

  it('lets everything else pass, and developers and tests work', () => {
    const harmless = ['app', '--profile=/tmp/inspect', 'sightline:call/inspect', '--password-store=gnome-libsecret']
    expect(forbiddenSwitch(harmless, none, released)).toBeUndefined()
    const debugging = ['app', '--inspect']
    expect(forbiddenSwitch(debugging, none, { packaged: false, testBuild: false })).toBeUndefined()
    expect(forbiddenSwitch(debugging, none, { packaged: true, testBuild: true })).toBeUndefined()
  })
})

describe('links', () => {
  it('open the call field, filled with a handle', () => {
    expect(parseLink('sightline:call/ada')).toEqual({ to: 'new-call', handle: 'ada' })
    const link = formatLink({ authority: 'calls.example.org:8440', secret: new Uint8Array(32).fill(7) })
    const short = link.replace('https://calls.example.org:8440/j/', 'sightline://j/calls.example.org:8440/')
    expect(parseLink(short)).toEqual({ to: 'new-call', link })
    expect(parseLink(short.slice(0, -1))).toBeUndefined()
    expect(parseLink(`sightline:${link}`)).toEqual({ to: 'new-call', link })
    expect(parseLink('sightline://call/Ada/')).toEqual({ to: 'new-call', handle: 'ada' })
    expect(parseLink('SIGHTLINE:call/ada%40example.org')).toEqual({ to: 'new-call', handle: 'ada@example.org' })
    expect(parseLink('sightline:call/%2B49%20151%20123456')).toEqual({ to: 'new-call', handle: '+49151123456' })
  })

  it('do nothing else', () => {
    for (const link of [
      'sightline:',
      'sightline:j/example.org/abc',
      'sightline:j/#abc',
      'sightline:https://a/j/b/c#d',
      'sightline:call/',
      'sightline:call/ada/now',
      'sightline:call/ada?video=1',
      'sightline:call/ada#x',
      'sightline:settings/x',
      'sightline:call/%',
      'sightline:call/--profile=x y',
      'https://example.org/sightline:call/ada',
      `sightline:call/${'a'.repeat(3000)}`,
    ]) {
      expect(parseLink(link), link).toBeUndefined()
    }
  })

  it('carry nothing that is not a handle, whatever they hold', () => {
    const text = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.string().map((rest) => `sightline:call/${rest}`),
      fc.string({ unit: 'grapheme' }).map((rest) => `sightline:call/${encodeURIComponent(rest)}`),
    )
    fc.assert(
      fc.property(text, (link) => {
        const place = parseLink(link)
        if (place !== undefined) {
          expect(place.to).toBe('new-call')
          expect(isHandle(place.handle ?? '')).toBe(true)
        }
      }),
      { numRuns: 500 },
    )
  })
})
