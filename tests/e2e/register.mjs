// The bureau's register of schools beside what is kept: columns found below a title, new and changed rows, what the police keep, what is missing.
// With a folder as argument the screens are also photographed.
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import fs from 'node:fs'
import path from 'node:path'
import { axe, asking, finish, shoot, story, until } from './story.mjs'
import { stand } from './stand.mjs'

const s = await stand()
const api = asking(s, s.token('admin'))
const all = (await api('GET', '/v1/schools?county=522327&limit=5000')).items // 册亨县
const [moved, renamed, gone] = all
const station = (await api('GET', '/v1/orgs')).items.find((o) => o.tree === 'police' && o.code.startsWith('P522327') && o.id !== moved.police_org_id && o.code.length > 7)

/** The sheet as an office sends it: a title, an empty row, other names of the columns, numbers with commas; XLSX by LibreOffice's shape of a ZIP. */
function workbook(rows) {
  const dir = path.join(s.dir, 'sheet')
  fs.rmSync(dir, { recursive: true, force: true })
  fs.mkdirSync(path.join(dir, 'xl/worksheets'), { recursive: true })
  const cell = (v, c, r) => (v === '' ? '' : `<c r="${String.fromCharCode(65 + c)}${r}" t="inlineStr"><is><t>${v}</t></is></c>`)
  fs.writeFileSync(path.join(dir, 'xl/worksheets/sheet1.xml'), `<?xml version="1.0"?><worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>${rows.map((r, i) => `<row r="${i + 1}">${r.map((v, c) => cell(v, c, i + 1)).join('')}</row>`).join('')}</sheetData></worksheet>`)
  fs.writeFileSync(path.join(dir, '[Content_Types].xml'), '<Types/>')
  const out = path.join(s.dir, '名册.xlsx')
  fs.rmSync(out, { force: true })
  execFileSync('python3', ['-c', 'import sys, zipfile, os\nz = zipfile.ZipFile(sys.argv[2], "w", zipfile.ZIP_DEFLATED)\nfor d, _, fs in os.walk(sys.argv[1]):\n  for f in fs: z.write(os.path.join(d, f), os.path.relpath(os.path.join(d, f), sys.argv[1]))\nz.close()', dir, out])
  return out
}
const head = ['学校标识码', '学校名称（全称）', '县市', '办学类型', '在校生数', '经度', '纬度', '辖区派出所代码']
const kinds = { kindergarten: '幼儿园', primary: '小学', middle: '初中', high: '高中', vocational: '中职', special: '特殊教育', nine_year: '九年一贯制' }
const line = (x, over = {}) => { const y = { ...x, ...over }; return [y.code, y.name, '册亨县', kinds[y.kind] ?? y.kind, y.pupils >= 1000 ? `${Math.floor(y.pupils / 1000)},${String(y.pupils % 1000).padStart(3, '0')}` : String(y.pupils), String(y.lon), String(y.lat), y.police ?? ''] }
const sheet = () => workbook([['册亨县 2026 年秋季学期学校名册'], [], head,
  line(moved, { pupils: moved.pupils + 7, police: station.code }), line(renamed, { name: '册亨县实验学校' }),
  ...all.slice(3).map((x) => line(x)),
  ['5223279001', '者楼街道新城小学', '册亨', '小学', '360', '105.81', '24.99', ''], ['5223279002', '某校', '册亨县', '小学', '约三百', '105.8', '24.9', ''], ['5223279003', '错位小学', '册亨县', '小学', '10', '24.9', '105.8', '']])

await story('the register is read as the office sends it; what the police keep is not ticked; only what is ticked is taken', async () => {
  const { page, errors } = await s.desk({ user: 'education' })
  await page.goto(`${s.base}/schools`)
  await page.getByRole('button', { name: '名册对照' }).click()
  await page.locator('input[type=file]').setInputFiles(sheet())
  await page.getByText('列的对应：已认出 8 项（表头在第 3 行）').waitFor()
  await shoot(page, 'register-columns')
  assert.deepEqual(await axe(page), [])
  await page.getByRole('button', { name: '对照', exact: true }).click()
  await page.getByRole('tab', { name: '有变化 2' }).waitFor()
  const row = page.getByRole('row').filter({ hasText: moved.code })
  await row.getByText(`${moved.pupils + 7}`).waitFor()
  assert.equal(await row.locator('label', { hasText: '派出所' }).getByRole('checkbox').isChecked(), false)
  assert.equal(await row.locator('label', { hasText: '学生数' }).getByRole('checkbox').isChecked(), true)
  await row.getByText('公安管理').waitFor()
  await shoot(page, 'register-differences')
  assert.deepEqual(await axe(page), [])
  await page.getByRole('tab', { name: '有错 2' }).click()
  await page.getByText('“学生数”不是数字').waitFor()
  await page.getByText('经纬度是否写反了').waitFor()
  await page.getByRole('tab', { name: '表中没有 1' }).click()
  await page.getByText(gone.name, { exact: true }).waitFor()
  assert.equal((await api('GET', `/v1/schools/${moved.id}`)).pupils, moved.pupils) // a comparison changes nothing
  await page.getByRole('button', { name: '采纳 3 校' }).click()
  await page.getByText('新增 1 校，更新 2 校').waitFor()
  const now = await api('GET', `/v1/schools/${moved.id}`)
  assert.deepEqual([now.pupils, now.police_org_id], [moved.pupils + 7, moved.police_org_id])
  assert.equal((await api('GET', `/v1/schools/${renamed.id}`)).name, '册亨县实验学校')
  assert.equal((await api('GET', `/v1/schools?q=${encodeURIComponent('新城小学')}`)).items[0].county, '522327')
  await page.getByRole('tab', { name: '有变化 1' }).waitFor() // the station is still another
  // With a reason the other side's field is taken, and the reason stands in the journal.
  await page.getByRole('row').filter({ hasText: moved.code }).getByRole('checkbox').check()
  assert.ok(await page.getByRole('button', { name: '采纳 1 校' }).isDisabled())
  await page.getByPlaceholder('改另一方管理的项目：理由').fill('派出所撤并，已与治安大队核对')
  await page.getByRole('button', { name: '采纳 1 校' }).click()
  await until(async () => (await api('GET', `/v1/schools/${moved.id}`)).police_org_id === station.id, 4000, 'the station')
  const event = (await api('GET', '/v1/journal?type=school.changed&limit=500')).items.find((e) => JSON.stringify(e).includes('派出所撤并'))
  assert.equal(event.data.change.changes[0].field, 'police_org')
  assert.deepEqual(errors, [])
  await page.context().close()
})

await story('who may change one school may not change another by a sheet, and adds none', async () => {
  const principal = s.token('education')
  const r = await s.api(principal, 'POST', '/v1/schools/take', { side: 'education', rows: [{ line: 4, code: moved.code, police_org: 'P522301' }] })
  assert.equal(r.status, 422) // without a reason
  const guard = s.token('guard')
  assert.equal((await s.api(guard, 'POST', '/v1/schools/compare', { side: 'education', rows: [{ line: 4, code: moved.code, pupils: 1 }] })).status, 403)
  const two = await s.api(principal, 'POST', '/v1/schools/take', { side: 'education', rows: [{ line: 4, code: moved.code, pupils: 1 }, { line: 5, code: renamed.code, edu_org: 'nothing' }] })
  assert.equal(two.status, 422)
  assert.notEqual((await api('GET', `/v1/schools/${moved.id}`)).pupils, 1) // all or none
})

await finish(s)
