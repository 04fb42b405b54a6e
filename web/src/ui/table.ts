// Tables that somebody edited, read in the browser: XLSX (ECMA-376, its first sheet) or CSV, as rows of texts.

const ROWS_MAX = 60_000

/** The entries of a ZIP archive that are asked for (APPNOTE 6.3: the central directory at the end, deflate or stored). */
async function unzip(file: ArrayBuffer, wanted: (name: string) => boolean): Promise<Map<string, string>> {
  const v = new DataView(file)
  let end = file.byteLength - 22
  while (end >= 0 && v.getUint32(end, true) !== 0x06054b50) end--
  if (end < 0) throw new Error('no ZIP')
  const out = new Map<string, string>()
  let at = v.getUint32(end + 16, true)
  for (let n = v.getUint16(end + 10, true); n > 0 && v.getUint32(at, true) === 0x02014b50; n--) {
    const nameLength = v.getUint16(at + 28, true)
    const name = new TextDecoder().decode(new Uint8Array(file, at + 46, nameLength))
    if (wanted(name)) {
      const local = v.getUint32(at + 42, true)
      const body = new Uint8Array(file, local + 30 + v.getUint16(local + 26, true) + v.getUint16(local + 28, true), v.getUint32(at + 20, true))
      const stream = v.getUint16(at + 10, true) === 0 ? new Blob([body]).stream() : new Blob([body]).stream().pipeThrough(new DecompressionStream('deflate-raw'))
      out.set(name, await new Response(stream).text())
    }
    at += 46 + nameLength + v.getUint16(at + 30, true) + v.getUint16(at + 32, true)
  }
  return out
}

const column = (ref: string) => [...ref.replace(/\d+$/, '')].reduce((n, c) => n * 26 + c.charCodeAt(0) - 64, 0) - 1
const texts = (e: Element) => [...e.getElementsByTagName('t')].map((x) => x.textContent ?? '').join('')

async function xlsx(file: ArrayBuffer): Promise<string[][]> {
  const parts = await unzip(file, (name) => name === 'xl/sharedStrings.xml' || name === 'xl/worksheets/sheet1.xml')
  const parse = (name: string) => new DOMParser().parseFromString(parts.get(name) ?? '<none/>', 'application/xml')
  const shared = [...parse('xl/sharedStrings.xml').getElementsByTagName('si')].map(texts)
  return [...parse('xl/worksheets/sheet1.xml').getElementsByTagName('row')].slice(0, ROWS_MAX).map((row) => {
    const cells: string[] = []
    for (const c of row.getElementsByTagName('c')) {
      const v = c.getElementsByTagName('v')[0]?.textContent ?? ''
      const type = c.getAttribute('t')
      cells[column(c.getAttribute('r') ?? 'A1')] = type === 's' ? (shared[Number(v)] ?? '') : type === 'inlineStr' ? texts(c) : v
    }
    return Array.from(cells, (x) => x ?? '')
  })
}

/** RFC 4180, with comma or semicolon, UTF-8 or the GB18030 that Chinese spreadsheets write. */
function csv(file: ArrayBuffer): string[][] {
  let text: string
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(file)
  } catch {
    text = new TextDecoder('gb18030').decode(file)
  }
  const first = text.slice(0, text.indexOf('\n'))
  const comma = first.includes(';') && !first.includes(',') ? ';' : ','
  const rows: string[][] = [['']]
  let quoted = false
  for (let i = 0; i < text.length && rows.length <= ROWS_MAX; i++) {
    const c = text[i]!
    const row = rows[rows.length - 1]!
    if (quoted && c === '"' && text[i + 1] === '"') (row[row.length - 1] += '"'), i++
    else if (c === '"') quoted = !quoted
    else if (!quoted && c === comma) row.push('')
    else if (!quoted && c === '\n') rows.push([''])
    else if (quoted || c !== '\r') row[row.length - 1] += c
  }
  return rows.filter((r) => r.some((x) => x !== ''))
}

export async function readTable(file: File): Promise<string[][]> {
  const bytes = await file.arrayBuffer()
  return new Uint8Array(bytes.slice(0, 2)).join() === '80,75' ? xlsx(bytes) : csv(bytes)
}
