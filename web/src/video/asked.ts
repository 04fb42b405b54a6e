import { ref } from 'vue'

/** Counts the presses of the key that speaks to the site: the tiles of the incident that is shown take it. */
export const talkAsked = ref(0)
