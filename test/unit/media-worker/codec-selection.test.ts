import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { CodecSelection } from '../../../src-renderer/media-worker/codec-selection.ts'
import { VIDEO_CODECS } from '../../../src-shared/media/payload-types.ts'

const codecs = fc.subarray([...VIDEO_CODECS])
const choice = fc.constantFrom('automatic' as const, ...VIDEO_CODECS)

function ready(): CodecSelection {
  const selection = new CodecSelection()
  selection.encodable(VIDEO_CODECS)
  selection.decodable(VIDEO_CODECS)
  return selection
}

describe('the format of the own picture', () => {
  it('is VP8 until both sides are known to have another one that is preferred', () => {
    const selection = new CodecSelection()
    expect(selection.codec).toBe('VP8')
    selection.prefer('VP9')
    expect(selection.codec).toBe('VP8')
    selection.decodable(['VP8', 'VP9'])
    expect(selection.codec).toBe('VP8')
    selection.encodable(['VP8', 'VP9'])
    expect(selection.codec).toBe('VP9')
  })

  it('is the preferred one where both have it, and VP8 otherwise', () => {
    fc.assert(
      fc.property(choice, codecs, codecs, (preferred, here, there) => {
        const selection = new CodecSelection()
        selection.prefer(preferred)
        selection.encodable(here)
        selection.decodable(there)
        const wanted = preferred === 'automatic' ? 'VP8' : preferred
        expect(selection.codec).toBe(here.includes(wanted) && there.includes(wanted) ? wanted : 'VP8')
      }),
    )
  })

  it('follows the person and the other side at once', () => {
    const selection = ready()
    selection.prefer('H264')
    expect(selection.codec).toBe('H264')
    selection.decodable(['VP8', 'VP9'])
    expect(selection.codec).toBe('VP8')
    selection.prefer('VP9')
    expect(selection.codec).toBe('VP9')
    selection.prefer('automatic')
    expect(selection.codec).toBe('VP8')
  })

  it('is not one whose encoder broke down, until the person chooses anew', () => {
    const selection = ready()
    selection.prefer('H264')
    selection.failed('H264')
    expect(selection.codec).toBe('VP8')
    selection.decodable(VIDEO_CODECS)
    expect(selection.codec).toBe('VP8')
    selection.prefer('VP9')
    expect(selection.codec).toBe('VP9')
    selection.prefer('H264')
    expect(selection.codec).toBe('H264')
  })

  it('stays VP8 when that one breaks down: there is no other that every receiver decodes', () => {
    const selection = ready()
    selection.failed('VP8')
    expect(selection.codec).toBe('VP8')
  })
})
