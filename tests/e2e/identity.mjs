// Signing in by another system, a real OpenID provider on loopback: entered on the console, used from desk and phone, its rules followed,
// what does not hold refused, and local accounts when it is down.
import assert from 'node:assert/strict'
import http from 'node:http'
import { createRequire } from 'node:module'
import { stand } from './stand.mjs'
import { asking, axe, finish, shoot, story } from './story.mjs'

console.info = console.warn = () => {} // what a development set-up is told
const { default: Provider } = await import(createRequire(new URL('../../web/package.json', import.meta.url)).resolve('oidc-provider'))
const s = await stand()
const api = asking(s, s.token('admin'))
const SECRET = 'a:b%c+d/e=&' // what a form and a header both have to encode
/** Who the provider knows: it says what is asked of it, and this test changes it in between. */
const people = {
  w1001: { name: '王建国', preferred_username: 'w1001', groups: ['desk'], org: 'P522325' },
  w1002: { name: '李梅', preferred_username: 'w1002', groups: ['visitors'] },
  operator: { name: '冒名', preferred_username: 'operator', groups: ['desk'], org: 'P522325' },
}
const server = http.createServer((q, r) => handle(q, r))
await new Promise((done) => server.listen(0, '127.0.0.1', done))
const issuer = `http://127.0.0.1:${server.address().port}`
const provider = new Provider(issuer, {
  clients: [{ client_id: 'huxue', client_secret: SECRET, redirect_uris: [`${s.base}/sign-in`, `${s.base}/m/`], response_types: ['code'], grant_types: ['authorization_code'], id_token_signed_response_alg: 'RS256' }],
  claims: { openid: ['sub'], profile: ['name', 'preferred_username', 'groups', 'org'] },
  findAccount: (_, id) => ({ accountId: id, claims: () => ({ sub: id, ...people[id] }) }),
  pkce: { required: () => true },
  cookies: { keys: ['x'] },
})
for (const e of ['authorization.error', 'grant.error', 'server_error', 'userinfo.error']) provider.on(e, (_, x) => console.log(`   the provider: ${e}: ${x.message} ${x.error_description ?? ''}`))
const handle = provider.callback()
/** On the provider's own pages: who, then consent. */
async function there(page, who) {
  await page.waitForURL(`${issuer}/interaction/**`, { timeout: 8000 })
  await page.locator('input[name=login]').fill(who)
  await page.locator('input[name=password]').fill('x')
  await page.locator('button[type=submit]').click()
  await page.getByRole('button', { name: 'Continue' }).click()
}
async function signIn(who, from = '/') {
  const context = await s.browser.newContext({ viewport: { width: 1920, height: 1080 }, locale: 'zh-CN' })
  const page = await context.newPage()
  await page.goto(`${s.base}${from}`)
  await page.getByRole('button', { name: '用公安统一认证登录' }).click()
  await there(page, who)
  return page
}
const me = (page) => page.evaluate(() => fetch('/v1/me').then((r) => r.json()))

await story('an administrator enters the service, checks it, and says what its people may do', async () => {
  const { page, errors } = await s.desk({ user: 'admin' })
  await page.goto(`${s.base}/admin`)
  await page.getByRole('button', { name: '统一认证' }).click()
  await page.getByLabel('名称').fill('公安统一认证')
  await page.getByLabel('签发者地址').fill(issuer)
  await page.getByLabel('客户端标识').fill('huxue')
  await page.getByLabel('客户端密钥').fill(SECRET)
  await page.getByLabel('机构代码声明').fill('org')
  await page.getByRole('button', { name: '加一条规则' }).click()
  await page.getByLabel('声明的值').fill('desk')
  await page.locator('.rule select').nth(1).selectOption('0')
  await page.getByRole('button', { name: '保存' }).click()
  await page.locator('tr.link').filter({ hasText: issuer }).waitFor({ timeout: 5000 })
  await page.getByRole('button', { name: '检查连接' }).click()
  await page.locator('[role=status]').filter({ hasText: /✓ \d+ keys/ }).waitFor({ timeout: 5000 })
  await shoot(page, 'identity')
  assert.deepEqual(await axe(page), [])
  const kept = (await api('GET', '/v1/identity-providers')).items[0]
  assert.equal(kept.secret, true)
  assert.ok(!JSON.stringify(kept).includes(SECRET), 'the secret is never told again')
  assert.deepEqual(errors, [])
  await page.context().close()
})

await story('an officer signs in there and is an operator of their county here, and no more', async () => {
  const page = await signIn('w1001')
  await page.locator('.queue, nav').first().waitFor({ timeout: 10_000 })
  const who = await me(page)
  assert.equal(who.full_name, '王建国')
  assert.ok(who.permissions.includes('dispatch') && !who.permissions.includes('org.write'))
  const schools = await page.evaluate(() => fetch('/v1/schools?limit=2000').then((r) => r.json()))
  assert.ok(schools.items.length > 50 && schools.items.every((x) => x.county === '522325'), 'only the schools of the county that the claim names')
  assert.equal(new URL(page.url()).search, '', 'the code does not stay in the address')
  await shoot(page, 'signed-in')
  await page.context().close()
})

