import { createApp } from 'vue'
import App from './App.vue'
import { lang, setLang } from './ui/i18n'
import './ui/tokens.css'

document.documentElement.dataset.theme = localStorage.getItem('huxue.theme') ?? 'dark'
await setLang(lang.value)
createApp(App).mount('#app')
