import { expect, test } from 'vitest'
import { guess, headOf, rowOf } from './register'

test('columns are known by what offices call them, below a title, each once', () => {
  const table = [['2026 年秋季学期学校名册'], [], ['序号', '学校标识码', '学校名称（全称）', '县市', '在校生数', '联系电话', '经度', '纬度']]
  expect(headOf(table)).toBe(2)
  expect(guess(table[2]!)).toEqual({ code: 1, name: 2, county: 3, pupils: 4, phone: 5, lon: 6, lat: 7 })
  expect(guess(['名称', '名称'])).toEqual({ name: 0 })
})
test('a row has what the sheet says, and names what is no number', () => {
  const m = { code: 0, name: 1, county: 2, pupils: 3, lon: 4 }
  expect(rowOf(['5223250001', '某小学', '贞丰县', '1,024', '105.65'], 4, m)).toEqual({ row: { line: 4, code: '5223250001', name: '某小学', county: '522325', pupils: 1024, lon: 105.65 }, wrong: null })
  expect(rowOf(['5223250001', '', '', '约三百', ''], 5, m)).toEqual({ row: { line: 5, code: '5223250001' }, wrong: 'pupils' })
  expect(rowOf(['', '某小学', '', '', ''], 6, m).wrong).toBe('code')
})