await story('what the service no longer says is taken back at the next sign-in; what a person granted stays', async () => {
  const person = (await api('GET', '/v1/people?q=w1001')).items[0]
  const county = (await api('GET', '/v1/orgs')).items.find((o) => o.code === 'P522301')
  await api('POST', `/v1/people/${person.id}/grants`, { role: 'auditor', org_id: county.id })
  people.w1001.groups = []
  const page = await signIn('w1001')
  await page.locator('nav').first().waitFor({ timeout: 10_000 })
  const roles = (await api('GET', `/v1/people/${person.id}`)).grants.map((g) => g.role)
  assert.deepEqual(roles, ['auditor'])
  await page.context().close()
  // And when nothing is left, nobody comes in; what was taken back stays taken back.
  const auditor = (await api('GET', `/v1/people/${person.id}`)).grants[0]
  await api('DELETE', `/v1/people/${person.id}/grants/${auditor.id}`)
  const none = await signIn('w1001')
  await none.locator('[role=alert]').filter({ hasText: '没有给您本平台的角色' }).waitFor({ timeout: 10_000 })
  assert.equal((await me(none)).code, 'unauthenticated')
  await none.context().close()
  people.w1001.groups = ['desk']
})

await story('whom no rule names, whose name a local account has, and whom an administrator switched off: refused, with the reason', async () => {
  const visitor = await signIn('w1002')
  await visitor.locator('[role=alert]').filter({ hasText: '没有给您本平台的角色' }).waitFor({ timeout: 10_000 })
  await shoot(visitor, 'refused')
  await visitor.context().close()
  const impostor = await signIn('operator')
  await impostor.locator('[role=alert]').filter({ hasText: '本地已有这个登录名' }).waitFor({ timeout: 10_000 })
  await impostor.context().close()
  const person = (await api('GET', '/v1/people?q=w1001')).items[0]
  await api('PATCH', `/v1/people/${person.id}`, { state: 'disabled' })
  const off = await signIn('w1001')
  await off.locator('[role=alert]').filter({ hasText: '您的账号已停用' }).waitFor({ timeout: 10_000 })
  await off.context().close()
  await api('PATCH', `/v1/people/${person.id}`, { state: 'active' })
})

await story('a code serves once, and only the browser that began', async () => {
  const context = await s.browser.newContext({ locale: 'zh-CN' })
  const page = await context.newPage()
  let finished = null
  page.on('request', (r) => r.url().endsWith('/v1/sign-ins/finish') && (finished = r.postDataJSON()))
  await page.goto(s.base)
  await page.getByRole('button', { name: '用公安统一认证登录' }).click()
  await there(page, 'w1001')
  await page.locator('nav').first().waitFor({ timeout: 10_000 })
  const again = await fetch(`${s.base}/v1/sign-ins/finish`, { method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(finished) })
  assert.equal(again.status, 401)
  const begun = await fetch(`${s.base}/v1/sign-ins/${(await (await fetch(`${s.base}/v1/sign-ins`)).json()).items[0].id}/begin`, { method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify({ redirect: `${s.base}/sign-in` }) }).then((r) => r.json())
  const state = new URL(begun.url).searchParams.get('state')
  const stolen = await fetch(`${s.base}/v1/sign-ins/finish`, { method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify({ state, binder: '0'.repeat(64), code: 'x' }) })
  assert.equal(stolen.status, 401)
  const elsewhere = await fetch(`${s.base}/v1/sign-ins/1/begin`, { method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify({ redirect: 'https://evil.example/sign-in/' }) })
  assert.equal(elsewhere.status, 422)
  await context.close()
})

await story('a phone signs in the same way', async () => {
  const context = await s.browser.newContext({ viewport: { width: 390, height: 844 }, deviceScaleFactor: 2, hasTouch: true, locale: 'zh-CN' })
  const page = await context.newPage()
  await page.goto(`${s.base}/m/`)
  await page.getByRole('button', { name: '用公安统一认证登录' }).waitFor({ timeout: 10_000 })
  await shoot(page, 'phone-sign-in')
  await page.getByRole('button', { name: '用公安统一认证登录' }).click()
  await there(page, 'w1001')
  await page.getByText('王建国').waitFor({ timeout: 10_000 })
  await context.close()
})

await story('the service is down: the page says so, and a local account works', async () => {
  await new Promise((done) => { server.closeAllConnections(); server.close(done) })
  const shown = (await api('GET', '/v1/identity-providers')).items[0]
  await api('POST', `/v1/identity-providers/${shown.id}/check`).then((r) => assert.ok(r.good || r.text.includes('connect'), JSON.stringify(r))) // what was heard within a minute still holds
  const other = await api('POST', '/v1/identity-providers', { name: '教育统一认证', issuer: 'http://127.0.0.1:9', client_id: 'x' })
  const context = await s.browser.newContext({ locale: 'zh-CN' })
  const page = await context.newPage()
  await page.goto(s.base)
  await page.getByRole('button', { name: '用教育统一认证登录' }).click()
  await page.locator('[role=alert]').filter({ hasText: '请用本地账号登录' }).waitFor({ timeout: 10_000 })
  await page.locator('input[name=user]').fill('operator')
  await page.locator('input[name=password]').fill('huxue-demo')
  await page.getByRole('button', { name: '登录', exact: true }).click()
  await page.locator('nav').first().waitFor({ timeout: 10_000 })
  await api('DELETE', `/v1/identity-providers/${other.id}`)
  assert.equal((await api('GET', '/v1/identity-providers')).items.length, 1)
  await context.close()
})

await finish(s)
