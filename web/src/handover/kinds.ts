import type { Schemas } from '../api/api'
import { t } from '../ui/i18n'

type Sheet = Schemas['HandoverSheet']
/** What a sheet holds, in the order in which it is read. Older sheets lack the later kinds. */
const KINDS = ['incidents', 'units', 'postures', 'warnings', 'faults', 'shelves', 'unreached'] as const
export type Kind = (typeof KINDS)[number]
/** The kinds of which something stands (`some`) or nothing does, by their names. */
export function kindsOf(sheet: Sheet, some: boolean): { kind: Kind; name: string; count: number }[] {
  return KINDS.filter((k) => sheet[k] && sheet[k].length > 0 === some).map((kind) => ({ kind, name: t.value.handover[kind], count: sheet[kind]!.length }))
}
