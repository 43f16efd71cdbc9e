/** A terminal as an SVG, for the README: made of the very lines that the demo prints. */

const cell = { width: 7.8, height: 18 } as const
const margin = 16

const escaped = (text: string): string => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')

/** @param lines - plain text, without control sequences */
export function pictureOf(lines: readonly string[]): string {
  const width = Math.ceil(Math.max(...lines.map((line) => line.length)) * cell.width + 2 * margin)
  const height = Math.ceil(lines.length * cell.height + 2 * margin)
  const texts = lines.map((line, index) => {
    const y = margin + (index + 0.75) * cell.height
    const marked = escaped(line).replaceAll('✓', '<tspan fill="#7ee787">✓</tspan>')
    return `<text x="${margin}" y="${y}" xml:space="preserve">${marked}</text>`
  })
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}">`,
    `<rect width="100%" height="100%" rx="8" fill="#0d1117"/>`,
    `<g font-family="ui-monospace, SFMono-Regular, Menlo, Consolas, monospace" font-size="13" fill="#c9d1d9">`,
    ...texts,
    '</g>',
    '</svg>',
    '',
  ].join('\n')
}
