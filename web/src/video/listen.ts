import { ref } from 'vue'

/** The camera whose sound is heard at this desk, 0 none: two at once nobody understands. */
export const listenedTo = ref(0)
