/** A plot of lines over one axis as SVG, for light and dark pages. */

export interface Plot {
  readonly title: string
  readonly x: { readonly label: string; readonly values: readonly number[] }
  /** Of one scale, which begins at zero. At most four. */
  readonly lines: readonly { readonly label: string; readonly values: readonly number[] }[]
}

const [width, height] = [860, 360]
const frame = { left: 60, right: 20, top: 70, bottom: 50 }
const colours = ['#3b7dd8', '#d0782a', '#3a9a5b', '#a35cc4']
const steps = 5

export function plot({ title, x, lines }: Plot): string {
  const most = roundUp(Math.max(1, ...lines.flatMap(({ values }) => values)))
  const longest = Math.max(1, ...x.values)
  const across = (value: number): number => frame.left + (value / longest) * (width - frame.left - frame.right)
  const up = (value: number): number => height - frame.bottom - (value / most) * (height - frame.top - frame.bottom)
  const ticks = Array.from({ length: steps + 1 }, (_, i) => i / steps)
  const rules = ticks.map((share) => rule(up(share * most), short(share * most)))
  const marks = ticks.map((share) => text({ x: across(share * longest), y: height - 30 }, short(share * longest)))
  const drawn = lines.map(({ values }, i) => {
    const points = values.map((value, n) => `${across(x.values[n] ?? 0).toFixed(1)},${up(value).toFixed(1)}`).join(' ')
    return `<polyline fill="none" stroke="${colourOf(i)}" stroke-width="2" points="${points}"/>`
  })
  const keys = lines.map(({ label }, i) => key(i, label))
  const body = [text({ x: width / 2, y: 24 }, title), ...keys, ...rules, ...marks, ...drawn]
  const label = text({ x: width / 2, y: height - 10 }, x.label)
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" role="img" aria-label="${escaped(title)}">
<style>
  text { font: 13px system-ui, sans-serif; fill: #222 }
  line { stroke: #8884 }
  rect { fill: #fff }
  @media (prefers-color-scheme: dark) { text { fill: #ddd } rect { fill: #16181d } }
</style>
<rect width="${width}" height="${height}"/>
${[...body, label].join('\n')}
</svg>
`
}

const colourOf = (index: number): string => colours[index % colours.length] ?? '#888'

const escaped = (words: string): string =>
  words.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;')

const text = ({ x, y }: { readonly x: number; readonly y: number }, words: string): string =>
  `<text x="${x.toFixed(1)}" y="${y.toFixed(1)}" text-anchor="middle">${escaped(words)}</text>`

const rule = (y: number, words: string): string =>
  `<line x1="${frame.left}" x2="${width - frame.right}" y1="${y.toFixed(1)}" y2="${y.toFixed(1)}"/>${text({ x: 32, y: y + 4 }, words)}`

const key = (index: number, label: string): string =>
  `<circle cx="${80 + index * 220}" cy="46" r="5" fill="${colourOf(index)}"/>` +
  `<text x="${92 + index * 220}" y="50">${escaped(label)}</text>`

const short = (value: number): string => (value >= 10 ? value.toFixed(0) : value.toFixed(1))

/** To the next of 1, 2, 5 times a power of ten, or five steps of it. */
function roundUp(value: number): number {
  const unit = 10 ** Math.floor(Math.log10(value))
  return [1, 2, 2.5, 5, 10].map((step) => step * unit).find((step) => step >= value) ?? value
}
