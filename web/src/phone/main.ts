import { createApp } from 'vue'
import PhoneApp from './PhoneApp.vue'
import '../ui/tokens.css'
import './phone.css'
import { lang } from './words'

document.documentElement.dataset.theme = localStorage.getItem('huxue.theme') ?? 'dark'
document.documentElement.lang = lang.value
if ('serviceWorker' in navigator && window.isSecureContext) void navigator.serviceWorker.register('/m/sw.js').catch(() => undefined)
createApp(PhoneApp).mount('#app')
