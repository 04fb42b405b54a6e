import { computed, ref } from 'vue'

const zh = {
  app: '护学', language: 'English', understood: '知道了', signIn: '登录', signInBy: '用{name}登录', refusedThere: '没有登录成功：{detail}', user: '登录名', password: '密码', otp: '动态口令（如已启用）', out: '退出登录',
  tab: { home: '值守', duty: '勤务', patrol: '巡逻', tip: '上报', tasks: '任务', bus: '校车', more: '更多' },
  offline: '没有网络：记录已存在手机里，联网后自动上传', waiting: '{n} 条待上传', refused: '{n} 条被退回', sent: '已全部上传',
  panic: { hold: '长按 1.5 秒报警', silent: '静默', level1: '求助', level2: '全校报警', sending: '正在发送…', arrived: '报警已到指挥中心', kept: '没有网络，已存下并不断重发。请同时拨打 110', withdraw: '误报，撤销（{n}）', withdrawn: '已告知指挥中心是误按', officer: '民警求助', officerHold: '长按 1.5 秒：我有危险', call: '拨打 110', lead: '松手即取消' },
  duty: { none: '近期没有勤务', today: '我的勤务', post: '岗位', peak: '高峰', by: '到岗时限', acknowledge: '收到', 'en-route': '出发', arrived: '到岗签到', relieve: '下岗', code: '岗亭动态码（可选）', map: '距岗位 {n} 米' },
  dstate: { planned: '待确认', acknowledged: '已收到', en_route: '途中', arrived: '已到岗', on_duty: '在岗', relieved: '已下岗', cancelled: '已取消' },
  proof: { green: '位置可信', amber: '待人工核对', accepted: '已核对', rejected: '未采信' },
  patrol: { none: '没有巡逻任务', window: '时段', check: '到点', done: '已到', missed: '已漏巡', of: '{n}/{m} 点' },
  tip: { title: '看到了什么？', kinds: { stranger: '可疑人员', quarrel: '打架纠纷', vehicle: '可疑车辆', danger: '危险', bullying: '欺凌', other: '其他' }, story: '补充说明（可不填）', photo: '拍照', retake: '重拍', send: '上报', sent: '已上报，指挥中心已收到', kept: '没有网络，已存下，联网后自动上报', choose: '请先选择类型' },
  tasks: { none: '没有派单', accept: '接受', 'en-route': '出发', arrived: '到达', refuse: '无法前往', reason: '原因', release: '处置完毕，归队', map: '导航', away: '距此 {n}', drill: '【演练】' },
  unit: { title: '我的警力单元', lead: '上岗后，指挥中心在图上看到您的位置，派单直接发到这部手机。', none: '本单位没有登记警力，请联系指挥中心。', choose: '选择车组、步巡或岗位', join: '上岗', leave: '下岗', crew: '同组：{who}', told: '位置上报 {t}', noPlace: '没有定位：指挥中心看不到您的位置，请打开定位', lost: '失联', emergency: '求助中', status: { off: '下勤', available: '待命', on_post: '在岗', patrol: '巡逻', assigned: '已受领', en_route: '赶赴中', on_scene: '已到场', busy: '忙', out_of_service: '停用' } as Record<string, string> },
  astate: { proposed: '建议', sent: '已派出', delivered: '已送达', accepted: '已接受', refused: '已拒绝', timed_out: '无应答', en_route: '赶赴中', arrived: '已到场', released: '已归队', cancelled: '已撤回' },
  bus: { none: '没有我的班次', start: '发车', on: '上车 +1', off: '下车 +1', aboard: '车上', boarded: '已上', alighted: '已下', check: '已走到车尾，座位全空', end: '结束行程', roster: '应到', stops: '预计到站' },
  tstate: { planned: '未发车', running: '行驶中', ended: '已结束', cancelled: '已取消' },
  wake: { title: '息屏提醒', on: '已开启：关掉页面也会收到提醒。', off: '未开启：关掉页面后收不到提醒，只有短信和电话。', refused: '浏览器已拒绝通知：请在系统设置里允许“护学”发通知，再打开本页。', unable: '这台手机的浏览器不支持，或没有用 HTTPS 打开。', not_here: '本平台未开启推送；有事时仍有短信和电话。', switchOn: '开启提醒', switchOff: '关闭', try: '发一条试试' },
  more: { queue: '上传记录', diag: '手机能力检查', empty: '没有待上传的记录', resend: '立即上传', drop: '知道了，删除', account: '账号', help: '本应用在熄屏后不能持续定位，值守时请保持亮屏。' },
  diag: { secure: '安全连接（HTTPS）', worker: '离线可用', store: '本机存储', place: '定位', camera: '拍照', vibrate: '振动', wake: '保持亮屏', push: '消息推送', yes: '可用', no: '不可用', denied: '未授权', install: '不可用的项目：请用浏览器打开 https 地址，并安装单位的根证书。', certificate: '下载根证书' },
  tell: { title: '告诉我们', danger: '有人身危险？先拨打 110', what: '发生了什么？', hint: '什么时候、在哪里、看到或听到了什么', where: '哪所学校（可不填）', contact: '怎样联系您（可不填）', anonymous: '不用登录，不记录您是谁。值班民警会看到您写的内容。', send: '发送', thanks: '已收到，谢谢', number: '编号 {n}', school: '学校：{s}', more: '再写一条' },
  posture: {
    verb: { hold: '原地待命', secure: '关门入内', lockdown: '就地封闭', evacuate: '有序撤离', shelter: '避险防护' },
    lines: { hold: ['留在教室', '清空走廊', '照常上课'], secure: ['全部进入楼内', '锁好外门', '楼内照常'], lockdown: ['锁门、关灯', '远离门窗，蹲下', '保持安静，手机静音'], evacuate: ['不带物品', '按路线有序撤离', '到集合点清点'], shelter: ['就近避险', '远离危险处', '护住头部'] },
    clearing: '威胁已解除，请清点人数，门先不开', count: '班级清点', myClass: '选择班级', missing: '失踪', injured: '受伤', nMissing: '失踪 {n}', moved: '已转移到（未转移不填）', who: '姓名、最后看到的地方、伤情', report: '上报：在场 {n}，失踪 {m}', allSafe: '全部安全（{n} 人）', sent: '已上报：在场 {n}，失踪 {m}', kept: '没有网络，已存下，联网后自动上报',
    clear: '威胁解除，开始清点', agree: '我代表本方同意解除', waits: '已同意，等待另一方', whyUncounted: '还有未清点的：为什么仍然解除', orderAt: '{s}：校园状态', assembly: '集合点', reason: '原因', byLeader: '校领导下达', drill: '这是演练', hold: '长按 1.5 秒下达 {v}',
  },
  cls: { sound: '🔊 打开声音', title: '直播课', join: '进入直播课', code: '课堂码（6 位数字）', kind: { screen: '班级大屏', phone: '手机' }, className: '班级名称', pupils: '本班人数', enter: '进入', nameless: '不用登录，手机不留姓名。', leave: '退出', place: '第 {n} 名 · {p} 分', question: '问题', order: '按正确顺序依次点选', hands: '请同学举手，老师点数填入', handsPhone: '请在班级里举手，由老师点数', word: '写下答案', send: '提交', stored: '已收到：{v}', late: '已过时间，保留但不计分', right: '答对，+{n}', part: '部分答对，+{n}', wrong: '没有答对', solution: '答案：{s}', board: '排行榜', noBoard: '第一题结束后显示', asks: '大家在问', ask: '提问', askHint: '向老师提问', hand: '举手', asked: '老师那边看到了', proof: '抽奖可复算。种子的 SHA-256：{c}；种子：{s}', states: { planned: '还没有开始，请稍候', live: '直播中', ended: '直播课已结束' } as Record<string, string> },
  drill: { me: '我的角色：{r}', none: '没有角色', runs: { approved: '已批准，{t} 开始', running: '进行中 {t}', ended: '已结束', stopped: '已叫停', frozen: '有真实警情：演练停止，按真实情况处置' }, begin: '开始演练', end: '演练结束', stop: '立即叫停', stopLead: '口令：{w}。任何人发现危险都可以叫停', press: '演练报警（代替按键）', pressed: '演练报警已发出', prohibited: '禁止：{p}', assembly: '集合地点：{a}', mine: '我的步骤', others: '其他步骤', done: '完成', late: '超时', told: '情况', order: '下达【演练】{v}', photo: '拍照', speak: '录音讲评', speakEnd: '停止录音', kept: '已保存', noMicrophone: '用不了麦克风',
    roles: { commander: '指挥长', safety: '安全员', police1: '特巡警一组', police2: '特巡警二组', guard: '保安', principal: '校领导', floor: '楼层疏导', counter: '清点', medic: '救护', intruder: '“歹徒”扮演', observer: '观摩' } as Record<string, string> },
  pickup: { title: '交接家长', ask: '家长来接', pupil: '学生姓名', guardian: '家长姓名', relation: '关系（父母、祖父母…）', add: '登记', proof: { known: '老师认识', id_card: '核对身份证', code: '核对接送码' }, refuse: '不予交接', why: '为什么不予交接', sign: '请家长在此签名', again: '重签', hand: '交给家长' },
  err: { position: '没有定位：请打开定位，或到岗亭输入动态码', offline: '没有网络', other: '没有成功：{detail}' },
}
const en: typeof zh = {
  app: 'Huxue', language: '中文', understood: 'Understood', signIn: 'Sign in', signInBy: 'Sign in by {name}', refusedThere: 'Not signed in: {detail}', user: 'Name', password: 'Password', otp: 'One-time code (if set up)', out: 'Sign out',
  tab: { home: 'Watch', duty: 'Duty', patrol: 'Patrol', tip: 'Report', tasks: 'Tasks', bus: 'Bus', more: 'More' },
  offline: 'No network: records stay on the phone and go out by themselves later', waiting: '{n} waiting', refused: '{n} sent back', sent: 'All sent',
  panic: { hold: 'Hold 1.5 s to raise the alarm', silent: 'Silent', level1: 'Help', level2: 'Whole school', sending: 'Sending…', arrived: 'The command centre has your alarm', kept: 'No network: kept, and sent again and again. Call 110 as well', withdraw: 'By mistake: withdraw ({n})', withdrawn: 'The desk knows that it was a mistake', officer: 'Officer', officerHold: 'Hold 1.5 s: I am in danger', call: 'Call 110', lead: 'Let go to cancel' },
  duty: { none: 'No duties these days', today: 'My duties', post: 'Post', peak: 'Peak', by: 'Be there by', acknowledge: 'Understood', 'en-route': 'On my way', arrived: 'Check in', relieve: 'Leave', code: 'Code on the box screen (optional)', map: '{n} m from the post' },
  dstate: { planned: 'to confirm', acknowledged: 'confirmed', en_route: 'on the way', arrived: 'arrived', on_duty: 'on duty', relieved: 'left', cancelled: 'cancelled' },
  proof: { green: 'position trusted', amber: 'to be checked by a person', accepted: 'checked', rejected: 'not accepted' },
  patrol: { none: 'No rounds', window: 'Window', check: 'I am here', done: 'Done', missed: 'Missed', of: '{n} of {m} points' },
  tip: { title: 'What did you see?', kinds: { stranger: 'Stranger', quarrel: 'Quarrel', vehicle: 'Vehicle', danger: 'Danger', bullying: 'Bullying', other: 'Other' }, story: 'More (may stay empty)', photo: 'Photo', retake: 'Again', send: 'Report', sent: 'Reported: the desk has it', kept: 'No network: kept, it goes out by itself', choose: 'Choose what it is first' },
  tasks: { none: 'No assignments', accept: 'Accept', 'en-route': 'On my way', arrived: 'Arrived', refuse: 'Cannot go', reason: 'Reason', release: 'Done, free again', map: 'Navigate', away: '{n} away', drill: '[Drill] ' },
  unit: { title: 'My unit', lead: 'Once you are with a unit the desk sees it where this phone is, and its orders come here.', none: 'Your organisation has no unit: ask the command centre.', choose: 'Choose a car, patrol or post', join: 'Join', leave: 'Leave', crew: 'Crew: {who}', told: 'Position told {t}', noPlace: 'No position: the desk cannot see where you are. Switch it on', lost: 'lost', emergency: 'calls for help', status: { off: 'off', available: 'available', on_post: 'on post', patrol: 'patrol', assigned: 'assigned', en_route: 'on the way', on_scene: 'on scene', busy: 'busy', out_of_service: 'out of service' } },
  astate: { proposed: 'proposed', sent: 'sent', delivered: 'delivered', accepted: 'accepted', refused: 'refused', timed_out: 'no answer', en_route: 'on the way', arrived: 'arrived', released: 'released', cancelled: 'called back' },
  bus: { none: 'No trips of mine', start: 'Start', on: 'In +1', off: 'Out +1', aboard: 'Aboard', boarded: 'In', alighted: 'Out', check: 'Walked to the rear, every seat is empty', end: 'End the trip', roster: 'Expected', stops: 'Arrivals' },
  tstate: { planned: 'not started', running: 'under way', ended: 'ended', cancelled: 'cancelled' },
  wake: { title: 'Woken when closed', on: 'On: notices come while the page is closed too.', off: 'Off: with the page closed only texts and calls reach you.', refused: 'Your browser refuses notices: allow Huxue to send them in the system settings, then open this page again.', unable: 'This browser cannot, or the page was not opened over HTTPS.', not_here: 'Not switched on at this site; texts and calls reach you all the same.', switchOn: 'Switch on', switchOff: 'Switch off', try: 'Send a trial' },
  more: { queue: 'Uploads', diag: 'What this phone can do', empty: 'Nothing waits', resend: 'Send now', drop: 'Understood, remove', account: 'Account', help: 'A web app cannot follow your position with the screen off: keep it on while on duty.' },
  diag: { secure: 'Secure connection (HTTPS)', worker: 'Works offline', store: 'Storage on the phone', place: 'Position', camera: 'Camera', vibrate: 'Vibration', wake: 'Screen stays on', push: 'Push messages', yes: 'works', no: 'does not', denied: 'not allowed', install: 'For what does not work: open the https address in a browser and install your organisation’s root certificate.', certificate: 'Get the root certificate' },
  tell: { title: 'Tell us', danger: 'Is somebody in danger? Call 110 first', what: 'What happened?', hint: 'When, where, what you saw or heard', where: 'Which school (may stay empty)', contact: 'How to reach you (may stay empty)', anonymous: 'No account, and nothing says who you are. The officers on duty read what you write.', send: 'Send', thanks: 'We have it, thank you', number: 'Number {n}', school: 'School: {s}', more: 'Another one' },
  posture: {
    verb: { hold: 'Hold', secure: 'Secure', lockdown: 'Lockdown', evacuate: 'Evacuate', shelter: 'Shelter' },
    lines: { hold: ['Stay in your room', 'Clear the halls', 'Go on as usual'], secure: ['Everybody inside', 'Lock the outside doors', 'Go on as usual'], lockdown: ['Lock the door, lights off', 'Out of sight, low', 'Silent, phones too'], evacuate: ['Leave everything', 'By the route, in order', 'Count at the assembly place'], shelter: ['Take shelter nearby', 'Away from the danger', 'Cover your head'] },
    clearing: 'The threat is over: count everybody, keep the doors shut', count: 'Head count', myClass: 'Choose the class', missing: 'Missing', injured: 'Injured', nMissing: '{n} missing', moved: 'Moved to (empty: not moved)', who: 'Names, last seen where, injuries', report: 'Report: {n} present, {m} missing', allSafe: 'All safe ({n})', sent: 'Reported: {n} present, {m} missing', kept: 'No network: kept, it goes out by itself',
    clear: 'Threat over: count everybody', agree: 'I agree to the release for our side', waits: 'Agreed; waiting for the other side', whyUncounted: 'Not everybody is counted: why release?', orderAt: '{s}: posture', assembly: 'Assembly place', reason: 'Why', byLeader: 'Ordered by the school', drill: 'This is a drill', hold: 'Hold 1.5 s to order {v}',
  },
  cls: { sound: '🔊 Sound on', title: 'Live lesson', join: 'Join the live lesson', code: 'Code (6 digits)', kind: { screen: 'Class screen', phone: 'Phone' }, className: 'Class', pupils: 'Pupils here', enter: 'Join', nameless: 'No account; a phone leaves no name.', leave: 'Leave', place: 'Place {n} · {p}', question: 'Question', order: 'Choose in the right order', hands: 'Hands up: the teacher counts and enters', handsPhone: 'Raise your hand in class: the teacher counts', word: 'Your answer', send: 'Send', stored: 'Received: {v}', late: 'Too late: kept, not counted', right: 'Right, +{n}', part: 'Partly right, +{n}', wrong: 'Not right', solution: 'Answer: {s}', board: 'Board', noBoard: 'After the first question', asks: 'Asked by others', ask: 'Ask', askHint: 'Ask the speaker', hand: 'Hand', asked: 'The speaker sees it', proof: 'The draws can be computed again. SHA-256 of the seed: {c}; seed: {s}', states: { planned: 'Not begun yet, please wait', live: 'Live', ended: 'The live lesson is over' } },
  drill: { me: 'My part: {r}', none: 'no part', runs: { approved: 'approved, begins {t}', running: 'running {t}', ended: 'ended', stopped: 'stopped', frozen: 'A real alarm: the drill is over, act on what is real' }, begin: 'Begin the drill', end: 'End', stop: 'Stop now', stopLead: 'The word: {w}. Anybody who sees a danger may stop it', press: 'Drill alarm (instead of the button)', pressed: 'The drill alarm is out', prohibited: 'Prohibited: {p}', assembly: 'Assembly place: {a}', mine: 'My steps', others: 'Other steps', done: 'Done', late: 'late', told: 'Told', order: 'Order 【演练】{v}', photo: 'Photo', speak: 'Record a comment', speakEnd: 'Stop recording', kept: 'Kept', noMicrophone: 'The microphone cannot be used',
    roles: { commander: 'Commander', safety: 'Safety officer', police1: 'Police group 1', police2: 'Police group 2', guard: 'Guard', principal: 'School leader', floor: 'Floor leader', counter: 'Counter', medic: 'Medic', intruder: '“Intruder”', observer: 'Observer' } },
  pickup: { title: 'Handing to guardians', ask: 'A guardian is here', pupil: 'Pupil', guardian: 'Guardian', relation: 'Relation (parent, grandparent…)', add: 'Enter', proof: { known: 'I know them', id_card: 'Identity card', code: 'Pick-up code' }, refuse: 'Refuse', why: 'Why is the pupil not handed over?', sign: 'The guardian signs here', again: 'Again', hand: 'Hand over' },
  err: { position: 'No position: switch it on, or type the code of the sentry box', offline: 'No network', other: 'That failed: {detail}' },
}

export const lang = ref(localStorage.getItem('huxue.lang') === 'en' ? 'en' : 'zh-CN')
export const w = computed(() => (lang.value === 'en' ? en : zh))
export function switchLang(): void {
  lang.value = lang.value === 'en' ? 'zh-CN' : 'en'
  localStorage.setItem('huxue.lang', lang.value)
  document.documentElement.lang = lang.value
}
export function say(text: string, values: Record<string, string | number>): string {
  return text.replace(/\{(\w+)\}/g, (_, key: string) => String(values[key] ?? ''))
}
const time = computed(() => new Intl.DateTimeFormat(lang.value, { timeZone: 'Asia/Shanghai', hour: '2-digit', minute: '2-digit', hour12: false }))
const day = computed(() => new Intl.DateTimeFormat(lang.value, { timeZone: 'Asia/Shanghai', month: 'numeric', day: 'numeric', weekday: 'short' }))
export const hm = (iso: string | null | undefined): string => (iso == null ? '' : time.value.format(new Date(iso)))
export const md = (iso: string): string => day.value.format(new Date(iso))
export { zh as wordsZh, en as wordsEn }
