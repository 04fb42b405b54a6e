// A sheet of schools as an office keeps it: which of its columns is which field, and its rows as the server compares them.
import type { Schemas } from '../api/api'
import { countyCode } from '../map/counties'

export type Row = Schemas['SchoolRow']
export const FIELDS = ['code', 'name', 'county', 'town', 'kind', 'pupils', 'boarders', 'guards', 'phone', 'address', 'lon', 'lat', 'police_org', 'edu_org', 'name_en'] as const
export type Field = (typeof FIELDS)[number]
export type Mapping = Partial<Record<Field, number>>
/** What columns are called in sheets that are met; compared without blanks, brackets and what stands in them. */
const names: Record<Field, string[]> = {
  code: ['学校代码', '学校标识码', '标识码', '学校编码', '代码', 'code', 'schoolcode', 'identifier'], name: ['学校名称', '名称', '校名', '学校', 'name', 'schoolname'], county: ['区划代码', '县市', '县区', '县', '所属县市', 'county'], town: ['乡镇', '乡镇街道', '所在乡镇', 'town'],
  kind: ['类别', '办学类型', '办学类别', '学段', '学校类型', 'kind', 'type'], pupils: ['学生数', '在校生数', '在校学生数', '学生人数', '人数', 'pupils', 'students'], boarders: ['寄宿生数', '住校生数', '寄宿生', 'boarders'], guards: ['保安数', '专职保安', '保安人数', 'guards'],
  phone: ['电话', '联系电话', '办公电话', 'phone'], address: ['地址', '学校地址', '详细地址', 'address'], lon: ['经度', 'lon', 'lng', 'longitude'], lat: ['纬度', 'lat', 'latitude'], police_org: ['派出所代码', '辖区派出所代码', '责任派出所代码', 'policeorg'], edu_org: ['教育局代码', '主管部门代码', '举办者代码', 'eduorg'], name_en: ['英文名称', 'nameen'],
}
const plain = (text: string) => text.replace(/[（(].*?[)）]/g, '').replace(/[\s_\-:：*]/g, '').toLowerCase()

/** The fields of a head; each column serves once. */
export function guess(head: string[]): Mapping {
  const out: Mapping = {}
  for (const f of FIELDS) {
    const at = head.findIndex((h, i) => names[f].includes(plain(h)) && !Object.values(out).includes(i))
    if (at >= 0) out[f] = at
  }
  return out
}
/** Above the head offices write titles: the first row in which three fields are found, else the first. */
export function headOf(table: string[][]): number {
  const at = table.slice(0, 20).findIndex((r) => Object.keys(guess(r)).length >= 3)
  return at < 0 ? 0 : at
}

const numbers: Field[] = ['pupils', 'boarders', 'guards', 'lon', 'lat']

/** One row; what is empty in the sheet says nothing. `wrong`: the field that is no number, or the missing code. */
export function rowOf(cells: string[], line: number, mapping: Mapping): { row: Row; wrong: Field | null } {
  const row: Record<string, unknown> = { line, code: '' }
  let wrong: Field | null = null
  for (const f of FIELDS) {
    const at = mapping[f]
    const text = at === undefined ? '' : (cells[at] ?? '').trim()
    if (text === '') continue
    if (numbers.includes(f)) {
      const n = Number(text.replace(/[,，]/g, ''))
      if (!Number.isFinite(n)) wrong ??= f
      else row[f] = f === 'lon' || f === 'lat' ? n : Math.round(n)
    } else row[f] = f === 'county' ? countyCode(text) : text
  }
  if (row.code === '') wrong ??= 'code'
  return { row: row as Row, wrong }
}
