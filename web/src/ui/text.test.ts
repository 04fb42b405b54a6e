import { describe, expect, it } from 'vitest'
import { en } from '../locale/en'
import { zh } from '../locale/zh-CN'
import { zhPages } from '../locale/zh-CN.pages'
import { fill, word } from './i18n'

type Tree = { [key: string]: string | string[] | Tree }
function leaves(tree: Tree, at = ''): [string, string][] {
  return Object.entries(tree).flatMap(([k, v]) => (typeof v === 'string' ? [[`${at}${k}`, v] as [string, string]] : Array.isArray(v) ? [] : leaves(v, `${at}${k}.`)))
}

describe('texts', () => {
  it('has every key in both languages, with the same places to fill', () => {
    const a = new Map(leaves({ ...zh, ...zhPages } as unknown as Tree))
    const b = new Map(leaves(en as unknown as Tree))
    expect([...b.keys()].sort()).toEqual([...a.keys()].sort())
    for (const [key, text] of a) expect((b.get(key) ?? '').match(/\{\w+\}/g)?.sort() ?? [], key).toEqual(text.match(/\{\w+\}/g)?.sort() ?? [])
  })
  it('fills in and falls back', () => {
    expect(fill('{n} of {m}', { n: 1, m: 2 })).toBe('1 of 2')
    expect(word({ a: 'A' }, 'b')).toBe('b')
  })
})
