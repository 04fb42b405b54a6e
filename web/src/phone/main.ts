import { createApp } from 'vue'
import PhoneApp from './PhoneApp.vue'
import '../ui/tokens.css'
import './phone.css'
import { lang } from './words'

document.documentElement.dataset.theme = localStorage.getItem('huxue.theme') ?? 'dark'
document.documentElement.lang = lang.value
if ('serviceWorker' in navigator && window.isSecureContext) void navigator.serviceWorker.register('/m/sw.js').catch(() => undefined)
/* Anybody may tell something, a class joins a live lesson and a family sees its school, without an account: those pages are apart from the app. */
if (/^\/m\/tell\/?$/.test(location.pathname)) void import('./TellPage.vue').then((page) => createApp(page.default).mount('#app'))
else if (/^\/m\/class\/?$/.test(location.pathname)) void import('./ClassPage.vue').then((page) => createApp(page.default).mount('#app'))
else if (/^\/m\/family\/?$/.test(location.pathname)) void import('./FamilyPage.vue').then((page) => createApp(page.default).mount('#app'))
else createApp(PhoneApp).mount('#app')
