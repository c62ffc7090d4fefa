/** How figures of a call are written, in the person's language. */
import type { MessageKey, Translate } from '../../app/language/translator.ts'
import type { ReceivedVideo, VideoCounters } from '../../devices/media-session.ts'

/** A reading: as a table, and as it is passed on. */
export interface Measured {
  readonly groups: readonly FigureGroup[]
  readonly record: unknown
}

/** A part of the table of measurements. */
export interface FigureGroup {
  readonly id: string
  readonly title: string
  readonly rows: readonly FigureRow[]
}

export interface FigureRow {
  readonly label: MessageKey
  readonly value: string
}

export class Figures {
  readonly none: string
  readonly #t: Translate
  readonly #locale: string

  constructor(t: Translate, locale: string) {
    this.none = t('stats.none')
    this.#t = t
    this.#locale = locale
  }

  number(value: number): string {
    return formatOf(this.#locale, undefined, 0).format(value)
  }

  ms(value: number | undefined): string {
    return this.#unit('millisecond', value, 0)
  }

  /** Milliseconds, as seconds. */
  seconds(value: number): string {
    return this.#t('time.seconds', { seconds: Math.round(value / 100) / 10 })
  }

  /** Bits a second. */
  bitrate(value: number | undefined): string {
    return this.#unit('kilobit-per-second', value === undefined ? undefined : value / 1000, 0)
  }

  /** 0 to 1. */
  percent(share: number | undefined): string {
    return this.#unit('percent', share === undefined ? undefined : Math.round(1000 * share) / 10, 1)
  }

  megabytes(bytes: number): string {
    return this.#unit('megabyte', bytes / 1e6, 1)
  }

  size({ width, height }: Pick<VideoCounters, 'width' | 'height'>): string {
    return width > 0 ? this.#t('stats.size.value', { width, height }) : this.none
  }

  freezes({ freezes, freezeMs }: Pick<ReceivedVideo, 'freezes' | 'freezeMs'>): string {
    return this.#t('stats.freezes.value', { count: freezes, time: this.seconds(freezeMs) })
  }

  #unit(unit: string, value: number | undefined, digits: number): string {
    return value === undefined ? this.none : formatOf(this.#locale, unit, digits).format(value)
  }
}

/** Making one takes a hundred times as long as using it, and the table is made anew every second of a call. */
const formats = new Map<string, Intl.NumberFormat>()

function formatOf(locale: string, unit: string | undefined, digits: number): Intl.NumberFormat {
  const key = [locale, unit, digits].join()
  const known = formats.get(key)
  if (known !== undefined) return known
  const made = new Intl.NumberFormat(locale, {
    ...(unit === undefined ? {} : { style: 'unit', unit }),
    maximumFractionDigits: digits,
  })
  formats.set(key, made)
  return made
}
