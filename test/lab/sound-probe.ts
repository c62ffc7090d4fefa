/**
 * Hears when syllables go into the microphone and come out at the speaker, for the delay from mouth to ear. The functions
 * run in the page: they see nothing of this module.
 */
import type { Page } from 'playwright-core'

/** Loudness of one block of sound. */
export interface Loudness {
  /** When it sounded, `Date.now()` scale with fractions, ms. */
  readonly at: number
  /** Root mean square, full scale is 1. */
  readonly level: number
}

/** What is louder was said; root mean square. */
export const LOUD = 0.02

interface SoundWindow extends Window {
  tapped?: { microphone?: MediaStreamTrack; speaker?: MediaStreamTrack }
  loudness?: Loudness[]
  stopListening?: () => void
}

/** To be done before the call: remembers the microphone that is opened and whatever is played through a worklet. */
export async function tapSound(page: Page): Promise<void> {
  await page.evaluate(() => {
    const scope: SoundWindow = window
    if (scope.tapped) return
    const tapped: { microphone?: MediaStreamTrack; speaker?: MediaStreamTrack } = (scope.tapped = {})
    const open = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices)
    navigator.mediaDevices.getUserMedia = async (constraints) => {
      const stream = await open(constraints)
      const [track] = stream.getAudioTracks()
      if (track) tapped.microphone = track
      return stream
    }
    window.AudioWorkletNode = class extends AudioWorkletNode {
      constructor(context: BaseAudioContext, name: string, options?: AudioWorkletNodeOptions) {
        super(context, name, options)
        if (name !== 'playout' || !(context instanceof AudioContext)) return
        const destination = new MediaStreamAudioDestinationNode(context)
        this.connect(destination)
        const [track] = destination.stream.getAudioTracks()
        if (track) tapped.speaker = track
      }
    }
  })
}

/** Starts to listen. Without a worklet, the speaker plays what the page's remote picture brings. */
export async function listen(page: Page, to: 'microphone' | 'speaker'): Promise<void> {
  await page.evaluate((to) => {
    const scope: SoundWindow = window
    scope.stopListening?.()
    const loudness: Loudness[] = (scope.loudness = [])
    const stream = document.querySelector<HTMLVideoElement>('[data-testid="remote-video"]')?.srcObject
    const remote = stream instanceof MediaStream ? stream.getAudioTracks()[0] : undefined
    const track = (scope.tapped?.[to] ?? (to === 'speaker' ? remote : undefined))?.clone()
    if (!track) throw new Error(`no sound at the ${to}`)
    const processor = new MediaStreamTrackProcessor<AudioData>({ track, maxBufferSize: 1000 })
    const reader = processor.readable.getReader()
    // A busy page reads late, and never early: the shortest way from the sound's own clock to this one is the true one.
    let ahead = Infinity
    // A stopped track ends the reader's stream.
    scope.stopListening = () => track.stop()
    void (async () => {
      for (;;) {
        const { value: sound, done } = await reader.read()
        if (done) return
        const heard = sound.timestamp / 1000
        ahead = Math.min(ahead, performance.timeOrigin + performance.now() - heard)
        const samples = new Float32Array(sound.numberOfFrames)
        sound.copyTo(samples, { planeIndex: 0, format: 'f32-planar' })
        sound.close()
        loudness.push({
          at: heard + ahead,
          level: Math.sqrt(samples.reduce((sum, sample) => sum + sample * sample, 0) / samples.length),
        })
      }
    })()
  }, to)
}

/** What was heard since the last look; listening goes on. */
export async function drainLoudness(page: Page): Promise<Loudness[]> {
  return page.evaluate(() => {
    const scope: SoundWindow = window
    return scope.loudness?.splice(0) ?? []
  })
}

export async function takeLoudness(page: Page): Promise<Loudness[]> {
  return page.evaluate(() => {
    const scope: SoundWindow = window
    scope.stopListening?.()
    return scope.loudness ?? []
  })
}
