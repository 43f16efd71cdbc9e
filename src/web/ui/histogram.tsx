/** When certificates end, as bars. Each bar is a link to what it counts, so that it can be reached and heard too. */
import type { VNode } from 'preact'
import type { Bucket } from '../contract.ts'
import { counted, number } from './format.ts'
import { usePlace } from './place.ts'
import { tableAddress } from './place.ts'
import { useWide } from './width.ts'

/** In units of the picture, which is as wide as the window lets it be: on a telephone text must be larger to stay readable. */
const shapes = {
  wide: { width: 960, height: 220, top: 22, bottom: 34, gap: 10, text: 13 },
  narrow: { width: 560, height: 260, top: 30, bottom: 38, gap: 6, text: 17 },
} as const
type Shape = (typeof shapes)['wide' | 'narrow']

interface Bar {
  readonly bucket: Bucket
  /** Below the bar. */
  readonly label: string
  /** For those who hear it: its title, which names the link. */
  readonly sentence: string
  readonly address: string
}

function barsOf(buckets: readonly Bucket[]): readonly Bar[] {
  return buckets.map((bucket, index) => {
    const { untilDays } = bucket
    const from = buckets[index - 1]?.untilDays
    const { label, range } = wordsFor(from, untilDays)
    const address =
      from === undefined
        ? tableAddress({ finding: 'expired' })
        : tableAddress({ 'ends-after': from, 'ends-within': untilDays })
    const sentence = `${range}: ${counted(bucket.managed, 'certificate')} managed, ${number(bucket.found)} not managed`
    return { bucket, label, sentence, address }
  })
}

function wordsFor(from: number | undefined, until: number | undefined): { label: string; range: string } {
  if (from === undefined) return { label: 'ended', range: 'Ended' }
  if (until === undefined) return { label: `>${from}`, range: `In more than ${from} days` }
  return { label: `≤${until}`, range: from === 0 ? `Within ${until} day` : `In ${from} to ${until} days` }
}

export function Histogram({ buckets }: { readonly buckets: readonly Bucket[] }): VNode {
  const { go } = usePlace()
  const shape = useWide() ? shapes.wide : shapes.narrow
  const { width, height, bottom, gap } = shape
  const most = Math.max(1, ...buckets.map(({ managed, found }) => managed + found))
  const step = width / Math.max(1, buckets.length)
  return (
    <figure class="histogram">
      <svg
        viewBox={`0 0 ${width} ${height}`}
        font-size={shape.text}
        role="group"
        aria-label="Certificates by the days until they end"
      >
        {barsOf(buckets).map((bar, index) => (
          <a
            key={bar.label}
            href={bar.address}
            class={index === 0 ? 'bar ended' : 'bar'}
            onClick={(event: MouseEvent) => {
              if (event.metaKey || event.ctrlKey || event.shiftKey) return
              event.preventDefault()
              go(bar.address)
            }}
          >
            <title>{bar.sentence}</title>
            <BarShape bar={bar} x={index * step + gap / 2} size={{ wide: step - gap, most, shape }} />
          </a>
        ))}
        <line class="axis" x1="0" x2={width} y1={height - bottom} y2={height - bottom} />
      </svg>
      <figcaption>
        <span>Days until they end</span>
        <span class="key managed">Managed by Perennial</span> <span class="key found">Not managed</span>
      </figcaption>
    </figure>
  )
}

interface ShapeProps {
  readonly bar: Bar
  readonly x: number
  readonly size: { readonly wide: number; readonly most: number; readonly shape: Shape }
}

function BarShape({ bar: { bucket, label }, x, size: { wide, most, shape } }: ShapeProps): VNode {
  const { height, top, bottom } = shape
  const floor = height - bottom
  const tall = (count: number): number => (count === 0 ? 0 : Math.max(2, (count / most) * (floor - top)))
  const managed = tall(bucket.managed)
  const found = tall(bucket.found)
  const total = bucket.managed + bucket.found
  return (
    <g>
      <rect class="ground" x={x} y={0} width={wide} height={height} rx="4" />
      <rect class="managed" x={x} y={floor - managed} width={wide} height={managed} />
      <rect class="found" x={x} y={floor - managed - found} width={wide} height={found} />
      <text class="value" x={x + wide / 2} y={floor - managed - found - 6}>
        {total === 0 ? '' : number(total)}
      </text>{' '}
      <text class="label" x={x + wide / 2} y={height - 12}>
        {label}
      </text>
    </g>
  )
}
