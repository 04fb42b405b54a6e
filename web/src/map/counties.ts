import { computed } from 'vue'
import { lang } from '../ui/i18n'

const zh: Record<string, string> = { 522301: '兴义市', 522302: '兴仁市', 522323: '普安县', 522324: '晴隆县', 522325: '贞丰县', 522326: '望谟县', 522327: '册亨县', 522328: '安龙县' }
const en: Record<string, string> = { 522301: 'Xingyi', 522302: 'Xingren', 522323: "Pu'an", 522324: 'Qinglong', 522325: 'Zhenfeng', 522326: 'Wangmo', 522327: 'Ceheng', 522328: 'Anlong' }
/** Names of the prefecture's counties by their six-digit code, for tables; the map has them with its outlines. */
export const countyNames = computed(() => (lang.value === 'en' ? en : zh))
/** "贞丰县", "贞丰", "Zhenfeng" or the code itself: its code; what is none of these as it is. */
export const countyCode = (text: string): string => Object.keys(zh).find((c) => zh[c] === text || zh[c]!.slice(0, -1) === text || en[c]!.toLowerCase() === text.toLowerCase()) ?? text
